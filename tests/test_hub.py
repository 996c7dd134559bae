"""Push and pull, against a stand-in for the Hub on this machine."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest

from hub_server import HubServer
from mozart import hub
from mozart.checkpoint import CONFIG, FILES
from mozart.errors import MozartError

REPO = "user/mozart-lstm"
NOWHERE = "0123456789abcdef0123456789abcdef01234567"

# huggingface_hub calls its HTTP library in an old way when it sends large files by LFS.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A Hub that this process takes for the real one, logged in, with an empty cache."""
    with HubServer() as server:
        for name, value in server.environment(tmp_path / "home").items():
            monkeypatch.setenv(name, value)
        _read_environment_again()
        yield server
        monkeypatch.undo()
        _read_environment_again()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What train.py leaves behind: a checkpoint, with the state for --resume and a first piece beside it."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(f"first {name}".encode())
    (folder / "training_state.pt").write_bytes(b"the optimizer's state")
    (folder / "mozart.mid").write_bytes(b"MThd")
    return folder


def test_push_creates_the_repository_and_publishes_the_checkpoint_as_one_commit(server: HubServer, folder: Path) -> None:
    """A push makes the repository, puts exactly the checkpoint's files there in one commit, and returns its hash."""
    revision = hub.push(folder, REPO)
    assert server.repos == {REPO: [(revision, contents(folder))]}


def test_push_sends_neither_training_state_nor_midi(server: HubServer, folder: Path) -> None:
    """Nothing else that lies in the folder leaves the machine, not even into the Hub's storage."""
    hub.push(folder, REPO)
    assert not {"training_state.pt", "mozart.mid"} & server.repos[REPO][0].files.keys()
    sent = {*server.repos[REPO][0].files.values(), *server.storage.values()}
    assert sent == set(contents(folder).values())


def test_second_push_is_a_second_commit(server: HubServer, folder: Path) -> None:
    """A push to a repository that exists adds one commit with the new files and keeps the old one."""
    first, first_files = hub.push(folder, REPO), contents(folder)
    train_again(folder)
    second = hub.push(folder, REPO)
    assert server.repos == {REPO: [(first, first_files), (second, contents(folder))]}
    assert first != second


def test_push_of_the_same_checkpoint_adds_nothing(server: HubServer, folder: Path) -> None:
    """A checkpoint that is published already gives the revision it has, and no empty commit."""
    assert hub.push(folder, REPO) == hub.push(folder, REPO)
    assert len(server.repos[REPO]) == 1


@pytest.mark.usefixtures("server")
def test_pull_gives_the_same_bytes(folder: Path) -> None:
    """A pulled folder holds what was pushed, byte for byte, and no more."""
    hub.push(folder, REPO)
    pulled = hub.pull(REPO)
    assert contents(pulled) == contents(folder)
    assert {path.name for path in pulled.iterdir()} == set(FILES)


def test_pull_leaves_other_files_of_the_repository(server: HubServer, folder: Path) -> None:
    """Files that are no part of a checkpoint are not downloaded."""
    hub.push(folder, REPO)
    server.repos[REPO][0].files["samples/huge.wav"] = b"RIFF"
    assert {path.name for path in hub.pull(REPO).iterdir()} == set(FILES)


@pytest.mark.usefixtures("server")
def test_pull_of_an_older_revision_gives_the_older_bytes(folder: Path) -> None:
    """A revision stays what it was when a later one is published; without a revision the latest comes."""
    first, first_files = hub.push(folder, REPO), contents(folder)
    train_again(folder)
    hub.push(folder, REPO)
    assert contents(hub.pull(REPO)) == contents(folder)
    assert contents(hub.pull(REPO, first)) == first_files


def test_pull_works_from_the_cache_when_the_hub_is_away(server: HubServer, folder: Path) -> None:
    """A checkpoint that was pulled once is found again without the Hub."""
    hub.push(folder, REPO)
    pulled = hub.pull(REPO)
    server.close()
    assert hub.pull(REPO) == pulled


@pytest.mark.usefixtures("server")
def test_pull_of_a_missing_repository_is_one_sentence() -> None:
    """A repository that does not exist is named."""
    assert "user/nothing" in refusal(lambda: hub.pull("user/nothing"))


@pytest.mark.parametrize("revision", ["v9", NOWHERE])
@pytest.mark.usefixtures("server")
def test_pull_of_a_missing_revision_is_one_sentence(folder: Path, revision: str) -> None:
    """A revision that does not exist, a name or a hash, is named along with the repository."""
    hub.push(folder, REPO)
    assert f"{REPO} at {revision}" in refusal(lambda: hub.pull(REPO, revision))


def test_pull_of_something_else_is_one_sentence(server: HubServer, folder: Path) -> None:
    """A repository without config.json is said to be no checkpoint."""
    hub.push(folder, REPO)
    del server.repos[REPO][0].files[CONFIG]
    assert refusal(lambda: hub.pull(REPO)) == f"{REPO} is not a checkpoint of this program: it has no {CONFIG}."


def test_pull_from_an_unreachable_hub_is_one_sentence(server: HubServer) -> None:
    """Without a connection, and with nothing in the cache, the message names the repository and the network."""
    server.close()
    message = refusal(lambda: hub.pull(REPO))
    assert REPO in message
    assert "network" in message


@pytest.mark.parametrize("token", ["", "bad-token"])
def test_push_needs_a_token_that_may_write(server: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """Without a token, or with a wrong one, nothing is published and the message says where the checkpoint is safe."""
    monkeypatch.setenv("HF_TOKEN", token)
    before = contents(folder)
    message = refusal(lambda: hub.push(folder, REPO))
    assert f"safe in {folder}" in message
    assert "HF_TOKEN" in message
    assert (server.repos, server.storage) == ({}, {})
    assert contents(folder) == before


def test_refused_push_leaves_what_is_published(server: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push with a wrong token to a repository that exists changes nothing there."""
    revision, published = hub.push(folder, REPO), contents(folder)
    train_again(folder)
    monkeypatch.setenv("HF_TOKEN", "bad-token")
    assert f"safe in {folder}" in refusal(lambda: hub.push(folder, REPO))
    assert server.repos == {REPO: [(revision, published)]}


def test_push_to_an_unreachable_hub_names_the_safe_folder(server: HubServer, folder: Path) -> None:
    """Without a connection the message says where the checkpoint is safe."""
    server.close()
    assert f"safe in {folder}" in refusal(lambda: hub.push(folder, REPO))


def test_push_that_breaks_off_publishes_nothing(server: HubServer, folder: Path) -> None:
    """When the upload of a large file fails there is no commit, and the message says where the checkpoint is safe."""
    server.storage_works = False
    assert f"safe in {folder}" in refusal(lambda: hub.push(folder, REPO))
    assert server.repos == {REPO: []}


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


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of a checkpoint's files."""
    return {name: (folder / name).read_bytes() for name in FILES}


def train_again(folder: Path) -> None:
    """Another training: every file is another, except the vocabulary."""
    for name in FILES:
        if name != "vocabulary.json":
            (folder / name).write_bytes(f"second {name}".encode())


def refusal(action: Callable[[], object]) -> str:
    """The text of the MozartError that `action` raises, made sure to be one line."""
    with pytest.raises(MozartError) as caught:
        action()
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def _read_environment_again() -> None:
    # huggingface_hub reads the environment at import, and keeps its connections.
    importlib.reload(huggingface_hub.constants)
    huggingface_hub.close_session()
