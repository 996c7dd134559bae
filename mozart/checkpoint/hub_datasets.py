"""Datasets on the Hub: publish one, and download the files of one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mozart.checkpoint.hub import ANSWER_SECONDS, connect, require_private
from mozart.checkpoint.hub_errors import explained
from mozart.errors import MozartError


def push_dataset(files: Mapping[str, Path | bytes], repo_id: str, private: bool = False) -> str:
    """Publish a dataset as one commit, which also deletes the data files of earlier commits.

    Returns
    -------
    revision
        The commit's hash.

    Raises
    ------
    MozartError
        When that was not possible; what was published before stays.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    api = connect()
    with explained(f"The music could not be published to {repo_id}"):
        api.create_repo(repo_id, repo_type="dataset", private=private or None, exist_ok=True)
        about = api.dataset_info(repo_id, timeout=ANSWER_SECONDS)
        if private:
            require_private(repo_id, about)
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

    with explained(f"The dataset {repo_id} could not be found"):
        try:
            connect().dataset_info(repo_id, timeout=ANSWER_SECONDS)
        except RepositoryNotFoundError:
            if not connect().repo_exists(repo_id, repo_type="model"):
                raise
            raise MozartError(
                f"{repo_id} is a model, not a dataset: --midi-hub names the music, --push-to-hub where the model goes."
            ) from None


def pull_dataset(repo_id: str, suffix: str) -> list[Path]:
    """Download the files of a dataset whose names end with `suffix`, from one commit, sorted by name.

    Raises
    ------
    MozartError
        When they cannot be downloaded.
    """
    from huggingface_hub import snapshot_download

    connect()
    with explained(f"The dataset {repo_id} could not be downloaded"):
        return sorted(Path(snapshot_download(repo_id, repo_type="dataset", allow_patterns=f"*{suffix}")).rglob(f"*{suffix}"))
