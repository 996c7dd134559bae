"""Notes, rests, triplets and ties of one line, and its beams."""

from collections.abc import Sequence

import numpy as np
import pytest

from mozart.notes import Metre
from mozart.rendering.beams import beam
from mozart.rendering.metre import Bar
from mozart.rendering.symbols import Symbol, hide_rests, write_symbols
from mozart.rendering.voices import Chord

NOTE = frozenset([72])


def symbols(*spans: tuple[int, int], metre: str = "4/4") -> list[Symbol]:
    """One bar with notes from tick to tick."""
    beats, unit = map(int, metre.split("/"))
    bar = Bar(0, Metre(0, beats, unit).bar, Metre(0, beats, unit))
    written = write_symbols([Chord(start, end, NOTE) for start, end in spans], bar)
    beam(written, bar)
    return written


def show(written: Sequence[Symbol]) -> str:
    """Types, with a dot, a tie to the next, ``r`` for rests and the number of a triplet or quintuplet."""
    return " ".join(
        f"{'' if s.pitches else 'r'}{s.type}{'.' * s.is_dotted}{s.cell.parts if s.cell else ''}{'~' * bool(s.tied_to)}"
        for s in written
    ).replace("quarter", "4").replace("eighth", "8").replace("whole", "1").replace("half", "2").replace("th", "").replace(
        "nd", ""
    )  # fmt: skip


def row(*onsets: int, end: int) -> list[tuple[int, int]]:
    return list(zip(onsets, [*onsets[1:], end], strict=True))


@pytest.mark.parametrize(
    ("spans", "metre", "written"),
    [
        pytest.param([(0, 1920)], "4/4", "1", id="whole"),
        pytest.param([(0, 1440), (1440, 1920)], "4/4", "2. 4", id="dotted half"),
        pytest.param([(0, 720), (720, 1200), (1200, 1920)], "4/4", "4. 8~ 8 4.", id="the middle of the bar is shown"),
        pytest.param([(0, 240), (240, 720), (720, 960), (960, 1920)], "4/4", "8 4 8 2", id="a syncopation"),
        pytest.param([(0, 960), (960, 1440)], "6/8", "4.~ 8 4", id="compound time is cut at its beats"),
        pytest.param([(0, 1440)], "6/8", "2.", id="a whole bar of 6/8"),
        pytest.param([(0, 600), (600, 1440)], "3/4", "4~ 16 8.~ 4", id="five sixteenths"),
        pytest.param([(1440, 1920)], "4/4", "r2 r4 4", id="rests show the beats"),
        pytest.param([(480, 960)], "3/4", "r4 4 r4", id="rests of 3/4"),
        pytest.param([(0, 480)], "3/4", "4 r4 r4", id="no half rest in 3/4"),
        pytest.param([(0, 240), (720, 960)], "4/4", "8 r8 r8 8 r2", id="no quarter rest across a beat"),
        pytest.param([(0, 240)], "6/8", "8 r8 r8 r4.", id="rests of 6/8"),
        pytest.param([(0, 60), (60, 480)], "2/4", "32 16.~ 8 r4", id="seven thirty-seconds"),
    ],
)
def test_plain_values(spans: list[tuple[int, int]], metre: str, written: str) -> None:
    """What is longer than one value that reads well is cut at the strongest beat inside it; rests are never tied."""
    assert show(symbols(*spans, metre=metre)) == written


@pytest.mark.parametrize(
    ("onsets", "end", "written"),
    [
        pytest.param([0, 160, 320], 480, "83 83 83", id="eighths"),
        pytest.param([0, 80, 160, 240], 480, "163 163 163 8", id="sixteenths in half a beat"),
        pytest.param([0, 80, 160, 240, 320, 400], 480, "163 163 163 163 163 163", id="six are three and three"),
        pytest.param([0, 240, 320, 400], 480, "8 163 163 163", id="an ornament in the second half"),
        pytest.param([0, 160, 240, 320], 480, "83 163 163 83", id="one eighth of three divided"),
        pytest.param([0, 320], 480, "43 83", id="a quarter and an eighth"),
        pytest.param([0, 40, 80, 120], 480, "323 323 323 8.", id="thirty-seconds"),
        pytest.param([0, 96, 192, 288, 384], 480, "165 165 165 165 165", id="a quintuplet"),
        pytest.param([0, 24, 48, 72, 96, 120], 480, "645 645 645 645 645 8.", id="five in a sixteenth"),
        pytest.param([0, 320, 400], 480, "43 163 163", id="a note over the middle"),
    ],
)
def test_triplets_and_quintuplets(onsets: list[int], end: int, written: str) -> None:
    """They are as short as can be, so that plain notes beside them stay plain."""
    assert show(symbols(*row(*onsets, end=end), (480, 1920))) == written + " 2."


def test_rests_in_triplets() -> None:
    """A silence inside a triplet is the triplet's."""
    assert show(symbols((0, 160), (480, 1920))) == "83 r43 2."
    assert show(symbols((320, 480), (480, 1920))) == "r43 83 2."


def test_triplets_have_brackets() -> None:
    """From the first to the last of each."""
    written = symbols(*row(0, 160, 320, 480, 640, 800, end=960), (960, 1920))
    assert [s.bracket for s in written] == ["start", "", "stop"] * 2 + [""]


def test_triplets_across_beats_add_up() -> None:
    """Thirds that are held over a beat are cut there."""
    assert show(symbols(*row(0, 320, 640, end=960), (960, 1920))) == "43 83~ 83 43 2"


@pytest.mark.parametrize(
    ("metre", "joined"), [("4/4", [4, 4]), ("2/2", [4, 4]), ("3/4", [6]), ("3/8", [3]), ("6/8", [3, 3]), ("2/4", [4])]
)
def test_eighths_are_beamed_by_the_metre(metre: str, joined: list[int]) -> None:
    """By halves of a bar of four quarters, by bars of three, by dotted quarters in compound time."""
    written = symbols(*row(*range(0, 240 * sum(joined), 240), end=240 * sum(joined)), metre=metre)
    assert [s.beams[0] for s in written] == [
        name for n in joined for name in ("begin", *["continue"] * (n - 2), "end")
    ]  # fmt: skip


def test_shorter_notes_are_beamed_by_beats() -> None:
    """And triplets together with the plain notes of their beat."""
    written = symbols(*row(*range(0, 960, 120), end=960), (960, 1200), *row(1200, 1280, 1360, end=1440))
    assert [s.beams[0] for s in written if s.pitches] == ["begin", "continue", "continue", "end"] * 3


def test_hooks() -> None:
    """A sixteenth beside a dotted eighth has a hook towards it; a note alone has a flag, and a rest ends a beam."""
    assert [s.beams for s in symbols((0, 360), (360, 480))][:2] == [["begin"], ["end", "backward hook"]]
    assert [s.beams for s in symbols((0, 120), (120, 480))][:2] == [["begin", "forward hook"], ["end"]]
    assert [s.beams for s in symbols((0, 120), (240, 480), (600, 720)) if s.pitches] == [[], [], []]


def test_a_rest_shows_only_once() -> None:
    """Where both lines of a staff are silent the upper's rest is seen; where the lower sounds throughout, none is."""
    upper, lower = symbols((480, 960), (1440, 1920)), symbols((0, 960))
    hide_rests([upper, lower])
    assert [(s.start, s.hidden) for s in [*upper, *lower] if not s.pitches] == [(0, True), (960, False), (960, True)]


@pytest.mark.parametrize("metre", ["4/4", "3/8", "6/8", "2/2", "6/4", "5/8", "4/2", "3/2", "7/16", "5/32", "12/8", "1/1", "3/1"])
def test_every_bar_adds_up(metre: str) -> None:
    """Whatever stands on a grid that can be written: symbols follow each other and fill the bar, each as long as it says."""
    generator = np.random.default_rng(0)
    for grid in (20, 24, 30, 40, 60):
        for _ in range(50):
            length = symbols((0, 60), metre=metre)[-1].end
            cell = 480 if int(metre.split("/")[1]) <= 4 else 240
            # One grid a cell, as onsets are snapped.
            places = {int(at) for at in generator.integers(0, length, 12) // grid * grid}
            marks = sorted({0, *(at for at in places if at // cell * cell + cell <= length or at % 60 == 0)})
            spans = [span for span in row(*marks, end=length) if generator.random() < 0.8]
            written = symbols(*spans, metre=metre)
            assert [s.start for s in written] == [0, *(s.end for s in written[:-1])]
            assert written[-1].end == length
            for s in written:
                share = {None: 4, 3: 6, 5: 5}[s.cell.parts if s.cell else None]
                assert s.units == share * (s.end - s.start)
                assert s.type
