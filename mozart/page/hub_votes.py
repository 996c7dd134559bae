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
    """All guesses, in memory, and one a line in a dataset on the Hub.

    Every run writes a file of its own, which only grows: so runs never write over each other's.

    Parameters
    ----------
    repo_id
        The dataset: ``user/name``. It is made, private, when it is not there.
    """

    def __init__(self, repo_id: str) -> None:
        super().__init__()
        self.repo_id = repo_id
        self._folder = Path(tempfile.mkdtemp(prefix="mozart-votes-"))
        self._file = self._folder / f"{uuid.uuid4().hex}.jsonl"
        self._scheduler: CommitScheduler | None = None

    def connect(self) -> None:
        """Count the guesses of before, and send those of now every few minutes. What was guessed until then is sent too.

        Raises
        ------
        MozartError
            When the Hub cannot be reached, or the token may not write there.
        """
        from huggingface_hub import CommitScheduler

        with explained(f"The guesses of before cannot be had from the dataset {self.repo_id}"):
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
        """Count one guess. Raises MozartError when it cannot be written."""
        super().add(passage, seed, checkpoint, right)
        vote = {"passage": passage, "seed": seed, "checkpoint": checkpoint, "right": right}
        try:
            with self._scheduler.lock if self._scheduler else self._lock, self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(vote) + "\n")
        except OSError as error:
            raise MozartError(f"The guess could not be kept ({error.strerror}).") from error

    def send(self) -> None:
        """Send what has not been sent yet, and wait for it. Raises MozartError when it does not arrive."""
        if self._scheduler is not None:
            with explained(f"The guesses could not be sent to the dataset {self.repo_id}"):
                self._scheduler.trigger().result()


def _read(line: str) -> dict[str, Any] | None:
    """A guess; None for a line that is none."""
    try:
        vote = json.loads(line)
        fits = vote.keys() == _KINDS.keys() and all(type(vote[name]) is kind for name, kind in _KINDS.items())
    except (ValueError, AttributeError):
        return None
    return vote if fits else None
