"""Ids are predicted the lab's way, or drawn with the state carried."""

from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from mozart.model import ModelConfig, MusicLSTM, State
from mozart.ngrams import PieceMemory
from mozart.originality import find_loop
from mozart.sampling import MEMORY_DELAY, Chooser, predict_like_the_lab, sample
from mozart.stepping import Reading, Stepper
from mozart.tonality import KeyPull
from mozart.vocabulary import Vocabulary

VOCABULARY = Vocabulary([f"{name}{octave}" for octave in (3, 4) for name in "CDEFG"])


class Counting(MusicLSTM):
    """Thinks that the id after the last is most probable, and writes down the shapes that it was asked about."""

    def __init__(self) -> None:
        super().__init__(ModelConfig(10, 2, 2, 1))
        self.asked: list[tuple[int, ...]] = []

    def forward(self, x: Tensor, hidden: State) -> tuple[Tensor, State]:
        self.asked.append(tuple(x.shape))
        return torch.from_numpy(np.stack([after(row[-1]) for row in x.tolist()])), hidden


def after(number: int) -> NDArray[np.float64]:
    logits = np.full(10, -5.0)
    logits[(number + 1) % 10] = 0.0
    log_probabilities: NDArray[np.float64] = logits - np.log(np.exp(logits).sum())
    return log_probabilities


class CountingStepper(Stepper):
    """The same, step by step; writes down what it heard."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def read(self) -> Reading:
        return self  # type: ignore[return-value]

    def hear(self, number: int) -> None:
        self.heard.append(number)

    def predict(self) -> NDArray[np.float64]:
        return after(self.heard[-1])


def spread(*probabilities: float) -> NDArray[np.float64]:
    """Log-probabilities of the first ids; the others have none."""
    return np.log([*probabilities, *[1e-300] * (10 - len(probabilities))])


def chooser(temperature: float = 1.0, top_p: float = 1.0, memory: float = 0.0, seed: int = 0, delay: int = 0) -> Chooser:
    return Chooser(
        np.random.default_rng(seed), temperature, top_p, memory, PieceMemory(VOCABULARY, delay=delay), KeyPull(VOCABULARY, 0.0)
    )


def test_the_labs_way() -> None:
    """The most probable id each time, from the whole window, which moves on by one."""
    model = Counting()
    ids = list(islice(predict_like_the_lab(model, [3, 4, 5]), 7))
    assert ids == [6, 7, 8, 9, 0, 1, 2]
    assert set(model.asked) == {(1, 3)}


def test_sampling_carries_the_state() -> None:
    """The opening is heard once, then every id once."""
    stepper = CountingStepper()
    ids = list(islice(sample(stepper, [3, 4, 5], chooser()), 4))
    assert stepper.heard == [3, 4, 5, *ids[:3]]


def test_temperature() -> None:
    """Near 0 only the most probable id is drawn; high, all are; the generator decides."""
    draw = [list(islice(sample(CountingStepper(), [0], chooser(t, seed=1)), 40)) for t in (1e-310, 1e6, 1e6)]
    assert draw[0] == [i % 10 for i in range(1, 41)]
    assert set(draw[1]) == set(range(10))
    assert draw[1] == draw[2]


@pytest.mark.parametrize("temperature", [0.8, 1.0])
def test_sampling_follows_the_distribution(temperature: float) -> None:
    """The next id after the last comes as often as its tempered probability says."""
    picks = chooser(temperature, seed=2)
    followed = sum(picks.choose(after(3)) == 4 for _ in range(4000)) / 4000
    weight = np.exp(5.0 / temperature)
    assert abs(followed - weight / (weight + 9)) < 0.015


def test_top_p() -> None:
    """Only the most probable ids that together have top-p are drawn, in their proportions; top-p 1 draws all."""
    log_probabilities = spread(0.5, 0.3, 0.1, 0.06, 0.04)
    drawn = {
        p: np.bincount([chooser(top_p=p, seed=s).choose(log_probabilities) for s in range(2000)], minlength=10) for p in (0.75, 1)
    }
    assert np.flatnonzero(drawn[0.75]).tolist() == [0, 1]
    assert drawn[0.75][0] / 2000 == pytest.approx(0.625, abs=0.03)
    assert np.flatnonzero(drawn[1]).tolist() == [0, 1, 2, 3, 4]


def test_a_tiny_top_p_draws_the_most_probable() -> None:
    """One id is always left."""
    assert chooser(top_p=1e-9).choose(spread(0.2, 0.5, 0.3)) == 1


def test_memory_goes_back_to_what_was_said() -> None:
    """With memory, what followed the present context before is likely again, though the network does not know it."""
    phrase = [0, 3, 6, 1, 8, 2, 9, 4]
    remembers, forgets = chooser(memory=1.0), chooser(memory=0.0)
    for number in [*phrase, *phrase[:6]]:
        remembers.hear(number)
        forgets.hear(number)
    flat = np.full(10, -np.log(10))
    counts = [np.bincount([picks.choose(flat) for _ in range(300)], minlength=10) for picks in (remembers, forgets)]
    assert counts[0].argmax() == 9
    assert counts[0][9] > 120 > 60 > counts[1][9]


def test_memory_is_silent_about_the_latest_ids() -> None:
    """What followed a context less than the delay ago is not mixed in."""
    phrase = [0, 3, 6, 1, 8, 2, 9, 4]
    assert len(phrase) < MEMORY_DELAY
    picks = chooser(memory=1.0, delay=MEMORY_DELAY)
    for number in [*phrase, *phrase[:6]]:
        picks.hear(number)
    flat = np.full(10, -np.log(10))
    assert np.bincount([picks.choose(flat) for _ in range(300)], minlength=10)[9] < 60


def test_the_key_pulls() -> None:
    """Notes of the key that was heard come more often than the network alone would have them."""
    picks = chooser()
    picks.key = KeyPull(VOCABULARY, 3.0)
    for number in np.random.default_rng(0).choice([0, 2, 4], 60).tolist():  # the triad of C major; D and F are farther from it
        picks.hear(number)
    flat = np.full(10, -np.log(10))
    counts = np.bincount([picks.choose(flat) for _ in range(600)], minlength=10)
    assert counts[[0, 2, 4, 5, 7, 9]].min() > counts[[1, 3, 6, 8]].max()


def test_refused_ids_never_come() -> None:
    """A veto leaves the others in their proportions, also those outside the nucleus; with all refused, the most probable comes."""
    picks = chooser(top_p=0.1)
    picks.refuses = lambda number: number < 3
    assert {picks.choose(spread(0.6, 0.2, 0.1, 0.1)) for _ in range(20)} == {3}
    picks.refuses = lambda _: True
    assert picks.choose(spread(0.1, 0.6, 0.3)) == 1


def test_a_loop_is_left() -> None:
    """A network that would go round for ever is led out of every loop before it is complete."""
    ids = list(islice(sample(CountingStepper(), [0], chooser(0.05)), 400))
    assert find_loop(ids) is None
    assert sum(b == (a + 1) % 10 for a, b in pairwise(ids)) > 300
