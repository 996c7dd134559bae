"""Find the opening that a piece continues: none, the beginning of a held-out movement, or a person's own file."""

import reprlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mozart.checkpoint.excerpts import Opening
from mozart.composing.request import TEMPI, Request
from mozart.corpus.reader import read_file
from mozart.errors import MozartError
from mozart.notes import Score

# A person's longer file is cut to its last bars.
MAX_OWN_BARS, LAST_BARS = 64, 8
# A few bars may still have many notes, or last long.
MAX_OWN_NOTES, MAX_OWN_SECONDS = 3_000, 300


def find_opening(request: Request, openings: Sequence[Opening], rng: np.random.Generator) -> tuple[Opening | None, list[str]]:
    """Find the opening that a request names, and remarks on it.

    Raises
    ------
    MozartError
        When there is no such opening, or the file cannot be read.
    """
    drawn = float(rng.random())  # always, so that a movement gives the same piece whether drawn or named
    if request.has_own_opening:
        return read_opening(Path(request.opening))
    if request.opening == "none":
        return None, []
    among = openings if request.opening == "random" else _named(request.opening, openings)
    if not among:
        raise MozartError("This checkpoint has no openings: leave the opening out, or give a MIDI file.")
    return among[int(drawn * len(among))], []


def read_opening(path: Path) -> tuple[Opening, list[str]]:
    """Read a person's file as an opening, with remarks on it; a file of more than 64 bars is cut to its last eight."""
    score, losses = read_file(path)
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)[:100]
    remarks = [*losses]
    last = int(score.bar_at(score.onsets)[-1])
    if last + 1 > MAX_OWN_BARS:
        remarks.append(f"{name} has {last + 1} bars: its last {LAST_BARS} are the opening.")
        score = score.bars_slice(last + 1 - LAST_BARS, last + 1)
    else:
        score = score.bars_slice(0, last + 1)
    if len(score) > MAX_OWN_NOTES or score.seconds > MAX_OWN_SECONDS:
        raise MozartError(
            f"{name} is too long for an opening: these {len(score.bars)} bars have {len(score):,} notes and last "
            f"{score.seconds:,.0f} s, and {MAX_OWN_NOTES:,} notes in {MAX_OWN_SECONDS} s are possible. Take a part of it."
        )
    # A file may have any tempo, a piece only those of a request.
    tempo = min(max(score.tempi[-1].quarters_per_minute, TEMPI[0]), TEMPI[1])
    return Opening(name, _whole_bars(score), None, "", tempo), remarks


def _named(name: str, openings: Sequence[Opening]) -> list[Opening]:
    wanted = _plain(name)
    found = [opening for opening in openings if wanted in (_plain(opening.name), _plain(opening.name.partition(",")[0]))]
    if not found:
        known = "; ".join(opening.name for opening in openings)
        raise MozartError(
            f"There is no opening {reprlib.repr(name)}: choose none, random, a file that ends in .mid, or one of {known}."
        )
    return found


def _whole_bars(score: Score) -> Score:
    """End all notes at the last bar line."""
    last = int(score.bars[-1])
    stop = last + score.metre_at(last).bar
    rows = score.columns.copy()
    rows[:, 3] = np.minimum(rows[:, 3], stop - rows[:, 0])
    return score.replace(notes=rows)


def _plain(name: str) -> str:
    return "".join(name.casefold().split())
