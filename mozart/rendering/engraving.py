"""A piece → MusicXML → sheet music, drawn by verovio.

Conventions
-----------
Times are whole ticks, 48 to a quarter: sixteenths, thirds, sixths and twelfths of a quarter stand exactly on them. A
voice's bar is first cut into spans (a start, an end, pitches or none), then every span into symbols that can be written,
tied together. Symbols are counted in units of half a tick, so that a note of a triplet, which is written half as long
again as it sounds, is a whole number too.

A line-of-fifths position is 0 for C, 1 for G, -1 for F: the key signature of a major key's tonic (Temperley, The
Cognition of Basic Musical Structures, 2001).
"""

import re
import threading
import xml.etree.ElementTree as ET
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby, pairwise
from typing import Any

from mozart.errors import MozartError
from mozart.hands import LEFT, RIGHT
from mozart.score import bar_length
from mozart.tonality import estimate_key
from mozart.vocabulary import pitches

TICKS = 48

_EIGHTH, _SIXTEENTH, _TRIPLET_EIGHTH = TICKS // 2, TICKS // 4, TICKS // 3
_SHORTEST = 3  # ticks: a 64th, the shortest note outside triplets
# Units are half ticks: written length → type. A dot adds half.
_TYPES = {768: "breve", 384: "whole", 192: "half", 96: "quarter", 48: "eighth", 24: "16th", 12: "32nd", 6: "64th", 3: "128th"}
_WRITABLE = {*_TYPES, *(3 * units // 2 for units in _TYPES if units % 2 == 0)}
_PLAIN, _TRIPLET = 2, 3  # units to a tick
_BEAMS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5}

# A page, in verovio's units. On a telephone 1,000 of them are as wide as the screen.
_WIDE = {"pageWidth": 2100, "pageHeight": 2970}
_NARROW = {"pageWidth": 1000, "pageHeight": 1800}

_STEPS = "FCGDAEB"
_ALTERATIONS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}

# verovio's log is the process's, and one toolkit serves one caller at a time.
_turn = threading.Lock()

Chord = frozenset[int]


@dataclass
class _Span:
    """A chord, or a rest where there are no pitches, from one tick to another."""

    start: int
    end: int
    pitches: Chord


@dataclass(frozen=True)
class _Meter:
    """The lengths that divide a bar, in ticks.

    Attributes
    ----------
    bar : the bar
    beat : a quarter; three eighths or three quarters in compound time
    cell : what three notes of a triplet fill: a quarter, or an eighth where the time signature counts eighths
    compound : whether a beat has three parts
    """

    bar: int
    beat: int
    cell: int
    compound: bool

    @classmethod
    def of(cls, time_signature: str) -> "_Meter":
        beats, unit = (int(part) for part in time_signature.split("/"))
        bar = round(bar_length(time_signature) * TICKS)
        compound = beats % 3 == 0 and (unit >= 8 or beats > 3)
        return cls(bar, 3 * bar // beats if compound else TICKS, TICKS if unit <= 4 else TICKS // 2, compound)

    @property
    def lines(self) -> list[int]:
        """The distances between the lines where a long note is cut, the strongest first."""
        strong = [self.beat, self.beat // 3] if self.compound else [2 * TICKS, TICKS] if self.bar % (2 * TICKS) == 0 else [TICKS]
        weak = (strong[-1] >> power for power in range(1, 5))
        return [*strong, *(line for line in weak if line % _SHORTEST == 0)]

    @property
    def stretch(self) -> int:
        """What one beam may join when it joins nothing but eighths."""
        if not self.compound and self.bar == 3 * TICKS:
            return self.bar
        return self.lines[0]

    def reads_well(self, start: int, end: int) -> bool:
        """Whether a note of a bar may be written as one, as far as the beats are concerned."""
        if start // self.beat == (end - 1) // self.beat:
            return True
        on_beats = start % self.beat == 0, end % self.beat == 0
        if self.compound:
            return all(on_beats)
        if start // self.lines[0] != (end - 1) // self.lines[0] and self.lines[0] > self.beat:
            return on_beats[0]
        # Or a syncopation: a quarter from one half of a beat to the next.
        return any(on_beats) or (start % (self.beat // 2) == 0 and end - start == self.beat)


@dataclass
class _Symbol:
    """One note, chord or rest as it is written; `units` is its written length, `bracket` where its triplet starts or stops."""

    start: int
    end: int
    units: int
    pitches: Chord
    triplet: bool
    tied_from: bool
    tied_to: bool
    hidden: bool = False
    bracket: str = ""
    beams: list[str] = field(default_factory=list)

    @property
    def type(self) -> str:
        return _TYPES.get(self.units) or _TYPES[2 * self.units // 3]


def write_musicxml(
    tokens: Sequence[str],
    offsets: Sequence[float],
    durations: Sequence[float],
    hands: Sequence[int],
    *,
    time_signature: str,
    bar_offset: float,
    tempo: float,
    title: str,
) -> str:
    """A piece as MusicXML 4.0: one piano part on two staves, at most two voices on each.

    A note is written up to the next onset of its voice when it sounds nearly that long, or a little longer. Where three
    notes of one hand overlap, one is written shorter than it sounds; none is left out.

    Parameters
    ----------
    tokens, offsets, durations, hands
        One each for an event, offsets and durations in quarter lengths, hands as :meth:`mozart.hands.Hands.assign`
        gives them.
    time_signature
        Such as ``3/4``.
    bar_offset
        How far into its bar the first event starts, in quarter lengths. When no more than half of that bar is left, it
        is written as a pickup, else it begins with rests.
    tempo
        Quarter notes a minute.

    Raises
    ------
    MozartError
        When there are no events.
    """
    key = estimate_key(tokens, durations)
    if round(bar_length(time_signature) * TICKS) % _SHORTEST:
        time_signature = "4/4"  # a bar that holds no whole number of the shortest notes: 1/128
    fifths, mode = key.fifths, key.mode
    meter = _Meter.of(time_signature)
    into_bar = round(bar_offset * TICKS) % meter.bar
    onsets = [round((offset - min(offsets)) * TICKS) + into_bar for offset in offsets]
    lengths = [max(1, round(duration * TICKS)) for duration in durations]
    staves = []
    for hand in (RIGHT, LEFT):
        own = [i for i, played_by in enumerate(hands) if played_by == hand]
        staves.append(_voices([_Span(onsets[i], onsets[i] + lengths[i], frozenset(pitches(tokens[i]))) for i in own]))
    n_bars = -(-max(span.end for staff in staves for voice in staff for span in voice) // meter.bar)

    root, part = _head(title)
    spelling = _spelling(fifths, mode)
    pickup = _pickup(into_bar, meter)
    for number in range(n_bars):
        begin, end = number * meter.bar, (number + 1) * meter.bar
        if number == 0 and pickup:
            begin = end - pickup
            bar = _add(part, "measure", number="0", implicit="yes")
        else:
            bar = _add(part, "measure", number=str(number + (not pickup)))
        if number == 0:
            _write_attributes(bar, fifths, mode, time_signature)
            _write_tempo(bar, tempo)
        written = [[_symbols(voice, begin, end, meter) for voice in voices] for voices in staves]
        for voices in written:
            _hide_rests(voices)
        _write_bar(bar, written, end - begin, spelling, fifths)
    _add(_add(bar, "barline", location="right"), "bar-style", "light-heavy")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}\n{ET.tostring(root, encoding="unicode")}\n'


_DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
)


def engrave(musicxml: str, narrow: bool = False) -> list[str]:
    """The pages of sheet music, each an SVG in the colour of the text around it.

    Parameters
    ----------
    narrow
        Whether the notes shall be large enough to be read on a telephone: a bar or two a line.

    Raises
    ------
    MozartError
        When verovio is not installed, or cannot read the MusicXML.
    """
    with _turn:
        toolkit = _toolkit()
        toolkit.resetXmlIdSeed(1)
        toolkit.setOptions(_NARROW if narrow else _WIDE)
        # A long bar is compressed to fit a telephone, and verovio would say so.
        _verovio().enableLog(_verovio().LOG_ERROR if narrow else _verovio().LOG_WARNING)
        if not toolkit.loadData(musicxml):
            raise MozartError("The sheet music cannot be drawn: verovio does not understand this MusicXML.")
        pages = [toolkit.renderToSVG(number) for number in range(1, toolkit.getPageCount() + 1)]
    return [_plain(page) for page in pages]


def _plain(page: str) -> str:
    """A page without the names that verovio draws at random for its elements, in the colour of the text around it."""
    # verovio gives lines a colour of their own, black, and leaves areas to the default, black too.
    page = page.replace('color="black"', 'color="currentColor" fill="currentColor"')
    page = re.sub(r'<(g|tspan) id="[^"]*" class=', r"<\1 class=", page)
    return re.sub(r'MilestoneEnd [^"]*"', 'MilestoneEnd"', page)


def _verovio() -> Any:
    try:
        import verovio
    except ImportError as error:
        raise MozartError("Sheet music needs verovio, which is not installed: pip install verovio.") from error
    return verovio


@cache
def _toolkit() -> Any:
    toolkit = _verovio().toolkit()
    toolkit.setOptions(
        {
            "scale": 40,
            "adjustPageHeight": True,
            "breaks": "auto",
            "footer": "none",
            "header": "none",
            "svgViewBox": True,
            "smuflTextFont": "embedded",
        }
    )
    return toolkit


def _spelling(fifths: int, mode: str) -> dict[int, int]:
    """Pitch class → line-of-fifths position: the twelve positions nearest to the key."""
    # From the lowered third to the raised fourth or fifth: in C major E- to G#, in A minor B- to D#.
    lowest = fifths - 3 + (mode == "minor")
    return {position * 7 % 12: position for position in range(lowest, lowest + 12)}


# ---- events → voices


def _voices(spans: list[_Span]) -> list[list[_Span]]:
    """The events of one hand in two voices, neither of which overlaps itself; the upper is the first."""
    groups = _chords(sorted(spans, key=lambda span: span.start))
    voices: list[list[_Span]] = [[], []]
    for group, following in pairwise([*groups, []]):
        chosen = [0, 1] if len(group) == 2 else [_voice_for(group[0], voices, following)]
        for span, number in zip(group, chosen, strict=True):
            voices[number].append(span)  # ends what this voice still holds
    for voice in voices:
        _settle_ends(voice, [group[0].start for group in groups])
    return voices


def _chords(spans: list[_Span]) -> list[list[_Span]]:
    """For each onset one or two chords, the higher first, ended at the next onset where they sound about that long."""
    by_onset: dict[int, list[_Span]] = {}
    for span in spans:
        by_onset.setdefault(span.start, []).append(span)
    onsets = [*by_onset, None]
    groups = []
    for onset, following in pairwise(onsets):
        assert onset is not None
        by_end: dict[int, set[int]] = {}
        for span in by_onset[onset]:
            by_end.setdefault(_written_end(onset, span.end, following), set()).update(span.pitches)
        while len(by_end) > 2:
            # Three lengths at once: the two nearest become the shorter of them.
            shorter, longer = min(pairwise(sorted(by_end)), key=lambda ends: ends[1] - ends[0])
            by_end[shorter] |= by_end.pop(longer)
        if len(by_end) == 2:
            _without_doubles(by_end)
        chords = [_Span(onset, end, frozenset(numbers)) for end, numbers in by_end.items()]
        groups.append(sorted(chords, key=lambda chord: -_height(chord)))
    return groups


def _without_doubles(by_end: dict[int, set[int]]) -> None:
    """One key cannot be struck twice at once: a pitch that stands in both chords stays in the longer alone."""
    shorter, longer = sorted(by_end)
    by_end[shorter] -= by_end[longer]
    if not by_end[shorter]:
        del by_end[shorter]


def _written_end(start: int, end: int, following: int | None) -> int:
    """Where a note ends on paper: at the next onset, when it ends within a sixteenth of it and half of it remains."""
    if following is None:
        return end
    early = following - end
    if 0 < early <= _SIXTEENTH and 2 * (end - start) >= following - start:
        return following
    if -_SIXTEENTH <= early < 0 and 2 * (following - start) >= end - start:
        return following
    return end


def _voice_for(span: _Span, voices: list[list[_Span]], following: list[_Span]) -> int:
    """The voice of a chord that starts alone."""
    free = [not voice or voice[-1].end <= span.start for voice in voices]
    if all(free):
        # What is held below its successors belongs to the lower voice.
        held = bool(following) and following[0].start < span.end
        return int(held and _height(following[0]) > _height(span))
    if any(free):
        return free.index(True)
    return min((0, 1), key=lambda voice: voices[voice][-1].end)


def _height(span: _Span) -> float:
    return sum(span.pitches) / len(span.pitches)


def _settle_ends(voice: list[_Span], onsets: list[int]) -> None:
    """End every chord before its voice's next, at the hand's next onset when that is near, or else on a grid that can be read."""
    for span, after in zip(voice, [*voice[1:], None], strict=False):
        at = bisect_left(onsets, span.end)
        following = min([*onsets[at : at + 1], *([after.start] if after else [])], default=None)
        end = _written_end(span.start, span.end, following)
        among_triplets = following is not None and following % _SIXTEENTH and following - span.start < TICKS
        grid = _TRIPLET_EIGHTH if span.start % _SIXTEENTH or among_triplets else _SIXTEENTH
        end = -(-end // grid) * grid
        if span.start % _EIGHTH == 0 and end % _EIGHTH == _SIXTEENTH:
            # Notes are played shorter than they are written: an eighth lasts a sixteenth, a quarter three.
            end += _SIXTEENTH
        span.end = end if following is None else min(end, following)


# ---- voices → symbols


def _pickup(into_bar: int, meter: _Meter) -> int:
    """The length of the pickup that the piece starts with; 0 when it starts with a whole bar."""
    if 2 * (meter.bar - into_bar) > meter.bar:
        return 0
    return meter.bar - into_bar + into_bar % (meter.cell if into_bar % _SIXTEENTH else _SIXTEENTH)


def _symbols(voice: list[_Span], begin: int, end: int, meter: _Meter) -> list[_Symbol]:
    """One voice's bar, filled exactly; nothing when the voice is silent throughout a whole bar."""
    spans, at = [], begin
    for span in voice:
        if span.start < end and span.end > begin:
            if span.start > at:
                spans.append(_Span(at, span.start, frozenset()))
            spans.append(span)
            at = span.end
    if not spans and end - begin == meter.bar:
        return []
    if at < end:
        spans.append(_Span(at, end, frozenset()))
    bar = end - meter.bar
    triplets = _triplet_cells({time - bar for span in spans for time in (span.start, span.end)}, meter)
    symbols = []
    for span in spans:
        for start, stop, scale in _parts(max(span.start, begin) - bar, min(span.end, end) - bar, triplets, meter):
            symbol = _Symbol(
                start=bar + start,
                end=bar + stop,
                units=scale * (stop - start),
                pitches=span.pitches,
                triplet=scale == _TRIPLET,
                tied_from=bool(span.pitches) and bar + start > span.start,
                tied_to=bool(span.pitches) and bar + stop < span.end,
            )
            symbols.append(symbol)
    for cell in triplets:
        inside = [symbol for symbol in symbols if cell <= symbol.start - bar < cell + meter.cell]
        inside[0].bracket, inside[-1].bracket = "start", "stop"
    _beam(symbols, bar, meter)
    return symbols


def _hide_rests(voices: list[list[_Symbol]]) -> None:
    """Of two voices on a staff the upper shows its rests, but where the lower sounds throughout; the lower hides its own."""
    upper, lower = voices
    if upper and lower:
        silent = [(symbol.start, symbol.end) for symbol in lower if not symbol.pitches]
        for symbol in upper:
            symbol.hidden = not symbol.pitches and not any(start < symbol.end and end > symbol.start for start, end in silent)
        for symbol in lower:
            symbol.hidden = not symbol.pitches


def _triplet_cells(times: set[int], meter: _Meter) -> set[int]:
    """The starts of the cells that only a triplet can divide."""
    return {time // meter.cell * meter.cell for time in times if 0 < time < meter.bar and time % _SHORTEST}


def _parts(start: int, end: int, triplets: set[int], meter: _Meter) -> list[tuple[int, int, int]]:
    """A span of a bar cut into what can be written: start, end, and units to a tick."""
    parts: list[tuple[int, int, int]] = []
    while start < end:
        cell = start // meter.cell * meter.cell
        if cell in triplets:
            stop = min(end, cell + meter.cell)
            lines = [line for line in (meter.cell >> power for power in range(5)) if line % _SHORTEST == 0]
            inside = _cut(_TRIPLET * (start - cell), _TRIPLET * (stop - cell), lines, lambda _a, _b: True)
            parts += [(cell + a // _TRIPLET, cell + b // _TRIPLET, _TRIPLET) for a, b in inside]
        else:
            stop = min([end, *(line for line in triplets if line > start)])
            lines = [_PLAIN * line for line in meter.lines]
            inside = _cut(_PLAIN * start, _PLAIN * stop, lines, lambda a, b: meter.reads_well(a // _PLAIN, b // _PLAIN))
            parts += [(a // _PLAIN, b // _PLAIN, _PLAIN) for a, b in inside]
        start = stop
    return parts


def _cut(start: int, end: int, lines: Sequence[int], reads_well: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """A span cut at the strongest lines inside it, until every part is one written length that reads well; in units."""
    if end - start in _WRITABLE and reads_well(start, end):
        return [(start, end)]
    for line in lines:
        # From a line, as far as the last; from anywhere else, to the first.
        at = (end - 1) // line * line if start % line == 0 else -(-start // line) * line
        if start < at < end:
            return _cut(start, at, lines, reads_well) + _cut(at, end, lines, reads_well)
    raise AssertionError(f"no line between {start} and {end}")


def _beam(symbols: list[_Symbol], bar_start: int, meter: _Meter) -> None:
    """Join eighths and shorter notes of a beat, or of a longer stretch that holds eighths alone."""
    stretches: dict[int, list[_Symbol]] = {}
    for symbol in symbols:
        stretches.setdefault((symbol.start - bar_start) // meter.stretch, []).append(symbol)
    even = {number for number, those in stretches.items() if all(s.type == "eighth" and not s.triplet for s in those)}

    def place(symbol: _Symbol) -> tuple[int, int, bool]:
        start = symbol.start - bar_start
        if start // meter.stretch in even:
            return start // meter.stretch, 0, False
        return start // meter.stretch, start // (meter.cell if symbol.triplet else meter.beat), symbol.triplet

    for (*_, beamable), group in groupby(symbols, lambda s: (*place(s), bool(s.pitches) and s.type in _BEAMS)):
        together = list(group)
        if beamable and len(together) > 1:
            _join(together)


def _join(symbols: list[_Symbol]) -> None:
    """Beam these, level by level: begin, continue, end, or a hook where no neighbour has that level."""
    counts = [0, *(_BEAMS[symbol.type] for symbol in symbols), 0]
    for symbol, (before, own, after) in zip(symbols, zip(counts, counts[1:], counts[2:], strict=False), strict=True):
        for level in range(1, own + 1):
            if before >= level and after >= level:
                symbol.beams.append("continue")
            elif after >= level:
                symbol.beams.append("begin")
            elif before >= level:
                symbol.beams.append("end")
            else:
                symbol.beams.append("backward hook" if before else "forward hook")


# ---- symbols → MusicXML


def _head(title: str) -> tuple[ET.Element, ET.Element]:
    """The document, and its one part."""
    root = ET.Element("score-partwise", version="4.0")
    _add(_add(root, "work"), "work-title", title)
    score_part = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(score_part, "part-name", "Piano", **{"print-object": "no"})
    return root, _add(root, "part", id="P1")


def _write_attributes(bar: ET.Element, fifths: int, mode: str, time_signature: str) -> None:
    attributes = _add(bar, "attributes")
    _add(attributes, "divisions", TICKS)
    key = _add(attributes, "key")
    _add(key, "fifths", fifths)
    _add(key, "mode", mode)
    time = _add(attributes, "time")
    for name, count in zip(("beats", "beat-type"), time_signature.split("/"), strict=True):
        _add(time, name, count)
    _add(attributes, "staves", 2)
    for number, (sign, line) in enumerate((("G", 2), ("F", 4)), start=1):
        clef = _add(attributes, "clef", number=str(number))
        _add(clef, "sign", sign)
        _add(clef, "line", line)


def _write_tempo(bar: ET.Element, tempo: float) -> None:
    direction = _add(bar, "direction", placement="above")
    metronome = _add(_add(direction, "direction-type"), "metronome")
    _add(metronome, "beat-unit", "quarter")
    _add(metronome, "per-minute", f"{tempo:g}")
    _add(direction, "staff", 1)
    _add(direction, "sound", tempo=f"{tempo:g}")


def _write_bar(bar: ET.Element, staves: list[list[list[_Symbol]]], ticks: int, spelling: Mapping[int, int], fifths: int) -> None:
    """One bar of both staves, a voice after the other."""
    written = False
    for staff, voices in enumerate(staves, start=1):
        accidentals = _accidentals([symbol for voice in voices for symbol in voice], spelling, fifths)
        sounding = [number for number, voice in enumerate(voices) if any(symbol.pitches for symbol in voice)]
        for number in sounding or [0]:
            if written:
                _add(_add(bar, "backup"), "duration", ticks)
            written = True
            # Voices 1 and 2 stand on the upper staff, 5 and 6 on the lower, as other programs count them.
            voice_number = 4 * staff - 3 + number
            if not voices[number]:
                _write_silence(bar, ticks, voice_number, staff)
            for symbol in voices[number]:
                _write_symbol(
                    bar,
                    symbol,
                    voice_number,
                    staff,
                    spelling,
                    accidentals,
                    stem=("up", "down")[number] if len(sounding) == 2 else "",
                )


def _write_silence(bar: ET.Element, ticks: int, voice: int, staff: int) -> None:
    note = _add(bar, "note")
    _add(note, "rest", measure="yes")
    _add(note, "duration", ticks)
    _add(note, "voice", voice)
    _add(note, "staff", staff)


def _write_symbol(
    bar: ET.Element,
    symbol: _Symbol,
    voice: int,
    staff: int,
    spelling: Mapping[int, int],
    accidentals: Mapping[tuple[int, int], str],
    stem: str,
) -> None:
    """One element a pitch, in the order of MusicXML's schema."""
    for nth, number in enumerate(sorted(symbol.pitches) or [None]):
        note = _add(bar, "note", **({"print-object": "no"} if symbol.hidden else {}))
        if nth:
            _add(note, "chord")
        if number is None:
            _add(note, "rest")
        else:
            step, alteration, octave = _spell(number, spelling)
            pitch = _add(note, "pitch")
            _add(pitch, "step", step)
            if alteration:
                _add(pitch, "alter", alteration)
            _add(pitch, "octave", octave)
        _add(note, "duration", symbol.end - symbol.start)
        ties = [name for name, tied in (("stop", symbol.tied_from), ("start", symbol.tied_to)) if tied]
        for name in ties:
            _add(note, "tie", type=name)
        _add(note, "voice", voice)
        _add(note, "type", symbol.type)
        if symbol.units not in _TYPES:
            _add(note, "dot")
        if number is not None and (id(symbol), number) in accidentals:
            _add(note, "accidental", accidentals[id(symbol), number])
        if symbol.triplet:
            modification = _add(note, "time-modification")
            _add(modification, "actual-notes", 3)
            _add(modification, "normal-notes", 2)
        if stem and number is not None and symbol.type not in ("whole", "breve"):
            _add(note, "stem", stem)
        _add(note, "staff", staff)
        if not nth:
            for level, beam in enumerate(symbol.beams, start=1):
                _add(note, "beam", beam, number=str(level))
        if ties or (symbol.bracket and not nth):
            notations = _add(note, "notations")
            for name in ties:
                _add(notations, "tied", type=name)
            if symbol.bracket and not nth:
                _add(notations, "tuplet", type=symbol.bracket)


def _spell(number: int, spelling: Mapping[int, int]) -> tuple[str, int, int]:
    """A MIDI number's step, alteration in semitones, and octave."""
    position = spelling[number % 12] + 1
    # C flat belongs to the octave above the B that it sounds as.
    return _STEPS[position % 7], position // 7, (number - position // 7) // 12 - 1


def _accidentals(symbols: list[_Symbol], spelling: Mapping[int, int], fifths: int) -> dict[tuple[int, int], str]:
    """The accidentals that one staff of a bar needs, by symbol and MIDI number."""
    valid: dict[tuple[str, int], int] = {}
    shown = {}
    for symbol in sorted(symbols, key=lambda symbol: symbol.start):
        for number in () if symbol.tied_from else sorted(symbol.pitches):
            step, alteration, octave = _spell(number, spelling)
            # The signature alters the steps that lie this far along the line of fifths.
            signature = (fifths - _STEPS.index(step) + 6) // 7
            if valid.get((step, octave), signature) != alteration:
                shown[id(symbol), number] = _ALTERATIONS[alteration]
            valid[step, octave] = alteration
    return shown


def _add(parent: ET.Element, tag: str, text: object = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = str(text)
    return element
