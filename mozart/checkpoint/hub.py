"""The Hub: publish a checkpoint and a run's state, pull them again, point a Space at them.

With :mod:`mozart.corpus.archive` all that uses the network. What is published is one commit, so a reader
finds all of it or nothing; what is pulled is of one commit, and compared with the hashes that it carries.
"""

import datetime
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mozart import atomic
from mozart.checkpoint.folder import CONFIG, LOADED, find_damaged
from mozart.errors import MozartError

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

STATE_BRANCH = "training-state"
# The Hub's library waits for ever by default. A Hub that is out of reach is noticed at once; a commit may take a while.
_CONNECT_SECONDS, _ANSWER_SECONDS = 3.0, 30.0
_FIRST_ANSWER_SECONDS = 5.0
_LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"
_MAY_WRITE = {"repo.write", "repo.content.write"}
_REPO_ID = re.compile(r"\b[\w.-]+\b/\b[\w.-]+\b", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


class Pulled(NamedTuple):
    """What was pulled: a folder in the Hub's cache, its commit, and when that was made, where the Hub has said so."""

    folder: Path
    revision: str
    date: datetime.date | None


def is_repo_id(name: str) -> bool:
    """Whether `name` reads like ``user/name``."""
    return _REPO_ID.fullmatch(name) is not None


def prepare(repo_id: str, private: bool = False, space_id: str = "") -> None:
    """Make sure, before the long work, that there is something to publish to: the repository is made when it is missing.

    Raises
    ------
    MozartError
        When the token is missing, not valid or may not write to the repository or the Space, when there is no such Space,
        when a repository that shall be private is public, or when the Hub cannot be reached.
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
        # Without --private the account's own default holds.
        api.create_repo(repo_id, private=private or None, exist_ok=True)
        api.auth_check(repo_id, write=True)
        if private and not api.model_info(repo_id, timeout=_ANSWER_SECONDS).private:
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
        When that was not possible; the folder, and what was published before, stay as they are.
    """
    with explained(f"The checkpoint could not be published to {repo_id}"):
        return _commit({name: folder / name for name in names}, repo_id, "main", "Publish a checkpoint")


def push_state(files: Mapping[str, bytes], repo_id: str) -> str:
    """Publish a run's state, so many files, as one commit on a branch of its own.

    Returns the commit's hash. Raises MozartError when that was not possible; the state before stays as it is.
    """
    with explained(f"The training state could not be published to {repo_id}"):
        connect().create_branch(repo_id, branch=STATE_BRANCH, exist_ok=True)
        return _commit(files, repo_id, STATE_BRANCH, "Publish the state of a run")


def push_dataset(files: Mapping[str, Path | bytes], repo_id: str, private: bool = False) -> str:
    """Publish a dataset, all of it as one commit, and nothing that was there before.

    Returns the commit's hash. Raises MozartError when that was not possible; what was published before stays as it is.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    api = connect()
    with explained(f"The music could not be published to {repo_id}"):
        api.create_repo(repo_id, repo_type="dataset", private=private or None, exist_ok=True)
        about = api.dataset_info(repo_id, timeout=_ANSWER_SECONDS)
        if private and not about.private:
            raise MozartError(f"{repo_id} is public already: make it private in its settings, or leave --private out.")
        old = [
            file.rfilename for file in about.siblings or () if file.rfilename.startswith("data/") and file.rfilename not in files
        ]
        operations: list[Any] = [
            *(CommitOperationAdd(path_in_repo=name, path_or_fileobj=content) for name, content in files.items()),
            *(CommitOperationDelete(path_in_repo=name) for name in old),
        ]
        message = "Publish music"
        commit = api.create_commit(repo_id, operations, commit_message=message, repo_type="dataset", parent_commit=about.sha)
        return str(commit.oid)


def require_dataset(repo_id: str) -> None:
    """Raise MozartError when there is no such dataset, and say so when there is a model of that name."""
    from huggingface_hub.errors import RepositoryNotFoundError

    with explained(f"The dataset {repo_id} could not be had"):
        try:
            connect().dataset_info(repo_id, timeout=_ANSWER_SECONDS)
        except RepositoryNotFoundError:
            if not connect().repo_exists(repo_id, repo_type="model"):
                raise
            raise MozartError(
                f"{repo_id} is a model and no dataset: --midi-hub names the music, --push-to-hub where the model goes."
            ) from None


def pull_dataset(repo_id: str) -> list[Path]:
    """The Parquet files of a dataset, downloaded or found in the Hub's cache, of one commit, in order of their names.

    Raises MozartError when they cannot be had.
    """
    from huggingface_hub import snapshot_download

    connect()
    with explained(f"The dataset {repo_id} could not be downloaded"):
        return sorted(Path(snapshot_download(repo_id, repo_type="dataset", allow_patterns="*.parquet")).rglob("*.parquet"))


def point_space(space_id: str, repo_id: str, revision: str) -> None:
    """Let a Space compose from this revision: set its variables and restart it.

    Raises MozartError when that was not possible; the sentence says what to set by hand.
    """
    variables = {"MOZART_MODEL": repo_id, "MOZART_REVISION": revision}
    by_hand = " and ".join(f"{name} to {value}" for name, value in variables.items())
    with explained(f"The Space {space_id} needs you to set {by_hand} in its settings and to restart it"):
        api = connect()
        for name, value in variables.items():
            api.add_space_variable(space_id, name, value)
        api.restart_space(space_id)


def pull(repo_id: str, revision: str | None = None) -> Pulled:
    """A checkpoint, downloaded or found in the Hub's cache: safetensors and JSON alone, whole, all of one commit.

    Parameters
    ----------
    revision
        A commit, tag or branch; ``main`` without it. When the Hub is away, the commit that it was last known to be.

    Raises
    ------
    MozartError
        When repository or revision do not exist or are no checkpoint, or cannot be had whole.
    """
    what = f"The checkpoint {repo_id}{f' at {revision}' if revision else ''}"
    with explained(f"{what} could not be downloaded"):
        pulled = _download(repo_id, revision or "main", LOADED, find_damaged)
    if pulled is None:
        raise MozartError(f"{repo_id} is not a checkpoint of this program: it has no {CONFIG}.")
    return pulled


def pull_state(repo_id: str, names: Sequence[str], find_damaged: Callable[[Path], list[str]]) -> Path:
    """The folder with the latest state of a run that :func:`push_state` published.

    Parameters
    ----------
    names
        Its files.
    find_damaged
        Which of them are missing in a folder, or do not fit each other.

    Raises MozartError when there is none, or when it cannot be had whole.
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
    """The Hub, which is not waited for forever."""
    import httpx2
    from huggingface_hub import HfApi, get_session

    get_session().timeout = httpx2.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
    return HfApi()


@contextmanager
def explained(failure: str) -> Iterator[None]:
    """Turn whatever is raised inside into a MozartError of one sentence: the failure, why, and what to do."""
    try:
        yield
    except MozartError:
        raise
    except Exception as error:  # the Hub's library, its HTTP library and Xet each raise kinds of their own
        raise MozartError(f"{failure} ({_trouble(error)}).") from error


def _commit(files: Mapping[str, Path | bytes], repo_id: str, branch: str, message: str) -> str:
    from huggingface_hub import CommitOperationAdd

    api = connect()
    # Files that have not changed since this commit are left out, so another one in between would make a mixture.
    parent = api.model_info(repo_id, revision=branch, timeout=_ANSWER_SECONDS).sha
    operations = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=content) for name, content in files.items()]
    commit = api.create_commit(repo_id, operations, commit_message=message, revision=branch, parent_commit=parent)
    return str(commit.oid)


def _download(repo_id: str, revision: str, names: Sequence[str], find_damaged: Callable[[Path], list[str]]) -> Pulled | None:
    """These files of one commit, whole; None where it lacks the last of them, which tells what it is."""
    from huggingface_hub import hf_hub_download, snapshot_download

    cached = _find_cached(repo_id, revision, names)
    if cached and _COMMIT.fullmatch(revision) and not find_damaged(cached):
        return Pulled(cached, revision, None)
    try:
        info = connect().model_info(repo_id, revision=revision, timeout=_FIRST_ANSWER_SECONDS)
    except Exception as error:
        if cached is None or not _is_away(error):
            raise
        if damaged := find_damaged(cached):
            raise MozartError(
                f"{repo_id} is not whole in the cache ({damaged[0]} is damaged or missing), and {_trouble(error)}."
            ) from error
        return Pulled(cached, cached.name, None)
    commit = str(info.sha)
    if info.siblings is not None and names[-1] not in {file.rfilename for file in info.siblings}:
        return None
    folder = Path(snapshot_download(repo_id, revision=commit, allow_patterns=list(names)))
    for name in find_damaged(folder):
        (folder / name).unlink(missing_ok=True)  # a forced download leaves a link in its place that leads elsewhere
        hf_hub_download(repo_id, name, revision=commit, force_download=True)
    if damaged := find_damaged(folder):
        raise MozartError(
            f"{damaged[0]} of {repo_id} at {commit} is damaged on the Hub: choose another revision, or publish it again."
        )
    # Only now the cache knows what this revision is, so it never means a commit that is not whole.
    if revision != commit:
        with suppress(MozartError):  # a cache that can only be read is good enough
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
    """Whether the account's token may write to a repository, as far as it says."""
    token = account.get("auth", {}).get("accessToken", {})
    if token.get("role") != "fineGrained":
        return bool(token.get("role") != "read")
    scopes = token.get("fineGrained", {})
    granted = set(scopes.get("global", []))
    for scope in scopes.get("scoped", []):
        if scope["entity"].get("name", "").lower() in (repo_id.lower(), repo_id.partition("/")[0].lower()):
            granted |= set(scope["permissions"])
    return bool(granted & _MAY_WRITE)


def _is_away(error: Exception) -> bool:
    """Whether it was the Hub that failed, and not what it was asked for."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in (408, 429) or error.response.status_code >= 500
    # What answers in another format is not the Hub, but a portal in front of it.
    return isinstance(error, httpx2.TransportError | ConnectionError | json.JSONDecodeError)


def _trouble(error: BaseException) -> str:
    """Why the Hub did not do what it was asked for, and what a person can do."""
    import httpx2
    from huggingface_hub import errors

    match error:
        case errors.LocalTokenNotFoundError():
            return f"there is no token: {_LOG_IN}"
        case errors.OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE is set: unset it to use the network"
        case errors.RevisionNotFoundError():
            return "it has no such revision: check the name"
        case errors.RepositoryNotFoundError():
            return f"there is no such repository, or it is private: check the name, or {_LOG_IN}"
        case errors.HFValidationError():
            return f"{_first_line(error)}: give another name"
        case errors.HfHubHTTPError():
            return _status_trouble(error)
        case UnicodeError():
            return f"the token holds a letter that no token has: {_LOG_IN} to one that is whole"
        case httpx2.TransportError() | ConnectionError() | json.JSONDecodeError():
            return "the Hub cannot be reached: check the network and try again"
    if error.__cause__ is not None:
        return _trouble(error.__cause__)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: make room, or set HF_HOME to another folder"
    return f"{_first_line(error)}: try again"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def _status_trouble(error: "HfHubHTTPError") -> str:
    match error.response.status_code:
        case 401:
            return f"the token is not valid: {_LOG_IN} to one that is"
        case 402:
            return "a free account gets Gradio Spaces on ZeroGPU only: create this one so on the Hub's site, then try again"
        case 403:
            return "the token may not do that there: set HF_TOKEN to one that may"
        case 404:
            return "the Hub does not know it: check the name"
        case 409 | 412:
            return "somebody else is changing it: try again"
        case 429:
            seconds = error.response.headers.get("Retry-After", "")
            return f"the Hub has been asked too often: try again {f'in {seconds} seconds' if seconds.isdigit() else 'later'}"
        case status if status >= 500:
            return f"the Hub has trouble of its own, status {status}: try again later"
        case status:
            return f"the Hub refuses with status {status}: {' '.join((error.server_message or 'try again').split())}"
