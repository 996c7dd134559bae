"""What frames the notes of a piece: the setting in which they are drawn, and the score that they become."""

from collections.abc import Sequence

import numpy as np

from mozart.checkpoint.excerpts import Opening
from mozart.composing.planning import Intention
from mozart.model.harmony import SILENT, find_chords
from mozart.model.offsets import end_before_next_stroke
from mozart.model.plan import Degrees
from mozart.model.setting import Setting
from mozart.model.vocabulary import Vocabulary
from mozart.notes import Note, Score
from mozart.notes.keys import CLASSES


def make_setting(vocabulary: Vocabulary, opening: Opening | None, intention: Intention) -> tuple[Setting, int]:
    """Make the setting of opening and plan, and find where the plan begins, in ticks."""
    plan = intention.plan
    bars: list[int] = []
    metres = []
    offset, chords = 0, np.zeros((0, 2), np.int8)
    if opening is not None:
        bars = opening.score.bars.tolist()
        metres = [opening.score.metre_at(bar) for bar in bars]
        offset = bars[-1] + metres[-1].bar
    setting = Setting.make(
        vocabulary,
        intention.key,
        [*bars, *(offset + plan.metre.bar * index for index in range(len(plan)))],
        [*metres, *[plan.metre] * len(plan)],
        None,
    )
    if not intention.harmony:
        return setting, offset
    if opening is not None:
        found = find_chords(opening.score)
        missing = len(setting.beats) - len(found) - len(plan) * plan.beats_of_bar
        # The opening may end with beats of silence.
        chords = np.concatenate([found, np.full((max(missing, 0), 2), -1, np.int8)])[: len(found) + missing]
        chords[:, 1] = np.maximum(chords[:, 1], 0)
    lines = [_in_key(line, len(chords), plan.beats_of_bar, intention.key.tonic) for line in (plan.basses, plan.melody)]
    setting = setting.with_chords(np.concatenate([chords, plan.chords_in(intention.key.tonic)]))
    return setting.with_lines(*lines), offset


def _in_key(line: Sequence[Degrees | None], before: int, beats: int, tonic: int) -> list[int]:
    """List the pitch classes of a plan's bass or melody by beat, after `before` beats of `SILENT`."""
    degrees = [degree for bar in line for degree in bar or (SILENT,) * beats]
    return [SILENT] * before + [(degree + tonic) % CLASSES if degree != SILENT else SILENT for degree in degrees]


def make_score(notes: list[Note], opening: Opening | None, intention: Intention, offset: int) -> Score:
    """Make a score of a draft's notes."""
    rows = end_before_next_stroke(np.array(notes, dtype=np.int64).reshape(-1, 5))
    stop = offset + intention.plan.metre.bar * len(intention.plan)
    rows[:, 3] = np.minimum(rows[:, 3], stop - rows[:, 0])  # all notes end at the last bar line
    metres = [*opening.score.metres] if opening else []
    metres.append(intention.plan.metre._replace(onset=offset))
    return Score(rows, metres, [(0, intention.tempo)])
