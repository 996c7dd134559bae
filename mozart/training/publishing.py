"""A run and the Hub: checks before training, pushes during and after it, and pulling a run's state.

A run's state is on a separate branch, with a small file beside it that names its recipe and its SHA-256.
"""

import hashlib
import json
import tempfile
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mozart.checkpoint import hub
from mozart.checkpoint.card import shown
from mozart.checkpoint.folder import FILES
from mozart.errors import MozartError
from mozart.training.machine import say


def require_names(flags: Namespace) -> None:
    """Raise MozartError if a flag's value cannot be the name of a repository."""
    repositories = {
        "--midi-hub": flags.midi_hub,
        "--push-to-hub": flags.push_to_hub,
        "--space": flags.space,
        "--resume": flags.resume,
    }
    for flag, name in repositories.items():
        if name and not hub.is_repo_id(name):
            raise MozartError(f"--{flag.replace('_', '-')} {name} is not the name of a repository: write it as user/name.")


def find_run(flags: Namespace) -> Path | None:
    """Find the saved run to resume, pulled if it is on the Hub; None for a new run. Raise MozartError if it cannot be pulled."""
    if flags.resume:
        return pull_run(flags.resume, flags.recipe, flags.state.name)
    return flags.state if flags.resume is not None else None


def make_publisher(flags: Namespace) -> "Publisher | None":
    """Make the publisher that the flags ask for; None without --push-to-hub.

    Raises
    ------
    MozartError
        When publishing will not be possible; this is checked before training.
    """
    if flags.dry_run or not flags.push_to_hub:
        return None
    hub.prepare(flags.push_to_hub, flags.private, flags.space or "")
    return Publisher(flags.push_to_hub, flags.recipe, flags.state, flags.space or "", flags.push_every or 0)


def pull_run(repo_id: str, recipe: str, state_file: str) -> Path:
    """Pull the state of a run that :class:`Publisher` has pushed; raise MozartError when it does not come whole."""
    about = _about(recipe)

    def find_damaged(folder: Path) -> list[str]:
        try:
            expected = json.loads((folder / about).read_bytes())["sha256"]
            if hashlib.sha256((folder / state_file).read_bytes()).hexdigest() == expected:
                return []
        except (OSError, ValueError, LookupError, TypeError):
            return [about, state_file]
        return [state_file]

    return hub.pull_state(repo_id, (state_file, about), find_damaged) / state_file


@dataclass(frozen=True)
class Publisher:
    """Publishes a run.

    Attributes
    ----------
    repo_id
        The repository: ``user/name``.
    recipe
        ``notes`` or ``lab``.
    state
        The file that the run is saved in.
    space
        The Space that will compose from the checkpoint; empty for none.
    every
        The number of epochs between pushes of the run and its best checkpoint so far; 0 for none.
    """

    repo_id: str
    recipe: str
    state: Path
    space: str
    every: int

    def push_progress(self, epoch: int, save: Callable[[Path], object]) -> None:
        """Push the run and the best checkpoint so far, which `save` writes; print a failure and go on."""
        try:
            self._push_state()
            with tempfile.TemporaryDirectory() as folder:
                save(Path(folder))
                revision = self._push(Path(folder))
        except MozartError as error:
            say(f"  {error} Training continues, and will try again after epoch {epoch + self.every}.")
        else:
            say(f"  published as {self.repo_id}, revision {revision}")

    def push_finished(self, folder: Path) -> None:
        """Push the finished checkpoint, and point the Space at it; raise MozartError when that fails."""
        try:
            revision = self._push(folder)
            if self.every:
                self._push_state()
        except MozartError as error:
            advice = "run the same command with --resume, without a name, to try again"
            raise MozartError(f"{error} It is safe in {folder}: {advice}.") from error
        say(f"Published as {self.repo_id}, revision {revision}.")
        say(f"A page composes from it with MOZART_MODEL={self.repo_id} MOZART_REVISION={revision}")
        if self.space:
            hub.point_space(self.space, self.repo_id, revision)
            say(f"The Space {self.space} restarts and composes from it.")

    def _push(self, folder: Path) -> str:
        return hub.push(folder, self.repo_id, [*FILES[self.recipe], *shown(folder)])

    def _push_state(self) -> None:
        state = self.state.read_bytes()
        about = {"recipe": self.recipe, "sha256": hashlib.sha256(state).hexdigest()}
        hub.push_state({self.state.name: state, _about(self.recipe): json.dumps(about).encode()}, self.repo_id)


def _about(recipe: str) -> str:
    return f"{recipe}_run.json"
