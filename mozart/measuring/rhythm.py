"""Onsets: their distances, their places in beat and bar, and whether the next bar repeats them."""

from itertools import groupby, pairwise

import numpy as np

from mozart.measuring.passage import Flags, Passage, share
from mozart.model.harmony import beat_ticks
from mozart.notes import TICKS

_SIXTEENTH = TICKS // 4
_GRIDS = (TICKS // 8, TICKS // 6)  # of thirty-seconds, and of sextuplets

RHYTHM = {
    "density": "moments at which something is struck; number a quarter",
    "both hands": "moments that both hands strike, of all; share",
    "on a beat": "moments that lie on a beat; share",
    "off the sixteenths": "moments that lie on no sixteenth of their beat; share",
    "bar lines struck": "bars on whose line something is struck; share",
    "bar lines by both hands": "bars on whose line both hands strike; share",
    "syncopation": "offbeat onsets of a hand that are held over the next beat, on which it strikes nothing; share",
    "IOI under a sixteenth": "inter-onset intervals below a sixteenth, triplets among them; share",
    "IOI of a sixteenth": "inter-onset intervals of a sixteenth; share",
    "IOI of an eighth": "inter-onset intervals of an eighth; share",
    "IOI of a quarter": "inter-onset intervals of a quarter and more; share",
    "IOI again": "inter-onset intervals that are as long as the one before; share",
    "longest stream": "equal inter-onset intervals in a row, at most; number",
    "triplets": "quarters with onsets on their thirds; share",
    "onsets again": "bars whose next bar has exactly their onsets; share",
    "onsets alike": "how far a bar and the next one have the same onsets (Dice), mean; share",
    "bar patterns": "different patterns of onsets; number a bar",
    "density varies": "standard deviation of the onsets in a bar, against their mean; ratio",
    "easily written": "bars in which each hand divides each beat by two or by three, and ties no offbeat to an offbeat; share",
}


def rhythm(passage: Passage) -> dict[str, float]:
    """Measure the features of :data:`RHYTHM`."""
    return _intervals(passage) | _places(passage) | _patterns(passage)


def _intervals(passage: Passage) -> dict[str, float]:
    """Measure inter-onset intervals, without regard to bars."""
    gaps = np.diff(passage.times)
    return {
        "density": float(TICKS / gaps.mean()) if len(gaps) else float("nan"),
        "IOI under a sixteenth": share(gaps < _SIXTEENTH),
        "IOI of a sixteenth": share(gaps == _SIXTEENTH),
        "IOI of an eighth": share(gaps == 2 * _SIXTEENTH),
        "IOI of a quarter": share(gaps >= TICKS),
        "IOI again": share(gaps[1:] == gaps[:-1]),
        "longest stream": float(max((len(list(run)) for _, run in groupby(gaps.tolist())), default=0)),
    }


def _places(passage: Passage) -> dict[str, float]:
    """Measure the places of onsets in beat and bar."""
    times = passage.times
    into_beat = times - passage.beats[passage.beat_at(times)]
    by_hand = passage.struck.any(2)  # (2, T)
    lines = passage.score.bars[int(passage.bar[0]) + 1 : int(passage.bar[-1]) + 1]
    quarter, place = np.divmod(passage.score.place_in_bar(times), TICKS)
    quarters = passage.score.bar_at(times) * 1000 + quarter
    thirds = np.isin(place, (TICKS // 6, TICKS // 3, 2 * TICKS // 3, 5 * TICKS // 6))
    return {
        "both hands": share(by_hand.all(0)),
        "on a beat": share(into_beat == 0),
        "off the sixteenths": share(into_beat % _SIXTEENTH != 0),
        "bar lines struck": share(np.isin(lines, times)),
        "bar lines by both hands": share(np.isin(lines, times[by_hand.all(0)])),
        "syncopation": share(_syncopated(passage, False) + _syncopated(passage, True)),
        "triplets": len(np.unique(quarters[thirds])) / len(np.unique(quarters)),
    }


def _syncopated(passage: Passage, left: bool) -> list[bool]:
    """Tell for each onset of a hand off the beat whether it is held over the next beat, with nothing struck there."""
    hand = (passage.left == left) & (passage.into_beat > 0) & (passage.beat + 1 < len(passage.beats))
    following = passage.beats[passage.beat[hand] + 1]
    times, where = np.unique(passage.onsets[hand], return_inverse=True)
    held = np.zeros(len(times), dtype=bool)
    np.logical_or.at(held, where, passage.ends[hand] > following)
    struck = np.zeros(len(times), dtype=bool)
    struck[where] = np.isin(following, passage.onsets[passage.left == left])
    found: list[bool] = (held & ~struck).tolist()
    return found


def _patterns(passage: Passage) -> dict[str, float]:
    """Measure bars as patterns of onsets, without the first and the last one, which may be cut off."""
    first, last = int(passage.bar[0]) + 1, int(passage.bar[-1])
    bar, place = passage.score.bar_at(passage.times), passage.score.place_in_bar(passage.times)
    bars = [frozenset(place[bar == index].tolist()) for index in range(first, last)]
    pairs = [(a, b) for a, b in pairwise(bars) if a or b]
    counts = np.array([len(each) for each in bars], dtype=np.float64)
    return {
        "onsets again": share([a == b for a, b in pairs]),
        "onsets alike": share([2 * len(a & b) / (len(a) + len(b)) for a, b in pairs]),
        "bar patterns": len(set(bars)) / len(bars) if bars else float("nan"),
        "density varies": float(counts.std() / counts.mean()) if counts.any() else float("nan"),
        "easily written": share([_is_easy(passage, index) for index in range(first, last)]),
    }


def _is_easy(passage: Passage, bar: int) -> bool:
    """Tell whether each hand divides each beat of a bar by two or by three, not by both, and ties no offbeat to an offbeat.

    Beats of a half note, as in 2/2, are looked at by quarters.
    """
    beat = beat_ticks(passage.score.metre_at(int(passage.score.bars[bar])))
    cell = beat if beat % (3 * TICKS // 2) == 0 else TICKS
    within: Flags = passage.bar == bar
    for hand in (within & ~passage.left, within & passage.left):
        places = np.unique(passage.place[hand])
        cells, into = np.divmod(places, cell)
        for each in np.unique(cells):
            if not any((into[cells == each] % grid == 0).all() for grid in _GRIDS):
                return False
        off = into != 0
        if (off[1:] & off[:-1] & (np.diff(cells) > 0)).any():
            return False
    return True
