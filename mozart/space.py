"""Put the Space online: upload what git tracks. With :mod:`mozart.corpus` and :mod:`mozart.hub` all that uses the network."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from mozart import hub
from mozart.corpus.archive import is_midi_file
from mozart.errors import MozartError

ROOT = Path(__file__).parent.parent
THUMBNAIL = "docs/page.png"


def tracked_files(root: Path) -> list[str]:
    """The names, from `root`, of the files that git tracks and that are there: what the project is, without runs and caches.

    Raises MozartError outside a git checkout, and when there is a MIDI file among them.
    """
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        listed = ""
    names = [name for name in listed.split("\0") if name and (root / name).is_file()]
    if not names:
        raise MozartError(f"{root} is not a git checkout, so what belongs to the Space is not known: run this in a git clone.")
    for name in names:
        if is_midi_file(Path(name)):
            raise MozartError(f"git tracks {name}, and music is not uploaded: take it out with `git rm --cached` first.")
    return names


def put_online(repo_id: str, names: Sequence[str], variables: Mapping[str, str], root: Path) -> str:
    """Upload the files as one commit, creating the Space where it is missing, and set its variables.

    Other files of the Space stay there.

    Returns
    -------
    address : of the Space's page

    Raises
    ------
    MozartError
        When there is no token, when the token or the account may not do that, or when the Hub cannot be reached; what the
        Space showed before it goes on showing.
    """
    from huggingface_hub import CommitOperationAdd, get_token

    if not get_token():
        raise MozartError("There is no token for the Hub: log in with `hf auth login`, or set HF_TOKEN to one that may write.")
    with hub.explained(f"The Space {repo_id} could not be put online"):
        api = hub.connect()
        if model := variables.get("MOZART_MODEL"):
            with hub.explained(f"The checkpoint {model} cannot be had"):
                api.model_info(model, revision=variables["MOZART_REVISION"])
        address = api.create_repo(repo_id, repo_type="space", space_sdk="gradio", exist_ok=True)
        # Before the files: what starts with them shall know the checkpoint.
        for key, value in variables.items():
            api.add_space_variable(repo_id, key, value)
        contents = {name: root / name for name in names} | _front_matter(root, str(address), variables.get("MOZART_MODEL"))
        operations = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=content) for name, content in contents.items()]
        api.create_commit(repo_id, operations, commit_message="Upload the repository", repo_type="space")
    return str(address)


def _front_matter(root: Path, address: str, model: str | None) -> dict[str, bytes]:
    """The README with what its front matter can only say when the Space's address is known: thumbnail and model."""
    path = root / "README.md"
    if not path.is_file():
        return {}
    known = f"thumbnail: {address}/resolve/main/{THUMBNAIL}\n" + (f"models: [{model}]\n" if model else "")
    return {path.name: path.read_text(encoding="utf-8").replace("---\n", f"---\n{known}", 1).encode()}
