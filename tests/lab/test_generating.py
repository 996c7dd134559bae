"""Problem 4: the next elements over a sliding window."""

import numpy as np
import pytest
import torch
from torch import Tensor

from lab_music import checkpoint
from mozart.errors import MozartError
from mozart.lab.generating import find_loop, generate_piece, generate_pitches, predict
from mozart.lab.network import RNN, Hidden
from mozart.lab.windows import WINDOW


class Counter(RNN):
    """Predicts the id that is one higher than the last of the window, and looks at the window that it is given."""

    def __init__(self) -> None:
        super().__init__(200, 2, 2, 1)
        self.windows: list[list[int]] = []

    def forward(self, x: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        assert not hidden[0].any()
        self.windows.append(x[0].tolist())
        probabilities = torch.full((1, self.n_notes), -9.0)
        probabilities[0, (x[0, -1] + 1) % self.n_notes] = 0.0
        return probabilities, hidden


def test_the_window_slides() -> None:
    """Every prediction comes from a fresh state and the last 100 elements, predicted ones among them."""
    model = Counter()
    assert predict(model, range(WINDOW), 4) == [100, 101, 102, 103]
    assert model.windows == [list(range(i, i + WINDOW)) for i in range(4)]


def test_600_pitches() -> None:
    """A random test sequence and 500 predicted elements, as strings; the seed chooses the sequence."""
    known = checkpoint()
    pitches = generate_pitches(known.model, known.sequences.tolist(), known.vocabulary)
    assert len(pitches) == 600
    assert set(pitches) <= set(known.vocabulary.tokens)
    assert known.vocabulary.encode(pitches[:WINDOW]) in known.sequences.tolist()
    starts = {tuple(generate_pitches(known.model, known.sequences.tolist(), known.vocabulary, 1, seed)[:9]) for seed in range(9)}
    assert len(starts) == 2


def test_the_most_probable_or_drawn() -> None:
    """Without a temperature chance has no part in it; with one, the seed decides, and a very low one takes the most probable."""
    model, sequence = checkpoint().model, checkpoint().sequences[0].tolist()
    best = predict(model, sequence, 20)
    assert best == predict(model, sequence, 20, generator=np.random.default_rng(1))

    def draw(seed: int, temperature: float = 1.0) -> list[int]:
        return predict(model, sequence, 20, temperature=temperature, generator=np.random.default_rng(seed))

    assert draw(1) == draw(1) != draw(2)
    assert draw(1, temperature=1e-9) == best


def test_drawn_as_often_as_probable() -> None:
    """At temperature 1 an element comes as often as the network says."""
    model, sequence = checkpoint().model, checkpoint().sequences[0].tolist()
    with torch.no_grad():
        expected = model(torch.tensor([sequence]), model.init_hidden(1))[0][0].exp().numpy()
    drawn = [predict(model, sequence, 1, temperature=1.0, generator=np.random.default_rng(seed))[0] for seed in range(500)]
    shares = np.bincount(drawn, minlength=len(expected)) / len(drawn)
    np.testing.assert_allclose(shares, expected, atol=0.08)


def test_a_piece() -> None:
    """100 elements of a test sequence and those predicted, as a Score, with what it goes on from; equal for equal arguments."""
    known = checkpoint()
    tokens, score, remarks = generate_piece(known, length=30, offsets="0.5", seed=3)
    assert len(tokens) == WINDOW + 30
    assert score.onsets[-1] == 240 * 129
    assert any(title in remarks[0] for title in known.titles)
    assert generate_piece(known, length=30, offsets="0.5", seed=3) == (tokens, score, remarks)


def test_another_way_to_choose_offsets_changes_no_pitch() -> None:
    """0.25, 0.5 and sampled give the same tokens, drawn or not."""
    for temperature in (None, 1.0):
        pieces = [generate_piece(checkpoint(), 20, offsets, 1, temperature)[0] for offsets in ("0.25", "0.5", "sampled")]
        assert pieces[0] == pieces[1] == pieces[2]


def test_ending_it_early() -> None:
    """Progress is told after every element; False ends the piece there, with what there is."""
    told: list[tuple[int, int]] = []

    def on_progress(done: int, total: int) -> bool:
        told.append((done, total))
        return done < 3

    tokens, _, _ = generate_piece(checkpoint(), 20, on_progress=on_progress)
    assert told == [(1, 20), (2, 20), (3, 20)]
    assert len(tokens) == WINDOW + 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"length": 0}, "piece of 0 elements"), ({"temperature": 0.0}, "temperature of 0"), ({"offsets": "1"}, "no offsets '1'")],
)
def test_arguments_that_cannot_be(arguments: dict[str, object], said: str) -> None:
    """Each is refused in a sentence."""
    with pytest.raises(MozartError, match=said):
        generate_piece(checkpoint(), **{"length": 1, **arguments})  # type: ignore[arg-type]


def test_a_piece_says_where_it_goes_round() -> None:
    """A network that always says the same makes a piece of one element, and a remark."""
    known = checkpoint()
    with torch.no_grad():
        known.model.batch3.bias[3] += 100
    _, _, remarks = generate_piece(known, length=50)
    assert remarks[1] == "From predicted element 1 on it repeats one element."


def test_loops() -> None:
    """A cycle at the end that goes on for longer than any in the sonatas is found with its beginning; shorter ones are music."""
    assert find_loop([9, 8, *[1, 2, 3] * 15]) == (2, 3)
    assert find_loop([9, 8, *[1, 2, 3] * 14]) is None
    assert find_loop([5] * 44) == (0, 1)
    assert find_loop([*[1, 2, 3] * 15, 4]) is None
    assert find_loop(list(range(20)) * 2) is None
    assert find_loop([]) is None
