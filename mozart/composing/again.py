"""Compose some bars of a piece again and keep all others: of several drafts, the one that makes the next notes most probable."""

import numpy as np

from mozart.composing.composition import Composition, Notes
from mozart.composing.frame import make_score, make_setting
from mozart.errors import MozartError
from mozart.model.stepper import Moment
from mozart.notes import Note

DRAFTS = 6
_FOLLOWING = 12  # notes after the bars, by which a draft is judged


def compose_bars_again(piece: Composition, first: int, last: int, seed: int) -> Composition:
    """Compose bars `first` to `last`, counted from 1, again.

    Raises
    ------
    MozartError
        When there are no such bars, when they are the opening's, or when the piece is the laboratory's or in another rhythm.
    """
    intention, draft = piece.intention, piece.draft
    if intention is None or draft is None or piece.request.offsets != "composed":
        raise MozartError("Bars can be composed again only in pieces whose rhythm was composed with their notes.")
    start, stop = _find_region(piece, first, last)
    setting, offset = make_setting(piece.composer.vocabulary, piece.opening, intention)
    settled = piece.composer.start(setting, intention, piece.request, np.random.SeedSequence(seed).spawn(2))
    for note in draft.notes:
        if note.onset < start:
            settled.add(note)
    following = [note for note in draft.notes if note.onset >= stop]
    drafts = []
    for number in range(DRAFTS):
        candidate = settled.fork(seed + number)
        candidate.draw_region(start, stop, intention.plan.start if start == offset and piece.opening is None else 0)
        drafts.append((_judge(candidate.moment.fork(), following[:_FOLLOWING]), -number, candidate.notes))
    notes = [*max(drafts, key=lambda draft: draft[:2])[2], *following]
    score = make_score(notes, piece.opening, intention, offset)
    if piece.opening is not None and not piece.request.include_opening:
        score = score.cut(offset, score.end + 1)
    return piece.changed(score=score, draft=Notes(tuple(notes), offset))


def _find_region(piece: Composition, first: int, last: int) -> tuple[int, int]:
    """Find where the bars begin and end in the draft, in ticks."""
    assert piece.intention is not None
    assert piece.draft is not None
    plan, offset = piece.intention.plan, piece.draft.start
    shown = piece.request.include_opening and piece.opening is not None
    before = len(piece.opening.score.bars) if shown and piece.opening else 0
    if not before < first <= last <= before + len(plan):
        where = f"from {before + 1} to {before + len(plan)}"
        raise MozartError(f"Bars {first} to {last} cannot be composed again: choose {where}.")
    start, stop = (offset + plan.metre.bar * (bar - before) for bar in (first - 1, last))
    if plan.close and last == before + len(plan):
        stop = offset + plan.metre.bar * (len(plan) - 1) + plan.close.place  # the last chord stays
    if stop <= start:
        raise MozartError("The last chord cannot be composed again: choose bars before it.")
    return start, stop


def _judge(moment: Moment, following: list[Note]) -> float:
    """Return the mean log-probability of the notes that follow a draft."""
    total = 0.0
    for note in following:
        total += moment.log_probability(note)
        moment.feed(note)
    return total / max(len(following), 1)
