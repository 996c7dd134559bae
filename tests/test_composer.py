"""A request becomes a piece, the same one every time."""

import math
from pathlib import Path

import numpy as np
import pytest

from mozart.checkpoint import PRETRAINED
from mozart.composer import Composer, Request
from mozart.errors import MozartError
from mozart.windows import WINDOW


@pytest.fixture(scope="module")
def composer(checkpoint_folder: Path) -> Composer:
    """A composer that knows nothing about music."""
    return Composer.load(checkpoint_folder)


def test_a_piece(composer: Composer) -> None:
    """The opening and as many new events as asked for, in order, with the vocabulary's tokens only."""
    piece = composer.compose(Request(length=40, seed=7))
    assert len(piece.tokens) == len(piece.offsets) == len(piece.durations) == WINDOW + 40
    assert piece.opening_length == WINDOW
    assert piece.seed == 7
    assert piece.offsets[0] == 0.0
    assert piece.offsets == sorted(piece.offsets)
    assert min(piece.durations) > 0
    assert set(piece.tokens) <= set(composer.checkpoint.vocabulary.tokens)


def test_the_opening_keeps_its_own_rhythm(composer: Composer) -> None:
    """It is an excerpt of the test music, with its own steps; what follows has the strategy's."""
    piece = composer.compose(Request(length=40, seed=7, offsets="0.5"))
    openings = composer.checkpoint.openings
    rows = [composer.checkpoint.vocabulary.decode(row[:WINDOW].tolist()) for row in openings.ids]
    row = rows.index(piece.tokens[:WINDOW])
    np.testing.assert_allclose(np.diff(piece.offsets[:WINDOW]), openings.steps[row, : WINDOW - 1])
    assert np.diff(piece.offsets[WINDOW - 1 :]).tolist() == [0.5] * 40
    assert piece.opening == f"{openings.works[row]}, movement {openings.movements[row]}"


def test_leaving_the_opening_out(composer: Composer) -> None:
    """The same new events, counted from 0."""
    whole = composer.compose(Request(length=30, seed=1, offsets="sampled"))
    new = composer.compose(Request(length=30, seed=1, offsets="sampled", include_opening=False))
    assert new.tokens == whole.tokens[WINDOW:]
    assert new.opening_length == 0
    np.testing.assert_allclose(new.offsets, np.array(whole.offsets[WINDOW:]) - whole.offsets[WINDOW])
    assert new.offsets[0] == 0.0


@pytest.mark.parametrize("lab", [True, False])
def test_same_request_same_piece(composer: Composer, lab: bool) -> None:
    """Byte for byte; another seed gives another piece."""
    piece, again, other = (composer.compose(Request(length=20, seed=seed, lab=lab)) for seed in (7, 7, 8))
    assert piece == again
    assert piece.midi() == again.midi()
    assert piece.tokens != other.tokens


def test_another_rhythm_changes_no_pitch(composer: Composer) -> None:
    """Pitch and rhythm draw from generators of their own."""
    pieces = [composer.compose(Request(length=30, seed=3, offsets=offsets)) for offsets in ("0.25", "0.5", "sampled")]
    assert pieces[0].tokens == pieces[1].tokens == pieces[2].tokens
    assert pieces[0].offsets != pieces[1].offsets


def test_a_seed_is_drawn_and_said(composer: Composer) -> None:
    """Without a seed every piece is another, and can be had again by the seed that it says."""
    piece, other = composer.compose(Request(length=20)), composer.compose(Request(length=20))
    assert piece.seed != other.seed
    assert composer.compose(Request(length=20, seed=piece.seed)) == piece


def test_the_labs_way(composer: Composer) -> None:
    """The lab's increment and quarter notes for all events, the opening's too; only the opening is left to chance."""
    piece = composer.compose(Request(length=25, seed=5, lab=True))
    assert piece.offsets == [0.25 * i for i in range(WINDOW + 25)]
    assert set(piece.durations) == {1.0}
    assert composer.compose(Request(length=25, seed=5, lab=True, temperature=9.0)).tokens == piece.tokens


def test_temperature_changes_pitches(composer: Composer) -> None:
    """Another temperature draws other notes from the same seed."""
    calm, wild = (composer.compose(Request(length=40, seed=5, temperature=t)) for t in (0.05, 5.0))
    assert calm.tokens != wild.tokens
    assert calm.tokens[:WINDOW] == wild.tokens[:WINDOW]


def test_progress(composer: Composer) -> None:
    """Every new note is counted."""
    counts: list[int] = []
    composer.compose(Request(length=12), counts.append)
    assert counts == list(range(1, 13))


def test_sound(composer: Composer) -> None:
    """The audio lasts as long as the piece and its tail."""
    piece = composer.compose(Request(length=8, seed=1, offsets="0.5", include_opening=False))
    seconds = len(piece.audio()) / 44_100
    end = max(offset + duration for offset, duration in zip(piece.offsets, piece.durations, strict=True)) / 2
    assert end < seconds < end + 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"length": 0}, "length of 0"),
        ({"length": -3}, "length of -3"),
        ({"length": 10**9}, "length of 1000000000"),
        ({"length": 10**400}, "length of 1"),
        ({"length": 2.5}, "length of 2.5"),
        ({"length": True}, "length of True"),
        ({"length": "500"}, "length of 500"),
        ({"length": math.nan}, "length of nan"),
        ({"offsets": "0.3"}, "strategy '0.3': choose one of 0.25, 0.5, sampled"),
        ({"offsets": 0.25}, "strategy 0.25"),
        ({"offsets": []}, "strategy"),
        ({"temperature": 0}, "temperature of 0"),
        ({"temperature": -1.0}, "temperature of -1"),
        ({"temperature": math.nan}, "temperature of nan"),
        ({"temperature": math.inf}, "temperature of inf"),
        ({"temperature": 10**400}, "temperature of 1"),
        ({"seed": -1}, "seed of -1"),
        ({"seed": 2**32}, "seed of 4294967296"),
        ({"seed": 1.5}, "seed of 1.5"),
    ],
)
def test_impossible_requests(wrong: dict[str, object], sentence: str) -> None:
    """Every value that is out of range or of another kind gives one sentence with the value."""
    with pytest.raises(MozartError, match=sentence) as error:
        Request(**wrong)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_a_checkpoint_that_is_nowhere(tmp_path: Path) -> None:
    """What is neither a folder nor a repository's name is said to be missing, without asking the network."""
    with pytest.raises(MozartError, match="There is no checkpoint"):
        Composer.load(tmp_path / "nowhere" / "at" / "all")


@pytest.mark.parametrize("name", ["lab", "unseen"])
def test_the_shipped_checkpoints(name: str) -> None:
    """Each loads without a network, is under 10 MB, and composes."""
    folder = PRETRAINED.parent / name
    composer = Composer.load(folder)
    assert len(composer.checkpoint.vocabulary) == 668
    assert sum(path.stat().st_size for path in folder.iterdir()) < 10_000_000
    assert len(set(composer.compose(Request(length=60, seed=1)).tokens[WINDOW:])) > 10


def test_openings_of_the_default_are_unseen() -> None:
    """Without a name, the checkpoint is the one whose openings are of works that it has never read."""
    checkpoint = Composer.load().checkpoint
    assert checkpoint.metrics["split"] == "works"
    assert set(checkpoint.openings.works) <= set(checkpoint.metrics["test_works"])
