"""A score → MusicXML 4.0: one piano part on two staves."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from mozart.errors import MozartError
from mozart.notes import LEFT, RIGHT, TICKS, Score
from mozart.notes.keys import Key
from mozart.rendering.beams import beam
from mozart.rendering.clefs import BASS, TREBLE, choose_clefs
from mozart.rendering.metre import Bar, with_written_bars, written_bars
from mozart.rendering.spelling import Places, bar_places, movement_keys, name_pitches, show_accidentals
from mozart.rendering.symbols import NORMAL_NOTES, Symbol, hide_rests, write_symbols
from mozart.rendering.voices import staff_lines

_CLEF_LINES = {TREBLE: 2, BASS: 4}
_STEMS = {1: [""], 2: ["up", "down"], 3: ["up", "down", ""]}
# The note values of metronome marks: ticks → name and dots.
_BEAT_UNITS = {240: ("eighth", 0), 480: ("quarter", 0), 720: ("quarter", 1), 960: ("half", 0), 1440: ("half", 1)}
_SLOW, _QUICK = 40, 200  # beats a minute
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


def musicxml(score: Score, character: str = "", key: Key | None = None) -> str:
    """Write a score as MusicXML.

    :mod:`mozart.rendering.voices` explains how voices are written on paper.

    Parameters
    ----------
    score
        The score.
    character
        The word above the beginning, such as ``Allegro``, beside the metronome mark.
    key
        The home key, if it is known; else the key of each movement is estimated.

    Raises
    ------
    MozartError
        When there are no notes.
    """
    if not len(score):
        raise MozartError("There are no notes to write: give at least one.")
    score = with_written_bars(score)
    score = score.bars_slice(int(score.bar_at(int(score.onsets[0]))), len(score.bars))  # without silent bars at the beginning
    bars = written_bars(score)
    keys = movement_keys(score) if key is None else [key] * len(bars)
    places = bar_places(score, keys)
    staves = [_write_staff(score, hand, number, bars, keys, places) for number, hand in ((1, RIGHT), (2, LEFT))]
    movements = {int(score.bar_at(start)) for start in score.movements}
    root, part = _head(score.title)
    first = 0 if bars[0].is_pickup else 1
    for index, bar in enumerate(bars):
        measure = _add(part, "measure", number=str(index + first), **({"implicit": "yes"} if bar.is_pickup else {}))
        _write_attributes(measure, index, bars, keys, staves)
        _write_tempo(measure, score, bar, character if index == 0 else "", index in movements, index == 0)
        _write_staves(measure, index, bar, staves)
        if index + 1 == len(bars) or index + 1 in movements:
            _add(_add(measure, "barline", location="right"), "bar-style", "light-heavy")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}\n{ET.tostring(root, encoding="unicode")}\n'


def _write_staff(
    score: Score, hand: int, number: int, bars: Sequence[Bar], keys: Sequence[Key], places: Sequence[Places]
) -> _Staff:
    written = []
    for lines, bar in zip(staff_lines(score, hand, bars), bars, strict=True):
        # A silent pickup shows its rests; any other silent bar one rest, whatever its metre.
        symbols = [write_symbols(line, bar) for line in (lines or ([[]] if bar.is_short else []))]
        hide_rests(symbols)
        for line in symbols:
            beam(line, bar)
        written.append(symbols)
    name_pitches(written, places)
    for symbols, key in zip(written, keys, strict=True):
        show_accidentals(symbols, key)
    return _Staff(number, written, dict(choose_clefs(written, bars, TREBLE if hand == RIGHT else BASS)))


def _head(title: str) -> tuple[ET.Element, ET.Element]:
    """Begin the document and its only part."""
    root = ET.Element("score-partwise", version="4.0")
    _add(_add(root, "work"), "work-title", title)
    score_part = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(score_part, "part-name", "Piano", **{"print-object": "no"})
    return root, _add(root, "part", id="P1")


def _write_attributes(measure: ET.Element, index: int, bars: Sequence[Bar], keys: Sequence[Key], staves: Sequence[_Staff]) -> None:
    """Write what changes in this bar: key, metre, and clefs at its first beat."""
    bar = bars[index]
    attributes = ET.Element("attributes")
    if index == 0:
        _add(attributes, "divisions", TICKS)
    if index == 0 or keys[index] != keys[index - 1]:
        key = _add(attributes, "key")
        _add(key, "fifths", keys[index].fifths)
        _add(key, "mode", keys[index].mode)
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
    """Write the tempo at the beginning of a bar: as a mark if a movement begins, else for players only."""
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
    """Choose the note value of the metronome mark: its name, its dots and its ticks.

    It is the beat, or a part of it if the tempo is slow, or two or three beats if it is quick.
    """
    usual = bar.beat if bar.metre.is_compound and bar.metre.beats > 3 else 4 * TICKS // bar.metre.unit
    ticks = min(_BEAT_UNITS, key=lambda unit: abs(unit - usual))
    beats_per_minute = tempo * TICKS / ticks
    longer = 3 * ticks if bar.metre.bar == 3 * ticks else 2 * ticks
    if beats_per_minute > _QUICK and longer in _BEAT_UNITS:
        ticks = longer
    elif beats_per_minute < _SLOW and ticks % (TICKS // 2 * 3) == 0:
        ticks //= 3
    return *_BEAT_UNITS[ticks], ticks


def _write_staves(measure: ET.Element, index: int, bar: Bar, staves: Sequence[_Staff]) -> None:
    """Write one bar of both staves, line after line."""
    written = False
    for staff in staves:
        lines = staff.bars[index]
        for number, line in enumerate(lines or [[]]):
            if written:
                _add(_add(measure, "backup"), "duration", bar.stop - bar.start)
            written = True
            # Like other programs: voices 1 to 4 on the upper staff, 5 to 8 on the lower; more are rare.
            voice = 4 * staff.number - 3 + number if number < 4 else 2 * number + staff.number
            if not line:
                _write_silence(measure, bar, voice, staff.number)
            stem = _STEMS[len(lines)][number] if len(lines) in _STEMS else ""
            for symbol in line:
                if number == 0 and symbol.start in staff.clefs and symbol.start > bar.start:
                    _write_clef(_add(measure, "attributes"), staff, symbol.start)
                _write_symbol(measure, symbol, voice, staff.number, stem)


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
    stem: str,
) -> None:
    """Write one element for each pitch, in the order of MusicXML's schema."""
    for nth, pitch in enumerate(sorted(symbol.pitches) or [None]):
        note = _add(measure, "note", **({"print-object": "no"} if symbol.hidden else {}))
        if nth:
            _add(note, "chord")
        _write_pitch(note, symbol.names[pitch] if pitch is not None else None)
        _add(note, "duration", symbol.end - symbol.start)
        ties = [name for name, tied in (("stop", symbol.tied_from), ("start", symbol.tied_to)) if pitch in tied]
        for name in ties:
            _add(note, "tie", type=name)
        _add(note, "voice", voice)
        _add(note, "type", symbol.type)
        if symbol.is_dotted:
            _add(note, "dot")
        if pitch in symbol.accidentals:
            _add(note, "accidental", symbol.accidentals[pitch])
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
        if ties or bracket or symbol.is_rolled:
            notations = _add(note, "notations")
            for name in ties:
                _add(notations, "tied", type=name)
            if bracket:
                _add(notations, "tuplet", type=bracket)
            if symbol.is_rolled:
                _add(notations, "arpeggiate")


def _write_pitch(note: ET.Element, name: tuple[str, int, int] | None) -> None:
    if name is None:
        _add(note, "rest")
        return
    step, alteration, octave = name
    pitch = _add(note, "pitch")
    _add(pitch, "step", step)
    if alteration:
        _add(pitch, "alter", alteration)
    _add(pitch, "octave", octave)


def _add(parent: ET.Element, tag: str, text: object = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = str(text)
    return element
