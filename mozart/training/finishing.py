"""Write the checkpoint of a trained network, of either recipe, and compose pieces with it."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mozart import atomic
from mozart.checkpoint.card import write_card
from mozart.checkpoint.checkpoint import Checkpoint, round_weights, save_checkpoint
from mozart.checkpoint.folder import write_folder
from mozart.composing.composer import Composer
from mozart.composing.composition import Composition
from mozart.composing.laboratory import Laboratory
from mozart.composing.publishing import draw_curves
from mozart.composing.request import MAX_SEED, Request
from mozart.lab.checkpoint import LabCheckpoint, to_files
from mozart.lab.training import Run as LabRun
from mozart.model.network import NotesNetwork
from mozart.training.loop import Run
from mozart.training.machine import say
from mozart.training.output import FIRST_PIECE, SAMPLES
from mozart.training.publishing import Publisher
from mozart.training.tracking import Tracker


def best_network(run: Run) -> NotesNetwork:
    """Return the network of the best epoch so far, on the CPU, with the weights' precision in a checkpoint."""
    network = copy.deepcopy(run.averaged).cpu().eval()
    network.load_state_dict(run.best_weights)
    round_weights(network)
    return network


def save(checkpoint: Checkpoint | LabCheckpoint, provenance: Mapping[str, Any], folder: Path) -> None:
    """Write a checkpoint of either recipe, with its card; raise MozartError when the folder cannot be written."""
    card = write_card(checkpoint.metrics, provenance, folder)
    if isinstance(checkpoint, Checkpoint):
        save_checkpoint(checkpoint, folder, card)
    else:
        write_folder(folder, "lab", to_files(checkpoint), provenance, card)


class Finisher:
    """Writes curves, samples and checkpoints: after epochs if the flags ask for it, and at the end.

    Attributes
    ----------
    about
        Command, machine and date, for the metrics.
    provenance
        How the checkpoint was made, for ``config.json``.
    """

    def __init__(
        self,
        folder: Path,
        config: Any,
        about: dict[str, Any],
        publisher: Publisher | None = None,
        samples_every: int | None = None,
        tracker: Tracker | None = None,
    ) -> None:
        self.about = about
        self.provenance: Mapping[str, Any] = {}
        self._folder, self._publisher, self._samples_every = folder, publisher, samples_every
        self._tracker = tracker
        self._epochs, self._seed = config.epochs, config.seed % (MAX_SEED + 1)

    def after_epoch(self, run: Run | LabRun, best: Checkpoint | LabCheckpoint) -> None:
        """Draw the curves and track the epoch; at the chosen intervals compose a sample, and push the best checkpoint so far."""
        draw_curves(run.history, self._folder)
        if self._tracker:
            self._tracker.log_epoch(run.history[-1])
        if self._samples_every and run.epoch % self._samples_every == 0:
            self._write_sample(best, run.epoch)
        publisher = self._publisher
        if publisher and publisher.every and run.epoch % publisher.every == 0 and run.epoch < self._epochs:
            publisher.push_progress(run.epoch, lambda folder: save(best, self.provenance, folder))

    def finish(self, checkpoint: Checkpoint | LabCheckpoint) -> None:
        """Save the finished checkpoint, load it, compose a first piece, and publish the checkpoint."""
        save(checkpoint, self.provenance, self._folder)
        composer = Composer.load(self._folder)
        piece = _compose(composer, Request(lab=composer.checkpoint is None, seed=self._seed), "Composing")
        atomic.write(self._folder / FIRST_PIECE, piece.midi())
        if self._tracker:
            self._tracker.finish()
        say(f"A first piece: {piece.title}, {piece.describe()}: {self._folder / FIRST_PIECE}")
        if self._publisher:
            self._publisher.push_finished(self._folder)

    def _write_sample(self, checkpoint: Checkpoint | LabCheckpoint, epoch: int) -> None:
        """Compose the same request after every such epoch, as MIDI and as a piano roll."""
        from mozart.rendering.figures import plot_piano_roll

        if isinstance(checkpoint, Checkpoint):
            composer, request = Composer(checkpoint, str(self._folder)), Request(length="8bars", seed=self._seed)
        else:
            composer = Composer(None, str(self._folder), lab=Laboratory(checkpoint, ""))
            request = Request(lab=True, length=100, seed=self._seed)
        piece = _compose(composer, request, "Composing a sample")
        path = self._folder / SAMPLES / f"epoch-{epoch:03}"
        atomic.write(path.with_suffix(".mid"), piece.midi())
        atomic.write(path.with_suffix(".png"), plot_piano_roll(piece.score, f"Composed after epoch {epoch}"))
        if self._tracker:
            self._tracker.log_piece(piece, epoch)


def _compose(composer: Composer, request: Request, description: str) -> Composition:
    with tqdm(desc=description, leave=False) as bar:

        def on_progress(done: int, total: int) -> bool:
            bar.total = total
            bar.update(done - bar.n)
            return True

        return composer.compose(request, on_progress)
