"""Metres and movements, from a MIDI file's events."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TypeVar

from mozart.notes.score import MAX_BEATS, TICKS, UNITS

_UPBEAT = 4 * TICKS  # the longest possible
_TEMPO_WORDS = re.compile(r"(adagio|allegr|andant|larghetto|largo|menuett?o|molto|presto|rondo|tempo)", re.IGNORECASE)

Value = TypeVar("Value")


def in_order(changes: Sequence[tuple[int, Value]]) -> list[tuple[int, Value]]:
    """Sort changes by tick, and keep the file's order at one tick, where the last one holds."""
    return sorted(changes, key=lambda change: change[0])


METRE_REPLACED = "The metre"  # how the remark about it begins


def fit_metres(metres: dict[int, tuple[int, int]], remarks: list[str]) -> None:
    """Replace metres, by onset, that a score cannot have or whose bars are shorter than an eighth, and add a remark."""
    replaced = {}
    for onset, (beats, unit) in metres.items():
        metres[onset] = _nearest_metre(beats, unit)
        if metres[onset] != (beats, unit):
            replaced[f"{beats}/{unit}"] = "{}/{}".format(*metres[onset])
    if replaced:
        first, nearest = next(iter(replaced.items()))
        others = f", and {len(replaced) - 1:,} more by the nearest that is possible" if len(replaced) > 1 else ""
        remarks.append(f"{METRE_REPLACED} {first} is replaced by {nearest}{others}.")


def movement_starts(markers: Sequence[tuple[int, str]], metre_onsets: Sequence[int]) -> list[int]:
    """Return the ticks at which movements start, the first at 0.

    The sonatas mark movements as ``(2)``, or as a bare number, or by a tempo word. Where a file has both kinds of number, the
    bare ones are variations, so the three are tried in this order. A marker may be on the first downbeat; then a change of
    metre within the bar before shows where the upbeat begins.

    Parameters
    ----------
    markers
        Ticks and texts, in order.
    metre_onsets
        The ticks at which the metre changes, ascending.
    """
    styles: tuple[Callable[[str, int], bool], ...] = (
        lambda text, number: text == f"({number})",
        lambda text, number: text == str(number),
        lambda text, _: _TEMPO_WORDS.match(text) is not None,
    )
    for is_movement in styles:
        starts: list[int] = []
        for onset, text in markers:
            if onset > 0 and is_movement(text, len(starts) + 2):
                change = bisect_left(metre_onsets, max(onset - _UPBEAT, 1))
                starts.append(min([onset, *metre_onsets[change : change + 1]]))
        if starts:
            return [0, *sorted(set(starts))]
    return [0]


def _nearest_metre(beats: int, unit: int) -> tuple[int, int]:
    if unit > UNITS[-1]:
        beats, unit = max(1, beats * UNITS[-1] // unit), UNITS[-1]
    while beats > MAX_BEATS and unit > 1:
        beats, unit = beats // 2, unit // 2
    if beats * 8 < unit:
        return 1, 8
    return min(beats, MAX_BEATS), unit
