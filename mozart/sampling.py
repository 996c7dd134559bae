"""Opening → ids, one at a time. (Lab, Problem 4.) Knows ids, not music.

Both ways are iterators that never end: the caller takes as many ids as it wants.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from mozart.model import MusicLSTM


@torch.no_grad()
def predict_like_the_lab(model: MusicLSTM, opening: Tensor) -> Iterator[int]:
    """The lab's way: the most probable id after the window, which then moves on by one.

    The whole window is run again, from a fresh state, for every id.

    Parameters
    ----------
    model
        In ``eval()`` mode.
    opening : Tensor of int64, shape (T,)
    """
    sequence = opening[None, :]
    while True:
        log_probabilities, _ = model(sequence, model.init_hidden(1))
        prediction = log_probabilities.argmax(1)
        sequence = torch.cat([sequence[:, 1:], prediction[:, None]], dim=1)
        yield int(prediction.item())


@torch.no_grad()
def sample(model: MusicLSTM, opening: Tensor, temperature: float, generator: torch.Generator) -> Iterator[int]:
    """Draw each id from the network's distribution, carrying the state: one step of the network an id.

    Parameters
    ----------
    model
        In ``eval()`` mode.
    opening : Tensor of int64, shape (T,)
    temperature
        Above 0; divides the log-probabilities before the draw: below 1 is more predictable, above 1 wilder.
    generator
        The only source of chance.
    """
    log_probabilities, hidden = model(opening[None, :], model.init_hidden(1))
    while True:
        # The greatest becomes 0 first: divided by a tiny temperature, all would become minus infinity.
        logits = log_probabilities[0].double()
        probabilities = torch.softmax((logits - logits.max()) / temperature, dim=0)
        drawn = torch.multinomial(probabilities, 1, generator=generator)
        yield int(drawn.item())
        log_probabilities, hidden = model(drawn[None, :], hidden)
