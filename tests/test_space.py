"""Putting the Space online, against a stand-in for the Hub on this machine."""

import subprocess
import time
from pathlib import Path

import pytest

from hub_server import Commit, Failure, HubServer
from mozart import space
from mozart.__main__ import main
from mozart.errors import MozartError

CAPTURE = pytest.CaptureFixture[str]
SPACE = "user/page"

# huggingface_hub calls its HTTP library in an old way when it sends large files by LFS.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small git checkout in the place of this one: two files that git tracks, one that was deleted, and a run."""
    root = tmp_path / "checkout"
    for name in ("app.py", "mozart/model.safetensors", "gone.py", "runs/training_state.pt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"content of {name}")
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    subprocess.run(["git", "add", "app.py", "mozart", "gone.py"], cwd=root, check=True)
    (root / "gone.py").unlink()
    monkeypatch.setattr(space, "ROOT", root)
    return root


def test_the_space_is_what_git_tracks_as_one_commit(server: HubServer, checkout: Path, capsys: CAPTURE) -> None:
    """What git tracks goes, small files and large, and no run, no cache, nothing of git's; the address is said."""
    assert main(["space", SPACE]) == 0
    assert [commit.files for commit in server.repos[SPACE]] == [files(checkout)]
    assert server.spaces == {SPACE: {}}
    assert f"{server.url}/spaces/{SPACE}" in capsys.readouterr().out


def test_the_front_matter_knows_the_space(server: HubServer, checkout: Path) -> None:
    """The README that goes names the picture of the page by the Space's own address, and the model; the one here stays."""
    server.repos["user/name"] = [Commit("a" * 40, {})]
    readme = checkout / "README.md"
    readme.write_text("---\ntitle: Mozart\n---\ntext\n---\n")
    subprocess.run(["git", "add", "README.md"], cwd=checkout, check=True)
    assert main(["space", SPACE, "--model", "user/name"]) == 0
    picture = f"{server.url}/spaces/{SPACE}/resolve/main/docs/page.png"
    sent = server.repos[SPACE][0].files["README.md"].decode()
    assert sent == f"---\nthumbnail: {picture}\nmodels: [user/name]\ntitle: Mozart\n---\ntext\n---\n"
    assert readme.read_text().startswith("---\ntitle")


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(("flags", "revision"), [([], "main"), (["--revision", "v2"], "v2")])
def test_the_space_composes_from_the_model_that_is_named(server: HubServer, flags: list[str], revision: str) -> None:
    """--model sets both variables, so that no older revision stays; without --revision it is the latest."""
    server.repos["user/name"], server.branches["user/name@v2"] = [Commit("a" * 40, {})], [Commit("b" * 40, {})]
    server.spaces[SPACE] = {"MOZART_REVISION": "an older one", "MINE": "1"}
    assert main(["space", SPACE, "--model", "user/name", *flags]) == 0
    assert server.spaces[SPACE] == {"MOZART_MODEL": "user/name", "MOZART_REVISION": revision, "MINE": "1"}


def test_again_is_a_second_commit(server: HubServer, checkout: Path) -> None:
    """A Space that exists gets one more commit; files of others stay there."""
    assert main(["space", SPACE]) == 0
    server.repos[SPACE][0].files["theirs.txt"] = b"kept"
    (checkout / "app.py").write_text("changed")
    assert main(["space", SPACE]) == 0
    assert [commit.files["app.py"] for commit in server.repos[SPACE]] == [b"content of app.py", b"changed"]
    assert server.repos[SPACE][1].files == files(checkout) | {"theirs.txt": b"kept"}


@pytest.mark.usefixtures("checkout")
def test_a_dry_run_lists_what_would_go(server: HubServer, capsys: CAPTURE, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file with its size, their sum and the variables, without a token and without asking the Hub."""
    monkeypatch.delenv("HF_TOKEN")
    server.close()
    assert main(["space", SPACE, "--model", "user/name", "--dry-run"]) == 0
    first, second, total = capsys.readouterr().out.splitlines()
    assert first.split() == ["17", "app.py"]
    assert second.split() == ["35", "mozart/model.safetensors"]
    assert "2 files, 0.0 MB, MOZART_MODEL=user/name, MOZART_REVISION=main" in total
    assert server.repos == {}


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("token", "sentence"), [("", "There is no token"), ("bad-token", "the token is not valid: log in with `hf auth login`")]
)
def test_a_token_is_needed(server: HubServer, token: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE) -> None:
    """Without a token, or with a wrong one, one sentence says what to do, at once, and nothing is made."""
    monkeypatch.setenv("HF_TOKEN", token)
    started = time.monotonic()
    assert refusal(capsys, "space", SPACE).startswith(("There is no token", "The Space user/page could not"))
    assert time.monotonic() - started < 10
    assert sentence in refusal(capsys, "space", SPACE)
    assert server.repos == {}


@pytest.mark.usefixtures("checkout")
def test_a_model_that_is_not_there(server: HubServer, capsys: CAPTURE) -> None:
    """A model that the Hub does not know is told before anything is made."""
    assert "The checkpoint user/nmae cannot be had" in refusal(capsys, "space", SPACE, "--model", "user/nmae")
    assert server.repos == {}


@pytest.mark.usefixtures("checkout")
def test_a_free_account_is_told_about_zerogpu(server: HubServer, capsys: CAPTURE) -> None:
    """Where the Hub asks for payment, the sentence says how a free account gets its Space, and once it has one it is filled."""
    server.failures = [Failure("POST", "repos/create", status=402)]
    assert "ZeroGPU" in refusal(capsys, "space", SPACE)
    assert server.repos == {}
    server.repos[SPACE] = [Commit("0" * 40, {"README.md": b"made on the site"})]
    assert main(["space", SPACE]) == 0
    assert "app.py" in server.repos[SPACE][-1].files


def test_an_upload_that_breaks_off_changes_nothing(server: HubServer, checkout: Path, capsys: CAPTURE) -> None:
    """When a large file cannot be stored, the Space has the files that it had."""
    assert main(["space", SPACE]) == 0
    (checkout / "mozart" / "model.safetensors").write_text("other weights")
    server.failures = [Failure("PUT", "storage", status=403)]
    refusal(capsys, "space", SPACE)
    assert len(server.repos[SPACE]) == 1


@pytest.mark.usefixtures("checkout")
def test_an_unreachable_hub_is_one_sentence(server: HubServer, capsys: CAPTURE) -> None:
    """Without a connection the message names the Space and the network."""
    server.close()
    assert "The Space user/page could not be put online (the Hub cannot be reached" in refusal(capsys, "space", SPACE)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["page"], "page is not the name of a repository: write it as user/name"),
        ([SPACE, "--model", "runs/lab/it"], "runs/lab/it is not the name of a repository"),
        ([SPACE, "--revision", "v2"], "name it with --model"),
    ],
)
def test_wrong_names(wrong: list[str], sentence: str, capsys: CAPTURE) -> None:
    """A name that is no repository's, or a revision of nothing, is refused before anything is read."""
    assert sentence in refusal(capsys, "space", *wrong)


def test_outside_a_git_checkout(tmp_path: Path) -> None:
    """Without git there is no telling what belongs to the project, and nothing is uploaded."""
    with pytest.raises(MozartError, match="is not a git checkout"):
        space.tracked_files(tmp_path)


def test_music_is_not_uploaded(checkout: Path) -> None:
    """A MIDI file that somebody added to git is named, and everything stays here."""
    (checkout / "sonata.mid").write_bytes(b"MThd")
    subprocess.run(["git", "add", "--force", "sonata.mid"], cwd=checkout, check=True)
    with pytest.raises(MozartError, match="git tracks sonata.mid"):
        space.tracked_files(checkout)


def test_this_checkout_has_all_that_a_space_needs() -> None:
    """The real list has the page, the training script, the notebook and the checkpoints, and no run."""
    if not (space.ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = space.tracked_files(space.ROOT)
    assert {"app.py", "train.py", "packages.txt", "notebooks/mozart_lab.ipynb", "mozart/pretrained/unseen/config.json"} <= set(
        names
    )
    assert not [name for name in names if name.startswith((".git/", ".venv", "runs/"))]


def refusal(capsys: CAPTURE, *arguments: str) -> str:
    """The line that the command says when it refuses, after the upload's progress where there was one."""
    capsys.readouterr()
    assert main(list(arguments)) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said.splitlines()[-1]


def files(root: Path) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in ("app.py", "mozart/model.safetensors")}
