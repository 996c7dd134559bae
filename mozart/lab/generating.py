"""Problem 4: from a random test sequence, predict the next 500 elements over the sliding window."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from mozart.errors import MozartError
from mozart.lab.checkpoint import LabCheckpoint
from mozart.lab.network import RNN
from mozart.lab.windows import WINDOW, Vocabulary
from mozart.lab.writing import choose_offsets, to_score
from mozart.notes import Score

N_PREDICTIONS = 500
# No cycle in the sonatas, three times or more in a row, goes on for longer than 43 elements.
_LONGEST_CYCLE_IN_MOZART = 43

Progress = Callable[[int, int], object]


@torch.no_grad()
def predict(
    model: RNN,
    sequence: Sequence[int],
    n: int = N_PREDICTIONS,
    *,
    temperature: float | None = None,
    generator: np.random.Generator | None = None,
    on_progress: Progress = lambda *_: True,
) -> list[int]:
    """Predict the next `n` ids after `sequence`. (Problem 4.)

    Every id is predicted from the whole window and a fresh state; then the window moves on by one.

    Parameters
    ----------
    model
        In ``eval()`` mode.
    sequence
        Ids, 100 of them.
    temperature
        None takes the most probable id, as the text does. Above 0, ids are drawn with `generator`, their log-probabilities
        divided by it.
    on_progress
        Called after every prediction with how many there are and `n`; False ends it there.
    """
    window = torch.tensor([sequence], device=model.device)
    predictions: list[int] = []
    for done in range(1, n + 1):
        prediction, _ = model(window, model.init_hidden(1))
        chosen = prediction.argmax().item() if temperature is None else _draw(prediction[0], temperature, generator)
        predictions.append(int(chosen))
        window = torch.cat([window[:, 1:], torch.tensor([[chosen]], device=model.device)], dim=1)
        if on_progress(done, n) is False:
            break
    return predictions


def generate_pitches(
    model: RNN, test_sequences: Tensor | Sequence[Sequence[int]], vocabulary: Vocabulary, n: int = N_PREDICTIONS, seed: int = 0
) -> list[str]:
    """Choose a random sequence of the test data, and predict the `n` elements after it; give both as strings. (Problem 4.)

    Parameters
    ----------
    test_sequences : ids, shape (M, 100)
    """
    chosen = int(_generator(seed, "opening").integers(len(test_sequences)))
    initial = [int(token_id) for token_id in test_sequences[chosen]]
    return vocabulary.decode([*initial, *predict(model.eval(), initial, n)])


def generate_piece(
    checkpoint: LabCheckpoint,
    length: int = N_PREDICTIONS,
    offsets: str = "0.25",
    seed: int = 0,
    temperature: float | None = None,
    *,
    on_progress: Progress = lambda *_: True,
) -> tuple[list[str], Score, tuple[str, ...]]:
    """Generate a piece as in the laboratory, Problems 4 and 5.

    The same arguments give the same piece on one machine; another way to choose offsets changes no pitch.

    Parameters
    ----------
    length
        How many elements are predicted after the test sequence's 100.
    offsets
        ``0.25``, ``0.5`` or ``sampled``.
    temperature
        None takes the most probable element every time; above 0 they are drawn.
    on_progress
        As in :func:`predict`.

    Returns
    -------
    tokens
        The test sequence's 100, then the predicted ones.
    score
        Their notes; see :func:`mozart.lab.writing.to_score`.
    remarks
        Sentences for people: what it goes on from, and whether it went round in a loop.

    Raises
    ------
    MozartError
        When an argument is not possible.
    """
    if length < 1:
        raise MozartError(f"A piece of {length} elements is not possible: choose 1 or more.")
    if temperature is not None and not 0 < temperature < np.inf:
        raise MozartError(f"A temperature of {temperature:g} is not possible: choose one above 0, or none.")
    place = choose_sequence(checkpoint, seed)
    initial = checkpoint.sequences[place].tolist()
    predictions = predict(
        checkpoint.model,
        initial,
        length,
        temperature=temperature,
        generator=_generator(seed, "elements"),
        on_progress=on_progress,
    )
    tokens = checkpoint.vocabulary.decode([*initial, *predictions])
    score = to_score(tokens, choose_offsets(len(tokens), offsets, checkpoint.distances, _generator(seed, "offsets")))
    remarks = [f"It goes on from {WINDOW} elements of {checkpoint.titles[place]} that the network was tested on."]
    if (loop := find_loop(predictions)) is not None:
        start, period = loop
        cycle = "one element" if period == 1 else f"the same {period} elements"
        remarks.append(f"From predicted element {start + 1} on it repeats {cycle}.")
    return tokens, score, tuple(remarks)


def choose_sequence(checkpoint: LabCheckpoint, seed: int) -> int:
    """Which of the checkpoint's test sequences a piece of this seed begins with."""
    return int(_generator(seed, "opening").integers(len(checkpoint.sequences)))


def find_loop(ids: Sequence[int]) -> tuple[int, int] | None:
    """Where the cycle begins in which `ids` end, and its period; None when they end in none that is longer than Mozart's."""
    for period in range(1, len(ids) // 3 + 1):
        start = len(ids) - period
        while start > 0 and ids[start - 1] == ids[start - 1 + period]:
            start -= 1
        if len(ids) - start > max(3 * period - 1, _LONGEST_CYCLE_IN_MOZART):
            return start, period
    return None


def _draw(log_probabilities: Tensor, temperature: float, generator: np.random.Generator | None) -> int:
    if generator is None:
        raise ValueError("drawing needs a generator")
    scores = log_probabilities.double().cpu().numpy()
    # The greatest becomes 0 first: divided by a tiny temperature, all would become minus infinity.
    with np.errstate(over="ignore"):
        weights = np.exp((scores - scores.max()) / temperature)
    return int(generator.choice(len(weights), p=weights / weights.sum()))


def _generator(seed: int, what: str) -> np.random.Generator:
    """Independent draws for each part of a piece, from one seed."""
    return np.random.default_rng([seed, ("opening", "elements", "offsets").index(what)])
