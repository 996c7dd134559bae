"""The Hub: publish a checkpoint and a run's state, pull them again, point a Space at them.

Everything is published as one commit, so a reader finds all of it or nothing. Everything is pulled from one commit, and
compared with the hashes that it carries.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mozart import atomic
from mozart.checkpoint.folder import CONFIG, LOADED, find_damaged
from mozart.checkpoint.hub_errors import describe, explained, is_away
from mozart.errors import MozartError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

STATE_BRANCH = "training-state"
# The Hub's library waits for ever by default. It should notice at once that the Hub is out of reach, but wait for a commit.
_CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 30.0
_FIRST_ANSWER_SECONDS = 5.0
_MAY_WRITE = {"repo.write", "repo.content.write"}
_REPO_ID = re.compile(r"\b[\w.-]+\b/\b[\w.-]+\b", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


class Pulled(NamedTuple):
    """What was pulled: a folder in the Hub's cache, its commit, and the commit's date if the Hub told it."""

    folder: Path
    revision: str
    date: datetime.date | None


def is_repo_id(name: str) -> bool:
    """Tell whether `name` reads like ``user/name``."""
    return _REPO_ID.fullmatch(name) is not None


def prepare(repo_id: str, private: bool = False, space_id: str = "") -> None:
    """Make sure, before the long work, that publishing will be possible, and create the repository if it is missing.

    Raises
    ------
    MozartError
        When the token is missing, not valid or may not write to the repository or the Space, when there is no such Space,
        when a repository that should be private is public, or when the Hub cannot be reached.
    """
    api = connect()
    with explained(f"Nothing could be published to {repo_id}"):
        account = api.whoami()
        for name in filter(None, (space_id, repo_id)):
            if not _may_write(account, name):
                raise MozartError(f"The token of {account['name']} may not write to {name}: set HF_TOKEN to one that may.")
    if space_id:
        with explained(f"The Space {space_id} could not be pointed at {repo_id}"):
            api.auth_check(space_id, repo_type="space", write=True)
    with explained(f"Nothing could be published to {repo_id}"):
        # Without --private the account's default decides.
        api.create_repo(repo_id, private=private or None, exist_ok=True)
        api.auth_check(repo_id, write=True)
        if private:
            require_private(repo_id, api.model_info(repo_id, timeout=ANSWER_SECONDS))


def require_private(repo_id: str, about: Any) -> None:
    """Raise MozartError when the repository that the Hub tells about is public."""
    if not about.private:
        raise MozartError(f"{repo_id} is public already: make it private in its settings, or leave --private out.")


def push(folder: Path, repo_id: str, names: Iterable[str]) -> str:
    """Publish these files of a checkpoint's folder as one commit.

    Returns
    -------
    revision
        The commit's hash.

    Raises
    ------
    MozartError
        When that was not possible; the folder, and what was published before, stay unchanged.
    """
    with explained(f"The checkpoint could not be published to {repo_id}"):
        return _commit({name: folder / name for name in names}, repo_id, "main", "Publish a checkpoint")


def push_state(files: Mapping[str, bytes], repo_id: str) -> str:
    """Publish the files of a run's state as one commit on a separate branch.

    Returns
    -------
    revision
        The commit's hash.

    Raises
    ------
    MozartError
        When that was not possible; the earlier state stays unchanged.
    """
    with explained(f"The training state could not be published to {repo_id}"):
        connect().create_branch(repo_id, branch=STATE_BRANCH, exist_ok=True)
        return _commit(files, repo_id, STATE_BRANCH, "Publish the state of a run")


def point_space(space_id: str, repo_id: str, revision: str) -> None:
    """Let a Space compose from this revision: set its variables and restart it.

    Raises
    ------
    MozartError
        When that was not possible; the sentence says what to set by hand.
    """
    variables = {"MOZART_MODEL": repo_id, "MOZART_REVISION": revision}
    by_hand = " and ".join(f"{name} to {value}" for name, value in variables.items())
    with explained(f"The Space {space_id} needs you to set {by_hand} in its settings and to restart it"):
        api = connect()
        for name, value in variables.items():
            api.add_space_variable(space_id, name, value)
        api.restart_space(space_id)


def pull(repo_id: str, revision: str | None = None) -> Pulled:
    """Download a checkpoint, or find it in the Hub's cache: its safetensors and JSON files, all of one commit.

    Parameters
    ----------
    repo_id
        The repository: ``user/name``.
    revision
        A commit, tag or branch; ``main`` by default. When the Hub is out of reach, the last known commit of it is used.

    Raises
    ------
    MozartError
        When repository or revision do not exist or are not a checkpoint, or cannot be downloaded completely.
    """
    what = f"The checkpoint {repo_id}{f' at {revision}' if revision else ''}"
    with explained(f"{what} could not be downloaded"):
        pulled = _download(repo_id, revision or "main", LOADED, find_damaged)
    if pulled is None:
        raise MozartError(f"{repo_id} is not a checkpoint of this program: it has no {CONFIG}.")
    return pulled


def pull_state(repo_id: str, names: Sequence[str], find_damaged: Callable[[Path], list[str]]) -> Path:
    """Download the latest state of a run that :func:`push_state` published, and return its folder.

    Parameters
    ----------
    repo_id
        The repository: ``user/name``.
    names
        The files of a state.
    find_damaged
        A function that lists the files that are missing in a folder, or do not fit each other.

    Raises
    ------
    MozartError
        When there is no state, or it cannot be downloaded completely.
    """
    from huggingface_hub.errors import RevisionNotFoundError

    with explained(f"The run in {repo_id} could not be downloaded"):
        try:
            pulled = _download(repo_id, STATE_BRANCH, names, find_damaged)
        except RevisionNotFoundError:
            pulled = None
    if pulled is None:
        raise MozartError(f"{repo_id} has no run to resume: train.py publishes one there with --push-every.")
    return pulled.folder


def connect() -> "HfApi":
    """Connect to the Hub, with limits on waiting for it."""
    import httpx2
    from huggingface_hub import HfApi, get_session

    get_session().timeout = httpx2.Timeout(ANSWER_SECONDS, connect=_CONNECT_SECONDS)
    return HfApi()


def _commit(files: Mapping[str, Path | bytes], repo_id: str, branch: str, message: str) -> str:
    from huggingface_hub import CommitOperationAdd

    api = connect()
    # The library leaves out files that did not change since this commit; another commit in between would make a mixture.
    parent = api.model_info(repo_id, revision=branch, timeout=ANSWER_SECONDS).sha
    operations = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=content) for name, content in files.items()]
    commit = api.create_commit(repo_id, operations, commit_message=message, revision=branch, parent_commit=parent)
    return str(commit.oid)


def _download(repo_id: str, revision: str, names: Sequence[str], find_damaged: Callable[[Path], list[str]]) -> Pulled | None:
    """Download these files of one commit; None if the last of them, which describes the others, is not there."""
    from huggingface_hub import hf_hub_download, snapshot_download

    cached = _find_cached(repo_id, revision, names)
    if cached and _COMMIT.fullmatch(revision) and not find_damaged(cached):
        return Pulled(cached, revision, None)
    try:
        info = connect().model_info(repo_id, revision=revision, timeout=_FIRST_ANSWER_SECONDS)
    except Exception as error:
        if cached is None or not is_away(error):
            raise
        if damaged := find_damaged(cached):
            raise MozartError(
                f"{repo_id} is incomplete in the cache ({damaged[0]} is damaged or missing), and {describe(error)}."
            ) from error
        return Pulled(cached, cached.name, None)
    commit = str(info.sha)
    if info.siblings is not None and names[-1] not in {file.rfilename for file in info.siblings}:
        return None
    folder = Path(snapshot_download(repo_id, revision=commit, allow_patterns=list(names)))
    for name in find_damaged(folder):
        (folder / name).unlink(missing_ok=True)  # a forced download does not replace a link that leads elsewhere
        hf_hub_download(repo_id, name, revision=commit, force_download=True)
    if damaged := find_damaged(folder):
        raise MozartError(
            f"{damaged[0]} of {repo_id} at {commit} is damaged on the Hub: choose another revision, or publish it again."
        )
    # The cache learns the revision's commit last, so it never points to an incomplete one.
    if revision != commit:
        with suppress(MozartError):  # a read-only cache is good enough
            atomic.write(folder.parent.parent / "refs" / revision, commit.encode())
    return Pulled(folder, commit, info.last_modified and info.last_modified.date())


def _find_cached(repo_id: str, revision: str, names: Sequence[str]) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repo_id, revision=revision, allow_patterns=list(names), local_files_only=True))
    except LocalEntryNotFoundError:
        return None


def _may_write(account: Mapping[str, Any], repo_id: str) -> bool:
    """Tell whether the account's token may write to a repository, as far as the Hub says."""
    token = account.get("auth", {}).get("accessToken", {})
    if token.get("role") != "fineGrained":
        return bool(token.get("role") != "read")
    scopes = token.get("fineGrained", {})
    granted = set(scopes.get("global", []))
    for scope in scopes.get("scoped", []):
        if scope["entity"].get("name", "").lower() in (repo_id.lower(), repo_id.partition("/")[0].lower()):
            granted |= set(scope["permissions"])
    return bool(granted & _MAY_WRITE)
