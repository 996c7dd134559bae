"""Opening → ids, one at a time. (Lab, Problem 4.) Knows ids, not music.

Both ways are iterators that never end: the caller takes as many ids as it wants.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from mozart.model import MusicLSTM
from mozart.ngrams import PieceMemory
from mozart.originality import LoopWatch
from mozart.stepping import Stepper
from mozart.tonality import KeyPull

Floats = NDArray[np.float64]

# Mozart goes back to what he said, but not to what still sounds: the memory keeps silent about the latest ids.
MEMORY_DELAY = 32
# How hot it gets at least, and how much of what is probable may come, while a loop is beginning.
_LEAVING = 2.7
_LEAVING_TOP_P = 0.95


@torch.no_grad()
def predict_like_the_lab(model: MusicLSTM, opening: Sequence[int]) -> Iterator[int]:
    """The lab's way: the most probable id after the window, which then moves on by one.

    The whole window is run again, from a fresh state, for every id.

    Parameters
    ----------
    model
        In ``eval()`` mode.
    opening
        T ids.
    """
    sequence = torch.tensor([opening])
    while True:
        log_probabilities, _ = model(sequence, model.init_hidden(1))
        prediction = log_probabilities.argmax(1)
        sequence = torch.cat([sequence[:, 1:], prediction[:, None]], dim=1)
        yield int(prediction.item())


@dataclass
class Chooser:
    """Chooses ids from the network's predictions.

    Attributes
    ----------
    generator : the only source of chance
    temperature : above 0; divides the log-probabilities: below 1 is more predictable, above 1 wilder
    top_p : in (0, 1]; of the network's ids, only the most probable that together have this probability are drawn from.
        (Holtzman et al., The curious case of neural text degeneration, 2020.)
    memory : in [0, 1]; how much of what the piece itself did in such a place is mixed into what temperature and top-p left;
        that may bring back ids outside the nucleus
    piece : that memory
    key : pulls what comes towards the key of the latest ids
    refuses : says of an id that it may not come next
    loops : notices when the piece begins to go round in circles; while it does, the temperature is raised, and an id that
        would complete a loop, or strike one key again and again, is refused
    loops_left : how many ids had been chosen when a loop that had been noticed was left
    chosen : how many ids have been chosen
    """

    generator: np.random.Generator
    temperature: float
    top_p: float
    memory: float
    piece: PieceMemory
    key: KeyPull
    refuses: Callable[[int], bool] = lambda _: False
    loops: LoopWatch = field(default_factory=LoopWatch)
    loops_left: list[int] = field(default_factory=list)
    chosen: int = 0

    def choose(self, log_probabilities: Floats) -> int:
        """Draw the next id. Where all ids are refused, the most probable one comes.

        Parameters
        ----------
        log_probabilities : shape (V,)
        """
        near = self.loops.near
        temperature = max(self.temperature, _LEAVING) if near else self.temperature
        top_p = max(self.top_p, _LEAVING_TOP_P) if near else self.top_p
        log_probabilities = log_probabilities + self.key.log_weights()
        # The greatest becomes 0 first: divided by a tiny temperature, all would become minus infinity.
        with np.errstate(over="ignore"):
            heated = np.exp((log_probabilities - log_probabilities.max()) / temperature)
        probabilities = _nucleus(heated / heated.sum(), top_p)
        if self.memory:
            probabilities = (1 - self.memory) * probabilities + self.memory * self.piece.mix(probabilities)
        chosen = self._draw(probabilities)
        if chosen is None:  # the nucleus holds nothing that is allowed
            chosen = self._draw(np.exp(log_probabilities))
        self.chosen += 1
        return int(log_probabilities.argmax()) if chosen is None else chosen

    def hear(self, number: int) -> None:
        """Take in an id of the piece."""
        if self.memory:
            self.piece.hear(number)
        self.key.hear(number)
        was_near = self.loops.near
        self.loops.hear(number)
        if was_near and not self.loops.near and self.chosen:
            self.loops_left.append(self.chosen)

    def _draw(self, probabilities: Floats) -> int | None:
        """An id that is not refused; None where there is none."""
        while (cumulated := probabilities.cumsum())[-1] > 0:
            drawn = min(int(cumulated.searchsorted(self.generator.random() * cumulated[-1], side="right")), len(cumulated) - 1)
            if not (self.loops.would_loop(drawn) or self.loops.would_hammer(drawn) or self.refuses(drawn)):
                return drawn
            probabilities[drawn] = 0
        return None


def sample(stepper: Stepper, opening: Sequence[int], chooser: Chooser) -> Iterator[int]:
    """Draw each id from the network's distribution, carrying the state: one step of the network an id."""
    reading = stepper.read()
    for number in opening:
        reading.hear(number)
        chooser.hear(number)
    while True:
        chosen = chooser.choose(reading.predict())
        chooser.hear(chosen)
        yield chosen
        reading.hear(chosen)


def _nucleus(probabilities: Floats, top_p: float) -> Floats:
    """The smallest set of most probable ids that together have `top_p`, all others 0; sums to 1."""
    if top_p == 1:
        return probabilities
    # All that are less probable than this have less than what is left out together: few are left to be sorted.
    likely = np.flatnonzero(probabilities >= (1 - top_p) / len(probabilities))
    ranked = likely[np.argsort(-probabilities[likely], kind="stable")]
    kept = ranked[: int(probabilities[ranked].cumsum().searchsorted(top_p)) + 1]
    nucleus = np.zeros_like(probabilities)
    nucleus[kept] = probabilities[kept] / probabilities[kept].sum()
    return nucleus
