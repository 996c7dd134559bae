"""Write a piece from a plan: copy the bars that return, draw all others, and close at the end.

A bar that returns gets the notes of its source, transposed by the plan. The network reads them like any others, so the next
notes continue them.
"""

from collections.abc import Callable, Sequence

from mozart.composing.drawing import HIGHEST, LOWEST, Draft
from mozart.composing.ending import CLOSING_BARS, draw_ending
from mozart.model.plan import Plan
from mozart.notes import Note
from mozart.notes.keys import Key

OnProgress = Callable[[int, int], object]


def write_bars(
    draft: Draft, plan: Plan, key: Key, start: int, on_progress: OnProgress, seed: int, notes: int | None = None
) -> bool:
    """Compose the bars of a plan into a draft.

    Parameters
    ----------
    draft
        The draft to write into.
    plan
        Form and harmony.
    key
        The home key.
    start
        Where the plan's first bar begins, in ticks.
    on_progress
        Called after every bar with the number of bars so far and in all; if it returns False, the piece ends there.
    seed
        The seed of the drafts of the end.
    notes
        The approximate number of notes, if the request asks for one: bars become denser or thinner as needed.

    Returns
    -------
    bool
        Whether the piece was composed to its end.
    """
    bar, total = plan.metre.bar, len(plan)
    closing = max(total - CLOSING_BARS, 0) if plan.close else total
    before = len(draft.notes)
    for index in range(closing):
        here = start + bar * index
        if notes is not None:
            # The end has about half a bar less of music.
            left = total - index - (0.6 if plan.close else 0)
            draft.balance = draft.balance.aim((notes - (len(draft.notes) - before)) / max(left, 1))
        if plan.returns[index] is None or not take_over(draft, plan, index, start):
            goes_on = index + 1 >= closing or plan.returns[index + 1] is None
            draft.draw_region(here, here + bar, plan.start if index == 0 else 0, carry=goes_on)
        if on_progress(index + 1, total) is False:
            return False
    if closing < total:
        draw_ending(draft, plan, key, start + bar * closing, seed)
        on_progress(total, total)
    return True


def take_over(draft: Draft, plan: Plan, index: int, start: int) -> bool:
    """Copy the notes of the bar that a bar returns from; False if it is silent, leaves the keyboard, or makes a loop."""
    way = plan.returns[index]
    assert way is not None
    bar = plan.metre.bar
    source = start + bar * way.source
    here = start + bar * index
    notes = [note for note in draft.notes if source <= note.onset < source + bar]
    moves = [way.left if note.voice >= 2 else way.right for note in notes]
    pitches = [note.pitch + move for note, move in zip(notes, moves, strict=True)]
    if not notes or min(pitches) < LOWEST or max(pitches) > HIGHEST:
        return False
    moved = in_order(
        [note._replace(onset=note.onset - source + here, pitch=pitch) for note, pitch in zip(notes, pitches, strict=True)]
    )
    watch = draft.loops.fork()
    for note in moved:
        watch.take(note)
        if watch.loop:
            return False
    draft.pending = None
    for note in moved:
        draft.add(note)
    return True


def in_order(notes: Sequence[Note]) -> list[Note]:
    """Sort notes in a score's order, and keep the first of two on one key at one moment."""
    ordered = sorted(notes, key=lambda note: (note.onset, note.voice, -note.pitch))
    seen: set[tuple[int, int]] = set()
    kept = []
    for note in ordered:
        if (note.onset, note.pitch) not in seen:
            seen.add((note.onset, note.pitch))
            kept.append(note)
    return kept
