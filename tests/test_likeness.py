"""Pieces are composed in three ways and set beside real music."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tiny
from mozart.composer import Composer
from mozart.errors import MozartError
from mozart.likeness import count_pieces, measure_pieces, to_passage
from mozart.request import Request
from mozart.score import Work


@pytest.fixture(scope="module")
def composer(checkpoint_folder: Path) -> Composer:
    """A composer that knows nothing about music."""
    return Composer.load(checkpoint_folder)


def test_three_ways(composer: Composer) -> None:
    """So many pieces by default and greedily, a tenth the lab's way, each with its loops and copies; every piece is reported."""
    ways: list[str] = []
    measured = measure_pieces(composer, tiny.works(), 30, 60, ways.append)
    assert measured["pieces"] == {"default": 30, "greedy": 30, "lab": 3}
    assert ways == ["default"] * 30 + ["greedy"] * 30 + ["lab"] * 3
    assert count_pieces(30) == len(ways)
    assert set(measured["table"]) == {"Mozart", "default", "greedy", "lab"}
    # An untrained network's most probable id is always the same one; only the lab's way stays in such a loop.
    assert measured["loops"] == {"default": 0, "greedy": 0, "lab": 3}
    assert measured["originality"]["lab"]["longest"] == {"median": 0.0, "max": 0}
    assert measured["settings"] == {name: getattr(Request(), name) for name in ("temperature", "top_p", "memory")}


def test_a_passage_is_in_phase_with_the_beat(composer: Composer) -> None:
    """It holds the new events alone, and a whole number is a beat."""
    piece = composer.compose(Request(length=20, seed=3))
    passage = to_passage(piece)
    assert passage.tokens == piece.new_tokens
    np.testing.assert_allclose(np.diff(passage.offsets), np.diff(piece.offsets[100:]))
    before = piece.opening.bar_offset + piece.opening.steps[:99].sum() + piece.offsets[100] - piece.offsets[99]
    assert passage.offsets[0] % 4 == pytest.approx(before % 4)


def test_the_test_works_are_left_out(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings are chosen by these numbers, so the real music is none of what the checkpoint was tested on."""
    seen: list[str] = []

    def passages(works: Sequence[Work], _length: int) -> list[object]:
        seen.extend(work.title for work in works)
        return []

    monkeypatch.setattr("mozart.measures.real_passages", passages)
    metrics = {**composer.checkpoint.metrics, "test_works": ["Work 1"]}
    tested = Composer(replace(composer.checkpoint, metrics=metrics), "here")
    with pytest.raises(MozartError, match="has 0 passages of 50 notes"):
        measure_pieces(tested, tiny.works(3), 2, 50)
    assert seen == ["Work 0", "Work 2"]
