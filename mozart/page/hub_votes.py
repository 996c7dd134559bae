"""Guesses that outlive the machine: a Space loses its files when it restarts, a dataset on the Hub keeps them."""

import json
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mozart.checkpoint.hub import connect
from mozart.checkpoint.hub_datasets import pull_dataset
from mozart.checkpoint.hub_errors import explained
from mozart.errors import MozartError
from mozart.page.votes import Votes

if TYPE_CHECKING:
    from huggingface_hub import CommitScheduler

_MINUTES = 5  # from one commit to the next
_FOLDER = "data"
_KINDS = {"passage": str, "seed": int, "checkpoint": str, "right": bool}


class HubVotes(Votes):
    """All guesses, in memory and in a dataset on the Hub, one a line.

    Every run appends to a new file, so runs never overwrite each other's guesses.

    Parameters
    ----------
    repo_id
        The dataset: ``user/name``. It is created, private, if it does not exist.
    """

    def __init__(self, repo_id: str) -> None:
        super().__init__()
        self.repo_id = repo_id
        self._folder = Path(tempfile.mkdtemp(prefix="mozart-votes-"))
        self._file = self._folder / f"{uuid.uuid4().hex}.jsonl"
        self._scheduler: CommitScheduler | None = None

    def connect(self) -> None:
        """Count the stored guesses, and from now on send new ones every few minutes, with those made so far.

        Raises
        ------
        MozartError
            When the Hub cannot be reached, or the token may not write there.
        """
        from huggingface_hub import CommitScheduler

        with explained(f"The earlier guesses cannot be read from the dataset {self.repo_id}"):
            api = connect()
            api.create_repo(self.repo_id, repo_type="dataset", private=True, exist_ok=True)
            for path in pull_dataset(self.repo_id, ".jsonl"):
                for vote in filter(None, map(_read, path.read_text(encoding="utf-8", errors="replace").splitlines())):
                    super().add(**vote)
            self._scheduler = CommitScheduler(
                repo_id=self.repo_id,
                repo_type="dataset",
                folder_path=self._folder,
                path_in_repo=_FOLDER,
                every=_MINUTES,
                hf_api=api,
            )

    def add(self, passage: str, seed: int, checkpoint: str, right: bool) -> None:
        """Count one guess; raise MozartError when it cannot be written."""
        super().add(passage, seed, checkpoint, right)
        vote = {"passage": passage, "seed": seed, "checkpoint": checkpoint, "right": right}
        try:
            with self._scheduler.lock if self._scheduler else self._lock, self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(vote) + "\n")
        except OSError as error:
            raise MozartError(f"The guess could not be kept ({error.strerror}).") from error

    def send(self) -> None:
        """Send the guesses that were not sent yet, and wait; raise MozartError when they do not arrive."""
        if self._scheduler is not None:
            with explained(f"The guesses could not be sent to the dataset {self.repo_id}"):
                self._scheduler.trigger().result()


def _read(line: str) -> dict[str, Any] | None:
    """Read a guess; None for any other line."""
    try:
        vote = json.loads(line)
        fits = vote.keys() == _KINDS.keys() and all(type(vote[name]) is kind for name, kind in _KINDS.items())
    except (ValueError, AttributeError):
        return None
    return vote if fits else None
