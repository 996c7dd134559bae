"""All features of one piece, by family, and their meanings.

A name is ``family: feature``; :data:`MEANINGS` has one line for each, with its unit. Values are NaN where a piece has
nothing to measure, such as the even phrases of a piece without a pause. Shares lie in [0, 1]. Features depend on a piece's
length, so compare only pieces of one length.
"""

from mozart.measuring.durations import DURATIONS, durations
from mozart.measuring.dynamics import DYNAMICS, dynamics
from mozart.measuring.form import FORM, form
from mozart.measuring.harmony import HARMONY, harmony
from mozart.measuring.melody import MELODY, REGISTER, melody, register
from mozart.measuring.passage import Passage
from mozart.measuring.rhythm import RHYTHM, rhythm
from mozart.measuring.texture import TEXTURE, texture
from mozart.notes import Score

_FAMILIES = {
    "harmony": (harmony, HARMONY),
    "form": (form, FORM),
    "texture": (texture, TEXTURE),
    "rhythm": (rhythm, RHYTHM),
    "durations": (durations, DURATIONS),
    "melody": (melody, MELODY),
    "register": (register, REGISTER),
    "dynamics": (dynamics, DYNAMICS),
}
FAMILIES = tuple(_FAMILIES)
# In the sonatas' files velocities hardly depend on anything, so no number of all families together includes them.
APART = "dynamics"

MEANINGS = {f"{family}: {name}": meaning for family, (_, meanings) in _FAMILIES.items() for name, meaning in meanings.items()}


def features(score: Score) -> dict[str, float]:
    """Measure every feature of :data:`MEANINGS` in one piece.

    Parameters
    ----------
    score
        A piece with at least one note; features of bars need eight bars and more.

    Returns
    -------
    dict
        ``family: feature`` → its value, NaN where there is nothing to measure.

    Raises
    ------
    MozartError
        When there are no notes.
    """
    passage = Passage(score)
    measured = {family: function(passage) for family, (function, _) in _FAMILIES.items()}
    return {name: measured[name.split(": ")[0]][name.split(": ")[1]] for name in MEANINGS}
