"""Push a checkpoint to the Hub, pull a revision of it. With :mod:`mozart.corpus` the only code that uses the network."""

import re
from pathlib import Path

from mozart.checkpoint import CONFIG, FILES
from mozart.errors import MozartError

_REPO_ID = re.compile(r"\b[\w.-]+\b/\b[\w.-]+\b", re.ASCII)


def is_repo_id(name: str) -> bool:
    """Whether `name` reads like ``user/name``."""
    return _REPO_ID.fullmatch(name) is not None


def push(folder: Path, repo_id: str) -> str:
    """Publish a checkpoint folder as one commit, creating the repository when it is missing.

    Only the checkpoint's own files go: no resumable state, no MIDI.

    Returns
    -------
    revision : the commit's hash

    Raises
    ------
    MozartError
        When the name or the token is not accepted, or the Hub cannot be reached; the folder stays as it is.
    """
    import httpx2
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi()
    operations = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder / name) for name in FILES]
    try:
        api.create_repo(repo_id, exist_ok=True)
        commit = api.create_commit(repo_id, operations, commit_message="Publish a checkpoint")
    except (OSError, ValueError, RuntimeError, httpx2.HTTPError) as error:
        raise MozartError(
            f"The checkpoint could not be published to {repo_id} ({_reason(error)}); it is safe in {folder}. "
            "Log in with `hf auth login` or set HF_TOKEN to a token that may write, then run the same command with --resume."
        ) from error
    return commit.oid


def pull(repo_id: str, revision: str | None = None) -> Path:
    """Download a checkpoint's files and return the folder in the Hub's cache.

    Raises MozartError when the repository or revision does not exist, is not a checkpoint, or cannot be reached.
    """
    import httpx2
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(repo_id, revision=revision, allow_patterns=list(FILES)))
    except (OSError, ValueError, RuntimeError, httpx2.HTTPError) as error:
        raise MozartError(
            f"The checkpoint {repo_id}{f' at {revision}' if revision else ''} could not be downloaded ({_reason(error)}): "
            "check the name and the network, or give a folder."
        ) from error
    if not (folder / CONFIG).is_file():
        raise MozartError(f"{repo_id} is not a checkpoint of this program: it has no {CONFIG}.")
    return folder


def _reason(error: Exception) -> str:
    from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

    match error:
        case RevisionNotFoundError():
            return "it has no such revision"
        case RepositoryNotFoundError():
            return "there is no such repository, or it is private"
        case LocalEntryNotFoundError():
            return "the Hub cannot be reached"
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
