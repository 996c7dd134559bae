"""What to compose: one meaning for Python, the command line, the page and the recipe inside a MIDI file."""

import re
import reprlib
from dataclasses import dataclass

from mozart import rhythm
from mozart.errors import MozartError
from mozart.openings import TEMPI

MAX_LENGTH = 10_000
MAX_SECONDS = 3600
MAX_BARS = 2000
MAX_TEMPERATURE = 100
MAX_SEED = 2**32 - 1
# A copy is known from eight notes on.
LEAST_MAX_COPY = 7
# The nearest to Mozart of those that benchmarks/settings.py tries.
TEMPERATURE, TOP_P, MEMORY = 0.9, 0.95, 0.9

_LENGTH = re.compile(r"(\d+(?:\.\d+)?) ?(s|bars)?")


@dataclass(frozen=True)
class Request:
    """What to compose.

    Attributes
    ----------
    length : how much after the opening: events, 1 to 10,000 (the lab's n), or words: ``60s`` for seconds, ``32bars``
    offsets : ``0.25``, ``0.5``, ``sampled`` or ``contextual``; None is ``contextual``, with `lab` ``0.25``
    temperature : above 0, up to 100; not used with `lab`
    top_p : in (0, 1]: of the network's ids, only the most probable that together have this probability; not used with `lab`
    seed : 0 to 2³²-1; None draws one
    opening : ``random``, a movement such as ``K. 281, movement 1``, or the path of a MIDI file
    include_opening : whether the opening stands in the result
    lab : the lab's way throughout: argmax over the sliding window, the lab's steps and durations for the opening too
    tempo : quarter notes a minute, 20 to 400; None is the opening's, with `lab` 120
    memory : in [0, 1]: how much of what the piece did before in such a place is mixed into what is left; not used with `lab`
    max_copy : the longest run of new notes, 7 or more, that may stand in the training music, in any key; not used with `lab`

    Raises
    ------
    MozartError
        When a value is not one of these.
    """

    length: int | str = 500
    offsets: str | None = None
    temperature: float = TEMPERATURE
    top_p: float = TOP_P
    seed: int | None = None
    opening: str = "random"
    include_opening: bool = True
    lab: bool = False
    tempo: float | None = None
    memory: float = MEMORY
    max_copy: int | None = None

    def __post_init__(self) -> None:
        parse_length(self.length)
        if self.offsets is not None and self.offsets not in rhythm.STRATEGIES:
            raise MozartError(
                f"There is no offset strategy {reprlib.repr(self.offsets)}: choose one of {', '.join(rhythm.STRATEGIES)}."
            )
        if self.lab and self.offsets == "contextual":
            raise MozartError("The lab's way has no contextual rhythm: choose 0.25, 0.5 or sampled.")
        if not _is_number(self.temperature) or not 0 < self.temperature <= MAX_TEMPERATURE:
            possible = f"choose a number above 0, such as 1, and at most {MAX_TEMPERATURE}"
            raise MozartError(f"A temperature of {_say(self.temperature)} is not possible: {possible}.")
        if not _is_number(self.top_p) or not 0 < self.top_p <= 1:
            raise MozartError(f"A top-p of {_say(self.top_p)} is not possible: choose a number above 0 and up to 1.")
        if self.seed is not None and (not _is_whole(self.seed) or not 0 <= self.seed <= MAX_SEED):
            raise MozartError(f"A seed of {_say(self.seed)} is not possible: choose a whole number from 0 to {MAX_SEED}.")
        if not isinstance(self.opening, str) or not self.opening or "\0" in self.opening:
            raise MozartError(
                f"An opening of {reprlib.repr(self.opening)} is not possible: choose random, a movement, or a MIDI file."
            )
        for name in ("include_opening", "lab"):
            if not isinstance(getattr(self, name), bool):
                raise MozartError(f"{name} cannot be {reprlib.repr(getattr(self, name))}: choose True or False.")
        if self.tempo is not None and (not _is_number(self.tempo) or not TEMPI[0] <= self.tempo <= TEMPI[1]):
            possible = f"choose quarter notes a minute from {TEMPI[0]:.0f} to {TEMPI[1]:.0f}"
            raise MozartError(f"A tempo of {_say(self.tempo)} is not possible: {possible}.")
        if not _is_number(self.memory) or not 0 <= self.memory <= 1:
            raise MozartError(f"A memory of {_say(self.memory)} is not possible: choose a number from 0 to 1.")
        if self.max_copy is not None and (not _is_whole(self.max_copy) or self.max_copy < LEAST_MAX_COPY):
            possible = f"choose a whole number of notes from {LEAST_MAX_COPY} on"
            raise MozartError(f"A longest copy of {_say(self.max_copy)} is not possible: {possible}.")
        if self.lab and self.max_copy is not None:
            raise MozartError("The lab's way cannot turn away from copies: leave the longest copy out, or the lab's way.")
        self._normalize()

    def _normalize(self) -> None:
        """Give equal requests the same values, whoever made them: they give the same bytes."""
        quantity, unit = parse_length(self.length)
        object.__setattr__(self, "length", int(quantity) if unit == "notes" else f"{quantity:.12g}{unit}")
        for kind, names in ((float, ("temperature", "top_p", "memory", "tempo")), (int, ("seed", "max_copy"))):
            for name in names:
                if (value := getattr(self, name)) is not None:
                    object.__setattr__(self, name, kind(value))

    @property
    def has_own_opening(self) -> bool:
        """Whether the opening is a person's own MIDI file."""
        return self.opening.lower().endswith((".mid", ".midi"))

    @property
    def strategy(self) -> str:
        """The offset strategy, also where none was named."""
        return self.offsets or ("0.25" if self.lab else "contextual")


def parse_length(length: object) -> tuple[float, str]:
    """A length's quantity, and its unit: ``notes``, ``s`` or ``bars``. Raises MozartError when it is none."""
    parsed = _LENGTH.fullmatch(length.strip()) if isinstance(length, str) else None
    if parsed:
        quantity, unit = float(parsed[1]), parsed[2] or "notes"
    elif _is_number(length):
        quantity, unit = length, "notes"  # type: ignore[assignment]
    else:
        quantity, unit = 0, "notes"
    most = {"notes": MAX_LENGTH, "s": MAX_SECONDS, "bars": MAX_BARS}[unit]
    if not 1 <= quantity <= most or (unit != "s" and not _is_whole(quantity)):
        raise MozartError(
            f"A length of {_say(length)} is not possible: choose a whole number from 1 to {MAX_LENGTH:,}, seconds up to "
            f"{MAX_SECONDS:,} such as 60s, or bars up to {MAX_BARS:,} such as 32bars."
        )
    return quantity, unit


def _say(value: object) -> str:
    """A value that may be anything, in one short line."""
    short = reprlib.repr(value)
    return short[1:-1] if isinstance(value, str) else short


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    # A page sends 500.0 for 500.
    return _is_number(value) and (isinstance(value, int) or float(value).is_integer())  # type: ignore[arg-type]
