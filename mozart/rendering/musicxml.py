"""A score → MusicXML 4.0: one piano part on two staves, as people read it."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mozart.errors import MozartError
from mozart.notes import LEFT, RIGHT, TICKS, Score
from mozart.notes.keys import Key, estimate_key
from mozart.notes.spelling import STEPS, line_of_fifths, spell
from mozart.rendering.beams import beam
from mozart.rendering.clefs import BASS, TREBLE, choose_clefs
from mozart.rendering.metre import Bar, written_bars
from mozart.rendering.symbols import NORMAL_NOTES, Symbol, hide_rests, write_symbols
from mozart.rendering.voices import staff_lines

_ALTERATIONS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_CLEF_LINES = {TREBLE: 2, BASS: 4}
_STEMS = {1: [""], 2: ["up", "down"], 3: ["up", "down", ""]}
_SLOW = 40  # beats of three parts a minute: slower ones are marked by their parts
_DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
)

Lines = list[list[Symbol]]


@dataclass
class _Staff:
    """A staff's symbols, line by line for every bar, and its clefs, each with the tick from which it holds."""

    number: int
    bars: list[Lines]
    clefs: dict[int, str]


@dataclass
class _Spelling:
    """A key, and where it puts pitch classes on the line of fifths."""

    key: Key
    places: tuple[int, ...]


def musicxml(score: Score, character: str = "") -> str:
    """A score as MusicXML.

    Keys are estimated, movement by movement; what voices mean on paper is said in :mod:`mozart.rendering.voices`.

    Parameters
    ----------
    character
        The word above the beginning, such as ``Allegro``; it stands beside the metronome mark.

    Raises
    ------
    MozartError
        When there are no notes.
    """
    if not len(score):
        raise MozartError("There are no notes to write: give at least one.")
    bars = written_bars(score)
    movements = {int(score.bar_at(start)): number for number, start in enumerate(score.movements)}
    spellings = _spellings(score, movements, len(bars))
    staves = [_write_staff(score, hand, number, bars, [s.places for s in spellings]) for number, hand in ((1, RIGHT), (2, LEFT))]
    root, part = _head(score.title)
    first = 0 if bars[0].is_pickup else 1
    for index, bar in enumerate(bars):
        measure = _add(part, "measure", number=str(index + first), **({"implicit": "yes"} if bar.is_pickup else {}))
        _write_attributes(measure, index, bars, spellings, staves)
        _write_tempo(measure, score, bar, character if index == 0 else "", index in movements, index == 0)
        _write_staves(measure, index, bar, staves, spellings[index])
        if index + 1 == len(bars) or index + 1 in movements:
            _add(_add(measure, "barline", location="right"), "bar-style", "light-heavy")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}\n{ET.tostring(root, encoding="unicode")}\n'


def _spellings(score: Score, movements: Mapping[int, int], n_bars: int) -> list[_Spelling]:
    """The key of every bar: its movement's."""
    found: list[_Spelling] = []
    for index in range(n_bars):
        if index in movements:
            part = score.movement(movements[index])
            key = estimate_key(part if len(part) else score)
            spelling = _Spelling(key, line_of_fifths(key))
        found.append(spelling)
    return found


def _write_staff(score: Score, hand: int, number: int, bars: Sequence[Bar], places: Sequence[tuple[int, ...]]) -> _Staff:
    written = []
    for lines, bar in zip(staff_lines(score, hand, bars), bars, strict=True):
        # A silent pickup shows its rests; a silent bar one rest, whatever its metre.
        symbols = [write_symbols(line, bar) for line in (lines or ([[]] if bar.is_short else []))]
        hide_rests(symbols)
        for line in symbols:
            beam(line, bar)
        written.append(symbols)
    home = TREBLE if hand == RIGHT else BASS
    return _Staff(number, written, dict(choose_clefs(written, bars, places, home)))


def _head(title: str) -> tuple[ET.Element, ET.Element]:
    """The document, and its one part."""
    root = ET.Element("score-partwise", version="4.0")
    _add(_add(root, "work"), "work-title", title)
    score_part = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(score_part, "part-name", "Piano", **{"print-object": "no"})
    return root, _add(root, "part", id="P1")


def _write_attributes(
    measure: ET.Element, index: int, bars: Sequence[Bar], spellings: Sequence[_Spelling], staves: Sequence[_Staff]
) -> None:
    """What is new in this bar: key, metre, and clefs from its first beat on."""
    bar, spelling = bars[index], spellings[index]
    attributes = ET.Element("attributes")
    if index == 0:
        _add(attributes, "divisions", TICKS)
    if index == 0 or spelling.key != spellings[index - 1].key:
        key = _add(attributes, "key")
        _add(key, "fifths", spelling.key.fifths)
        _add(key, "mode", spelling.key.mode)
    if index == 0 or str(bar.metre) != str(bars[index - 1].metre):
        time = _add(attributes, "time")
        _add(time, "beats", bar.metre.beats)
        _add(time, "beat-type", bar.metre.unit)
    if index == 0:
        _add(attributes, "staves", len(staves))
    for staff in staves:
        if bar.start in staff.clefs:
            _write_clef(attributes, staff, bar.start)
    if len(attributes):
        measure.append(attributes)


def _write_clef(attributes: ET.Element, staff: _Staff, tick: int) -> None:
    clef = _add(attributes, "clef", number=str(staff.number))
    _add(clef, "sign", staff.clefs[tick])
    _add(clef, "line", _CLEF_LINES[staff.clefs[tick]])


def _write_tempo(measure: ET.Element, score: Score, bar: Bar, character: str, shown: bool, first: bool) -> None:
    """The tempo at the beginning of a bar: as a mark where a movement begins, elsewhere for players only."""
    before, tempo = (
        [tempo for onset, tempo in score.tempi if onset <= tick or not onset][-1] for tick in (bar.start - 1, bar.start)
    )
    if not shown and not first:
        if tempo != before:
            _add(measure, "sound", tempo=f"{tempo:.4g}")
        return
    direction = _add(measure, "direction", placement="above")
    if character:
        _add(_add(direction, "direction-type"), "words", f"{character}\N{NO-BREAK SPACE}", **{"font-weight": "bold"})
    metronome = _add(_add(direction, "direction-type"), "metronome")
    name, dots, ticks = _beat_unit(bar, tempo)
    _add(metronome, "beat-unit", name)
    for _ in range(dots):
        _add(metronome, "beat-unit-dot")
    _add(metronome, "per-minute", round(tempo * TICKS / ticks))
    _add(direction, "staff", 1)
    _add(direction, "sound", tempo=f"{tempo:.4g}")


def _beat_unit(bar: Bar, tempo: float) -> tuple[str, int, int]:
    """What the metronome mark counts: its name, its dots and its ticks."""
    if bar.compound and bar.metre.beats > 3 and tempo * TICKS / bar.beat >= _SLOW:
        return ("half", 1, bar.beat) if bar.beat > 2 * TICKS else ("quarter", 1, bar.beat)
    if bar.metre.unit >= 8:
        return "eighth", 0, TICKS // 2
    return ("half", 0, 2 * TICKS) if bar.metre.unit == 2 else ("quarter", 0, TICKS)


def _write_staves(measure: ET.Element, index: int, bar: Bar, staves: Sequence[_Staff], spelling: _Spelling) -> None:
    """One bar of both staves, a line after the other."""
    written = False
    for staff in staves:
        lines = staff.bars[index]
        accidentals = _accidentals([symbol for line in lines for symbol in line], spelling)
        for number, line in enumerate(lines or [[]]):
            if written:
                _add(_add(measure, "backup"), "duration", bar.stop - bar.start)
            written = True
            # Voices 1 to 3 stand on the upper staff, 5 to 7 on the lower, as other programs count them.
            voice = 4 * staff.number - 3 + number
            if not line:
                _write_silence(measure, bar, voice, staff.number)
            stem = _STEMS[len(lines)][number] if len(lines) in _STEMS else ""
            for symbol in line:
                if number == 0 and symbol.start in staff.clefs and symbol.start > bar.start:
                    _write_clef(_add(measure, "attributes"), staff, symbol.start)
                _write_symbol(measure, symbol, voice, staff.number, spelling, accidentals, stem)


def _write_silence(measure: ET.Element, bar: Bar, voice: int, staff: int) -> None:
    note = _add(measure, "note")
    _add(note, "rest", measure="yes")
    _add(note, "duration", bar.stop - bar.start)
    _add(note, "voice", voice)
    _add(note, "staff", staff)


def _write_symbol(
    measure: ET.Element,
    symbol: Symbol,
    voice: int,
    staff: int,
    spelling: _Spelling,
    accidentals: Mapping[tuple[int, int], str],
    stem: str,
) -> None:
    """One element a pitch, in the order of MusicXML's schema."""
    for nth, pitch in enumerate(sorted(symbol.pitches) or [None]):
        note = _add(measure, "note", **({"print-object": "no"} if symbol.hidden else {}))
        if nth:
            _add(note, "chord")
        _write_pitch(note, pitch, spelling)
        _add(note, "duration", symbol.end - symbol.start)
        ties = [name for name, tied in (("stop", symbol.tied_from), ("start", symbol.tied_to)) if pitch in tied]
        for name in ties:
            _add(note, "tie", type=name)
        _add(note, "voice", voice)
        _add(note, "type", symbol.type)
        if symbol.is_dotted:
            _add(note, "dot")
        if pitch is not None and (id(symbol), pitch) in accidentals:
            _add(note, "accidental", accidentals[id(symbol), pitch])
        if symbol.cell:
            modification = _add(note, "time-modification")
            _add(modification, "actual-notes", symbol.cell.parts)
            _add(modification, "normal-notes", NORMAL_NOTES[symbol.cell.parts])
        if stem and pitch is not None and symbol.type not in ("whole", "breve"):
            _add(note, "stem", stem)
        _add(note, "staff", staff)
        if not nth:
            for level, name in enumerate(symbol.beams, start=1):
                _add(note, "beam", name, number=str(level))
        bracket = "" if nth else symbol.bracket
        if ties or bracket:
            notations = _add(note, "notations")
            for name in ties:
                _add(notations, "tied", type=name)
            if bracket:
                _add(notations, "tuplet", type=bracket)


def _write_pitch(note: ET.Element, pitch: int | None, spelling: _Spelling) -> None:
    if pitch is None:
        _add(note, "rest")
        return
    step, alteration, octave = spell(pitch, spelling.places)
    element = _add(note, "pitch")
    _add(element, "step", step)
    if alteration:
        _add(element, "alter", alteration)
    _add(element, "octave", octave)


def _accidentals(symbols: Sequence[Symbol], spelling: _Spelling) -> dict[tuple[int, int], str]:
    """The accidentals that one staff of a bar needs, by symbol and pitch."""
    valid: dict[tuple[str, int], int] = {}
    shown = {}
    for symbol in sorted(symbols, key=lambda symbol: symbol.start):
        for pitch in sorted(symbol.pitches - symbol.tied_from):
            step, alteration, octave = spell(pitch, spelling.places)
            # The signature alters the steps that lie this far along the line of fifths.
            signature = (spelling.key.fifths - STEPS.index(step) + 6) // 7
            if valid.get((step, octave), signature) != alteration:
                shown[id(symbol), pitch] = _ALTERATIONS[alteration]
            valid[step, octave] = alteration
    return shown


def _add(parent: ET.Element, tag: str, text: object = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = str(text)
    return element
