"""Publish and pull, against a stand-in for the Hub on this machine that fails in every way that a Hub can."""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from hub_server import Failure, HubServer
from mozart.checkpoint import hub
from mozart.checkpoint.folder import CARD, CONFIG, identify, read_folder, write_folder
from mozart.checkpoint.folder import FILES as ALL_FILES
from mozart.errors import MozartError

FILES = ALL_FILES["lab"]
LOADED = tuple(name for name in FILES if name != CARD)
WEIGHTS = "model.safetensors"
STATE_FILES = STATE_TENSORS, STATE_VALUES = ("state.safetensors", "state.json")

REPO = "user/mozart-lstm"
SPACE = "user/mozart"
NOWHERE = "0123456789abcdef0123456789abcdef01234567"

# huggingface_hub calls its HTTP library in an old way when it sends large files by LFS.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What train.py leaves behind: a checkpoint, with pictures, the state for --resume, pieces and music beside it."""
    folder = tmp_path / "run"
    (folder / "pieces").mkdir(parents=True)
    train_again(folder, "first")
    for name in ("training_state.pt", "mozart.mid", "losses.png", "pieces/1.mp3", "pieces/1.mid", "pieces/1.wav"):
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def published(server: HubServer, folder: Path) -> str:
    """The revision of a first checkpoint on the Hub."""
    hub.prepare(REPO)
    assert server.repos == {REPO: []}
    return push(folder)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that huggingface_hub would have waited before it tried again."""
    seconds: list[float] = []
    clock = SimpleNamespace(**vars(time) | {"sleep": seconds.append})
    monkeypatch.setattr("huggingface_hub.utils._http.time", clock)
    monkeypatch.setattr("huggingface_hub.file_download.time", clock)
    return seconds


# Publishing.


def test_the_repository_is_made_and_the_checkpoint_published_as_one_commit(server: HubServer, folder: Path) -> None:
    """The files that are named go there in one commit; nothing else leaves the machine, no music, no state."""
    hub.prepare(REPO)
    revision = push(folder)
    expected = contents(folder, FILES)
    assert server.repos == {REPO: [(revision, expected)]}
    assert {*server.storage.values()} <= {*expected.values()}
    assert not server.private


def test_a_second_push_is_a_second_commit(server: HubServer, folder: Path, published: str) -> None:
    """A push to a repository that exists adds one commit with the new files and keeps the old one."""
    first = server.repos[REPO][0].files
    train_again(folder, "second")
    second = push(folder)
    assert [commit.revision for commit in server.repos[REPO]] == [published, second]
    assert server.repos[REPO][0].files == first
    assert server.repos[REPO][1].files.items() >= contents(folder, FILES).items()


def test_push_of_the_same_checkpoint_adds_nothing(server: HubServer, folder: Path, published: str) -> None:
    """A checkpoint that is published already gives the revision it has, and no empty commit."""
    assert push(folder) == published
    assert len(server.repos[REPO]) == 1


def test_a_private_repository(server: HubServer) -> None:
    """--private makes a private repository, accepts one that is, and never takes a public one for it."""
    hub.prepare(REPO, private=True)
    assert server.private == {REPO}
    hub.prepare(REPO, private=True)
    hub.prepare("user/open")
    assert "user/open is public already" in refusal(lambda: hub.prepare("user/open", private=True))


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("", "there is no token: log in with `hf auth login`"),
        ("bad-token", "the token is not valid: log in"),
        ("tokén", "the token holds a letter that no token has: log in"),
    ],
)
def test_a_token_that_is_missing_or_not_valid(
    server: HubServer, monkeypatch: pytest.MonkeyPatch, token: str, sentence: str
) -> None:
    """It is said before the training what is missing, and nothing is made."""
    monkeypatch.setenv("HF_TOKEN", token)
    assert sentence in refusal(lambda: hub.prepare(REPO))
    assert server.repos == {}


@pytest.mark.parametrize(
    ("scopes", "may"),
    [
        ({"role": "read"}, False),
        ({"role": "write"}, True),
        ({"role": "fineGrained"}, False),
        ({"role": "fineGrained", "fineGrained": {"global": ["repo.write"]}}, True),
        (("user", "user", "repo.content.read"), False),
        (("user", "user", "repo.write"), True),
        (("user", "somebody", "repo.write"), False),
        (("model", REPO, "repo.content.write"), True),
        (("model", "user/another", "repo.content.write"), False),
    ],
)
def test_a_token_that_may_not_write(server: HubServer, scopes: dict[str, object] | tuple[str, str, str], may: bool) -> None:
    """What a token may do is asked before the training: one that only reads, or writes elsewhere, is refused."""
    if isinstance(scopes, tuple):
        kind, name, permission = scopes
        scoped = [{"entity": {"type": kind, "name": name}, "permissions": [permission]}]
        scopes = {"role": "fineGrained", "fineGrained": {"scoped": scoped}}
    server.account["auth"]["accessToken"] = scopes
    if may:
        hub.prepare(REPO)
    else:
        assert f"The token of user may not write to {REPO}" in refusal(lambda: hub.prepare(REPO))
    assert (REPO in server.repos) == may


@pytest.mark.parametrize("path", ["repos/create", "auth-check/write"])
def test_a_repository_of_others(server: HubServer, published: str, path: str) -> None:
    """The Hub has the last word: a public repository that is there but refuses to be written is refused early."""
    server.failures = [Failure("POST|GET", path, status=403), Failure("GET", "auth-check/write", status=403)]
    assert "the token may not do that there: set HF_TOKEN to one that may" in refusal(lambda: hub.prepare(REPO))
    assert [commit.revision for commit in server.repos[REPO]] == [published]


def test_a_space(server: HubServer) -> None:
    """A Space that is there is pointed at a revision and restarted; one that is not is refused before anything is made."""
    assert f"The Space {SPACE} could not be pointed at {REPO} (there is no such" in refusal(
        lambda: hub.prepare(REPO, space_id=SPACE)
    )
    assert server.repos == {}
    server.spaces[SPACE] = {"MOZART_MODEL": "another/model", "COLOUR": "blue"}
    hub.prepare(REPO, space_id=SPACE)
    hub.point_space(SPACE, REPO, NOWHERE)
    assert server.spaces[SPACE] == {"MOZART_MODEL": REPO, "MOZART_REVISION": NOWHERE, "COLOUR": "blue"}
    assert server.restarted == [SPACE]


def test_a_space_that_may_not_be_written(server: HubServer) -> None:
    """It is refused early, and where it fails late the sentence says what to set by hand."""
    server.spaces[SPACE] = {}
    server.failures = [Failure("GET", f"spaces/{SPACE}/auth-check", status=403), Failure("POST", "restart", status=500)]
    assert "set HF_TOKEN to one that may" in refusal(lambda: hub.prepare(REPO, space_id=SPACE))
    assert f"set MOZART_MODEL to {REPO} and MOZART_REVISION to {NOWHERE}" in refusal(lambda: hub.point_space(SPACE, REPO, NOWHERE))


REFUSALS = {
    400: "the Hub refuses with status 400: Bad Request",
    401: "the token is not valid: log in with `hf auth login`, or set HF_TOKEN",
    403: "the token may not do that there: set HF_TOKEN to one that may",
    404: "check the name",
    409: "somebody else is changing it: try again",
    412: "somebody else is changing it: try again",
    429: "try again in 120 seconds",
    500: "the Hub has trouble of its own, status 500: try again later",
}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("/commit/", status) for status in REFUSALS),
        *((path, 500) for path in ("models/.*/revision", "preupload", "lfs/objects/batch", "/storage/")),
        ("/storage/", 403),
    ],
)
@pytest.mark.usefixtures("waits")
def test_a_push_that_is_refused(server: HubServer, folder: Path, published: str, path: str, status: int) -> None:
    """Wherever it happens: what was published stays, the folder too, and the sentence says what to do."""
    before = server.repos[REPO][:]
    train_again(folder, "second")
    local = contents(folder, FILES)
    server.failures = [Failure(".*", path, times=99, status=status, headers={"Retry-After": "120"})]
    message = refusal(lambda: push(folder))
    assert f"could not be published to {REPO}" in message
    assert REFUSALS[status] in message
    assert server.repos == {REPO: before}
    assert contents(folder, FILES) == local
    server.failures = []
    assert hub.pull(REPO).revision == published
    assert push(folder) != published


@pytest.mark.parametrize("failure", [{"cut": True}, {"status": 500}, {"status": 429, "headers": {"Retry-After": "7"}}])
def test_an_upload_that_breaks_off_is_tried_again(
    server: HubServer, folder: Path, published: str, waits: list[float], failure: dict[str, object]
) -> None:
    """A connection that ends in the middle of the weights, or a Hub that is busy, costs a moment and nothing else."""
    train_again(folder, "second")
    server.failures = [Failure("PUT", "/storage/", times=1, **failure)]  # type: ignore[arg-type]
    assert push(folder) != published
    assert server.repos[REPO][-1].files.items() >= contents(folder, FILES).items()
    assert waits == [8.0 if failure.get("status") == 429 else 1.0]


@pytest.mark.usefixtures("waits")
def test_an_upload_that_always_breaks_off(server: HubServer, folder: Path, published: str) -> None:
    """When the weights never arrive there is no commit, and what was published stays."""
    train_again(folder, "second")
    server.failures = [Failure("PUT", "/storage/", times=99, cut=True)]
    assert "check the network and try again" in refusal(lambda: push(folder))
    assert [commit.revision for commit in server.repos[REPO]] == [published]


def test_a_push_to_an_unreachable_hub(server: HubServer, folder: Path) -> None:
    """Without a connection it is said at once."""
    server.close()
    assert "check the network" in refusal(lambda: hub.prepare(REPO))
    assert "check the network" in refusal(lambda: push(folder))


def test_a_hub_that_does_not_answer(server: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Hub that takes the question and says nothing does not hold up training for ever."""
    monkeypatch.setattr(hub, "ANSWER_SECONDS", 0.05)
    server.failures = [Failure(".*", "", times=9, seconds=0.5)]
    assert "check the network" in refusal(lambda: hub.prepare(REPO))
    assert "check the network" in refusal(lambda: push(folder))
    assert server.repos == {}


@pytest.mark.usefixtures("published")
def test_two_pushes_at_once_are_never_mixed(server: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that have not changed are left out of a commit, so one that comes in between makes the push fail, not a mixture."""
    first = contents(folder, FILES)
    train_again(folder, "second")
    upload = server.storage.__class__.__setitem__

    class Storage(dict[str, bytes]):
        def __setitem__(self, oid: str, content: bytes) -> None:
            upload(self, oid, content)
            if len(server.repos[REPO]) == 1:
                server.repos[REPO].append(server.repos[REPO][0]._replace(revision=NOWHERE))

    monkeypatch.setattr(server, "storage", Storage())
    assert "somebody else is changing it" in refusal(lambda: push(folder))
    assert server.repos[REPO][-1].files.items() >= first.items()


# A run's state.


def test_the_state_goes_to_a_branch_of_its_own(server: HubServer, published: str) -> None:
    """Each is one commit there, main stays as it is, and the latest is what is pulled."""
    states = [state(content) for content in ("one", "two")]
    revisions = [hub.push_state(files, REPO) for files in states]
    branch = server.branches[f"{REPO}@training-state"]
    assert [commit.revision for commit in branch] == [published, *revisions]
    assert [commit.revision for commit in server.repos[REPO]] == [published]
    pulled = pull_state()
    assert {path.name: path.read_bytes() for path in pulled.iterdir()} == states[-1]


def test_no_state_to_resume(server: HubServer, published: str) -> None:
    """A repository without the branch, or with an empty one, is said to have no run."""
    assert published
    assert f"{REPO} has no run to resume" in refusal(lambda: pull_state())
    server.branches[f"{REPO}@training-state"] = server.repos[REPO][:]
    assert f"{REPO} has no run to resume" in refusal(lambda: pull_state())


def test_a_state_that_is_refused(server: HubServer, published: str) -> None:
    """The state before stays."""
    assert published
    before = state("one")
    hub.push_state(before, REPO)
    server.failures = [Failure("POST", "commit/training-state", status=500)]
    assert "The training state could not be published" in refusal(lambda: hub.push_state(state("two"), REPO))
    assert contents(pull_state(), STATE_FILES) == before


# Pulling.


def test_pull_gives_the_same_bytes(server: HubServer, folder: Path, published: str) -> None:
    """A pulled folder holds what composing needs, byte for byte, and no more, and says which commit it is and of when."""
    pulled = hub.pull(REPO)
    assert {path.name: path.read_bytes() for path in pulled.folder.iterdir()} == contents(folder, LOADED)
    assert (pulled.revision, pulled.date) == (published, date(2026, 10, 4))
    assert not any(name.endswith((".md", ".png", ".mp3")) for name in server.requests)


def test_an_older_revision(server: HubServer, folder: Path, published: str) -> None:
    """A revision stays what it was when a later one is published; without a revision the latest comes."""
    first = contents(folder, LOADED)
    train_again(folder, "second")
    push(folder)
    assert contents(hub.pull(REPO).folder, LOADED) == contents(folder, LOADED)
    assert contents(hub.pull(REPO, published).folder, LOADED) == first
    asked = len(server.requests)
    assert hub.pull(REPO, published).revision == published
    assert len(server.requests) == asked, "a commit that is whole in the cache needs no question"


def test_a_push_in_between(server: HubServer, folder: Path, published: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was main at first is what is pulled, although main is another commit before the first file has come."""
    before, answer = contents(folder, LOADED), server.next_failure

    def push_in_between(method: str, path: str) -> Failure:
        if "/tree/" in path and len(server.repos[REPO]) == 1:
            train_again(folder, "second")
            server.repos[REPO].append(server.repos[REPO][0]._replace(revision=NOWHERE, files=contents(folder, FILES)))
        return answer(method, path)

    monkeypatch.setattr(server, "next_failure", push_in_between)
    pulled = hub.pull(REPO)
    assert (pulled.revision, contents(pulled.folder, LOADED)) == (published, before)
    assert len(server.repos[REPO]) == 2


AWAY = [
    Failure("GET", "api/models", times=9, status=429, headers={"Retry-After": "120"}),
    Failure("GET", "api/models", times=9, status=500),
    Failure("GET", "api/models", times=9, cut=True),
    Failure("GET", "api/models", times=9, seconds=0.5),
    None,
]


@pytest.mark.parametrize("failure", AWAY)
def test_the_cache_is_used_when_the_hub_is_away(
    server: HubServer, published: str, failure: Failure | None, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unreachable, slow, busy or broken: a checkpoint that was pulled once is found again, by commit and by name, at once."""
    pulled = hub.pull(REPO)
    monkeypatch.setattr(hub, "_FIRST_ANSWER_SECONDS", 0.2)
    go_away(server, failure)
    for revision in (None, "main", published):
        assert hub.pull(REPO, revision) == pulled._replace(date=None)
    assert waits == []


@pytest.mark.parametrize("failure", AWAY)
def test_nothing_in_the_cache_and_the_hub_away(
    server: HubServer, published: str, failure: Failure | None, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence at once, which names the repository and what to do."""
    monkeypatch.setattr(hub, "_FIRST_ANSWER_SECONDS", 0.2)
    go_away(server, failure)
    for revision in (None, published):
        message = refusal(lambda revision=revision: hub.pull(REPO, revision))  # type: ignore[misc]
        assert REPO in message
        assert "try again" in message
    assert waits == []


@pytest.mark.parametrize("lost", LOADED)
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"{}")])
def test_a_cache_that_is_not_whole(
    server: HubServer, folder: Path, published: str, lost: str, damage: Callable[[Path], object], waits: list[float]
) -> None:
    """A file that is missing or damaged in the cache is never composed from: it is named, or downloaded again."""
    pulled = hub.pull(REPO).folder
    damage(pulled / lost)
    server.failures = [Failure("GET", "api/models", times=2, status=503)]
    for revision in (None, published):
        message = refusal(lambda revision=revision: hub.pull(REPO, revision))  # type: ignore[misc]
        assert "try again" in message
    assert contents(hub.pull(REPO).folder, LOADED) == contents(folder, LOADED)
    assert waits == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_pull_that_is_refused(server: HubServer, published: str, status: int) -> None:
    """When the Hub says no, that is what is said, even with something in the cache."""
    assert hub.pull(REPO).revision == published
    server.failures = [Failure("GET", "api/models", status=status)]
    assert REFUSALS[status] in refusal(lambda: hub.pull(REPO))
    assert hub.pull(REPO).revision == published


@pytest.mark.parametrize("failure", [{"cut": True}, {"seconds": 0.5}])
def test_a_download_that_breaks_off_goes_on(
    server: HubServer,
    folder: Path,
    published: str,
    failure: dict[str, float],
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A connection that ends in the middle of the weights, or falls asleep, costs a second."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.2)
    server.failures = [Failure("GET", WEIGHTS, times=2, **failure)]  # type: ignore[arg-type]
    assert hub.pull(REPO).revision == published
    assert contents(hub.pull(REPO).folder, LOADED) == contents(folder, LOADED)
    assert len(waits) >= 2
    assert set(waits) == {1}


@pytest.mark.parametrize("failure", [{"cut": True}, {"status": 500}, {"status": 404}, {"status": 403}])
@pytest.mark.usefixtures("waits")
def test_a_download_that_fails_leaves_the_cache_as_it_was(
    server: HubServer, folder: Path, published: str, failure: dict[str, object]
) -> None:
    """When the weights of a new commit cannot be had it is said, and the one before is still found without the Hub."""
    before = contents(hub.pull(REPO).folder, LOADED)
    train_again(folder, "second")
    push(folder)
    server.failures = [Failure("GET", WEIGHTS, times=99, **failure)]  # type: ignore[arg-type]
    assert f"The checkpoint {REPO} could not be downloaded" in refusal(lambda: hub.pull(REPO))
    server.close()
    assert hub.pull(REPO).revision == published
    assert contents(hub.pull(REPO).folder, LOADED) == before


def test_a_busy_hub_is_waited_for_as_long_as_it_asks(server: HubServer, published: str, waits: list[float]) -> None:
    """Between two files the Hub's Retry-After is kept."""
    server.failures = [Failure("GET", WEIGHTS, status=429, headers={"Retry-After": "3"})]
    assert hub.pull(REPO).revision == published
    assert waits == [4.0]


def test_a_wrong_etag(server: HubServer, folder: Path, published: str) -> None:
    """Two files under one ETag would be taken for each other: what was mixed up is noticed, and no checkpoint."""
    assert published
    etag = {"ETag": f'"{"a" * 64}"'}
    server.failures = [Failure("HEAD|GET", f"{WEIGHTS}|sequences", times=99, headers=etag)]
    assert "is damaged on the Hub" in refusal(lambda: hub.pull(REPO))
    server.failures = []
    assert contents(hub.pull(REPO).folder, LOADED) == contents(folder, LOADED)


def test_a_repository_that_is_mixed(server: HubServer, published: str) -> None:
    """Weights that are not those that config.json names are refused by name, after one more try."""
    server.repos[REPO][0].files[WEIGHTS] = b"another's"
    assert f"{WEIGHTS} of {REPO} at {published} is damaged on the Hub" in refusal(lambda: hub.pull(REPO))


def test_a_missing_repository(server: HubServer) -> None:
    """A repository that does not exist is named."""
    assert server.repos == {}
    assert "user/nothing could not be downloaded (there is no such repository" in refusal(lambda: hub.pull("user/nothing"))


@pytest.mark.usefixtures("server")
def test_a_name_that_cannot_be() -> None:
    """What the Hub's library refuses as a name is said without a question to the Hub."""
    assert "give another name" in refusal(lambda: hub.pull("user/a..b"))
    assert "give another name" in refusal(lambda: hub.prepare("user/a..b"))


@pytest.mark.parametrize("revision", ["v9", NOWHERE])
def test_a_missing_revision(published: str, revision: str) -> None:
    """A revision that does not exist, a name or a hash, is named along with the repository."""
    assert published
    assert f"{REPO} at {revision} could not be downloaded (it has no such revision" in refusal(lambda: hub.pull(REPO, revision))


def test_something_else(server: HubServer, published: str) -> None:
    """A repository without config.json, or with one of another program, is said to be no checkpoint or damaged."""
    assert published
    server.repos[REPO][0].files[CONFIG] = b'{"architectures": ["Another"]}'
    assert f"{CONFIG} of {REPO}" in refusal(lambda: hub.pull(REPO))
    del server.repos[REPO][0].files[CONFIG]
    server.repos[REPO][0] = server.repos[REPO][0]._replace(revision=NOWHERE)
    assert refusal(lambda: hub.pull(REPO)) == f"{REPO} is not a checkpoint of this program: it has no {CONFIG}."


def test_a_reader_never_sees_a_mixed_revision(server: HubServer, tmp_path: Path) -> None:
    """While twenty checkpoints are published, whatever is pulled loads, and is one of them, weights and metrics alike."""
    assert server.repos == {}
    folders = [tmp_path / "even", tmp_path / "odd"]
    identities = {}
    for seed, made in enumerate(folders):
        made.mkdir()
        train_again(made, ("even", "odd")[seed])
        identities[identify(read_folder(made)[0])] = seed
    hub.prepare(REPO)
    push(folders[0])
    failed: list[BaseException] = []
    pulling = threading.Event()

    def publish() -> None:
        try:
            for number in range(1, 21):
                pulling.wait(30)
                pulling.clear()
                push(folders[number % 2])
        except BaseException as error:
            failed.append(error)

    writer = threading.Thread(target=publish)
    writer.start()
    seen = set()
    while writer.is_alive():
        pulling.set()
        pulled = hub.pull(REPO)
        commit = next(commit for commit in server.repos[REPO] if commit.revision == pulled.revision)
        assert contents(pulled.folder, LOADED).items() <= commit.files.items()
        seen.add(identities[identify(read_folder(pulled.folder)[0])])
    writer.join()
    assert not failed
    assert len(server.repos[REPO]) == 21
    assert seen == {0, 1}


@pytest.mark.parametrize("name", [REPO, "a/b", "Some_User/lstm-0.1"])
def test_user_and_name_is_a_repository(name: str) -> None:
    """user/name, as the Hub writes it, is a repository."""
    assert hub.is_repo_id(name)


@pytest.mark.parametrize(
    "name", ["", "name", "user/", "/name", "a/b/c", "/tmp/run", "./run", "../run", "runs/..", "my user/name", "user/name\n"]
)
def test_anything_else_is_no_repository(name: str) -> None:
    """A bare name, a deeper or relative path, or a space in it is none."""
    assert not hub.is_repo_id(name)


def contents(folder: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """The bytes of these files."""
    return {name: (folder / name).read_bytes() for name in names}


def train_again(folder: Path, which: str) -> None:
    """What looks like a checkpoint from outside: every training gives other files, except the vocabulary."""
    names = [name for name in FILES if name not in (CARD, CONFIG)]
    files = {name: f"{'' if name == 'vocabulary.json' else which} {name}".encode() for name in names}
    write_folder(folder, "lab", files, {}, which)


def push(folder: Path) -> str:
    """Publish the checkpoint's files."""
    return hub.push(folder, REPO, FILES)


def pull_state() -> Path:
    """The folder of the state that was published last."""

    def find_damaged(folder: Path) -> list[str]:
        if missing := [name for name in STATE_FILES if not (folder / name).is_file()]:
            return missing
        expected = json.loads((folder / STATE_VALUES).read_bytes())["sha256"]
        return [STATE_TENSORS] if hashlib.sha256((folder / STATE_TENSORS).read_bytes()).hexdigest() != expected else []

    return hub.pull_state(REPO, STATE_FILES, find_damaged)


def state(content: str) -> dict[str, bytes]:
    """What looks like a run's state from outside."""
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return {STATE_TENSORS: content.encode(), STATE_VALUES: json.dumps({"sha256": sha256}).encode()}


def go_away(server: HubServer, failure: Failure | None) -> None:
    """Let the Hub fail like this, or be unreachable."""
    if failure is None:
        server.close()
    else:
        server.failures = [Failure(**vars(failure))]


def refusal(action: Callable[[], object]) -> str:
    """The text of the MozartError that `action` raises, made sure to be one line."""
    with pytest.raises(MozartError) as caught:
        action()
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message
