"""MIDI file → events, with music21: the only reader of notes. (Lab, Problem 1.)

Conventions
-----------
Offsets and durations are in quarter lengths, offsets from the start of the file. Events stand in music21's order, which
is that of their offsets within one instrument. A note held over a bar line appears again as its tied continuation: that
is how music21 parses MIDI, and how the lab counts.

Parsing takes 4 to 18 seconds a sonata, so every parsed file is remembered in the cache folder. The key holds the file's
content, music21's version and this reader's version: whatever changes, the file is parsed again.
"""

import hashlib
import importlib.metadata
import json
import os
import re
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from mozart import atomic
from mozart.corpus.archive import cache_folder
from mozart.corpus.catalogue import title
from mozart.errors import MozartError

# Change this when the reader gives other events for the same file.
_READER_VERSION = 2

# Of a person's own file for an opening: more than any sonata has, and little enough to be looked at in a second.
MOST_BYTES = 250_000
BEGINNING = 1_000  # notes: 100 chords of ten
_LONGEST_BEGINNING = 2_000  # quarter notes
_MOST_SIGNATURES, _MOST_TRACKS = 100, 16
_DRUMS = 9

# Tells backup programs to leave the folder out.
_CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n"

_TEMPO_WORDS = re.compile(r"(adagio|allegr|andant|larghetto|largo|menuett?o|molto|presto|rondo|tempo)", re.IGNORECASE)


class Event(NamedTuple):
    """One note or chord.

    Attributes
    ----------
    token : the pitches as a string, such as ``A5`` or ``C4.G3``
    offset : where it starts, in quarter lengths from the start of the file
    duration : how long it lasts, in quarter lengths
    velocity : 0 to 127; a chord's is the mean of its notes'
    tie : ``start``, ``stop`` or ``continue`` when the note is tied, else None
    track : the number of the track it came from, from 0
    movement : from 1
    time_signature : such as ``3/4``
    bar_offset : how far into its bar it starts, in quarter lengths
    """

    token: str
    offset: float
    duration: float
    velocity: int
    tie: str | None
    track: int
    movement: int
    time_signature: str
    bar_offset: float = 0.0


@dataclass(frozen=True)
class Work:
    """One MIDI file of the corpus, all its movements: its name for people and its events."""

    title: str
    events: list[Event]


def order_pitches(pitches: Iterable[object]) -> list[str]:
    """A chord's distinct pitches as strings, sorted as strings. (Lab, ``order_pitches``.)"""
    return sorted({str(pitch) for pitch in pitches})


def read_score(path: Path) -> list[Event]:
    """Parse one MIDI file with music21, exactly as the lab does, without the cache.

    Raises
    ------
    MozartError
        When the file is missing, is not MIDI, or holds no notes.
    """
    markers = _read_markers(path)
    from music21 import chord, converter, instrument, meter, note

    try:
        # forceSource: music21 would otherwise leave pickles of its own in the temporary folder.
        score: Any = converter.parse(path, forceSource=True)
        track_of = {id(element): number for number, part in enumerate(score.parts) for element in part.recurse().notes}
        by_instrument: Any = instrument.partitionByInstrument(score)
        elements = list(by_instrument.parts.stream().recurse())
    except Exception as error:  # music21 raises whatever a malformed file provokes deep inside it
        raise MozartError(f"{path} cannot be read as MIDI: music21 gives up on it ({type(error).__name__}).") from error
    signatures = [(float(e.offset), e.ratioString) for e in elements if isinstance(e, meter.TimeSignature)]
    movements = _movement_starts(markers, [offset for offset, _ in signatures])

    def signature_at(offset: Any) -> tuple[float, str]:
        # Every track repeats the signatures: the first of those that stand together holds.
        since, _, signature = max(((o, -i, s) for i, (o, s) in enumerate(signatures) if o <= offset), default=(0.0, 0, "4/4"))
        return since, signature

    events = [
        Event(
            token=".".join(order_pitches(e.pitches)) if isinstance(e, chord.Chord) else str(e.pitch),
            offset=float(e.offset),
            duration=float(e.quarterLength),
            velocity=_velocity(e),
            tie=e.tie.type if e.tie else None,
            track=track_of.get(id(e), 0),
            movement=1 + sum(start <= e.offset for start in movements),
            time_signature=signature_at(e.offset)[1],
            bar_offset=into_bar(float(e.offset), *signature_at(e.offset)),
        )
        for e in elements
        if isinstance(e, note.Note | chord.Chord)
    ]
    if not events:
        raise MozartError(f"{path} holds no notes with a pitch (it is empty, or drums only).")
    return events


def read_beginning(path: Path) -> tuple[list[Event], float]:
    """The first events of a person's own MIDI file, and its tempo there in quarter notes a minute (120 where it says none).

    Only the beginning is parsed: whatever the file holds, this takes a few seconds at most.

    Raises
    ------
    MozartError
        When the file is missing, is not MIDI, is too large, or holds no notes.
    """
    import mido

    if not os.path.isfile(path):
        raise MozartError(f"There is no MIDI file {path}: choose one that is there.")
    if (size := path.stat().st_size) > MOST_BYTES:
        raise MozartError(f"{path.name} is too large ({size:,} bytes): choose a MIDI file of up to {MOST_BYTES:,} bytes.")
    try:
        whole = mido.MidiFile(path, clip=True)
        onsets, tempi = _onsets(whole)
        cut = onsets[:BEGINNING][-1] if onsets else 0
        quarters = cut / max(whole.ticks_per_beat, 0)
    except (OSError, EOFError, ZeroDivisionError) as error:
        raise MozartError(f"{path.name} cannot be read as MIDI: choose another file.") from error
    except Exception as error:  # mido raises whatever a malformed file provokes
        raise MozartError(f"{path.name} cannot be read as MIDI ({type(error).__name__}): choose another file.") from error
    if not onsets:
        raise MozartError(f"{path.name} holds no notes with a pitch (it is empty, or drums only): choose another file.")
    if quarters > _LONGEST_BEGINNING:
        raise MozartError(f"{path.name} spreads its first notes over {quarters:,.0f} quarter notes: choose another file.")
    with tempfile.TemporaryDirectory() as folder:
        beginning = Path(folder) / "beginning.mid"
        _cut(whole, cut).save(beginning)
        try:
            events = read_score(beginning)
        except MozartError as error:
            raise MozartError(str(error).replace(str(beginning), path.name)) from error
    tempo = next((tempo for tick, tempo in reversed(tempi) if tick <= onsets[0]), mido.bpm2tempo(120))
    return events, mido.tempo2bpm(tempo)


def read_scores(
    paths: Sequence[Path], *, skip_unreadable: bool = False, workers: int | None = None, cache: Path | None = None
) -> tuple[list[Work], list[str]]:
    """Read many MIDI files, in parallel, each only once in its life.

    Parameters
    ----------
    paths
        The files; the works come back in this order.
    skip_unreadable
        Go on without files that cannot be read.
    workers
        Processes to parse in; one a core without it.
    cache
        Where parsed files are remembered; ``parsed`` in the cache folder without it.

    Returns
    -------
    works, unreadable
        The works, and one sentence for each file that was skipped.

    Raises
    ------
    MozartError
        When a file cannot be read and `skip_unreadable` is false, or when no file can be read.
    """
    cache = cache or cache_folder() / "parsed"
    remembered: dict[Path, Path] = {}
    problems: dict[Path, str] = {}
    for path in paths:
        try:
            remembered[path] = _cache_path(path, cache)
        except OSError as error:
            _leave_out(problems, path, f"{path} cannot be read ({error.strerror}).", skip_unreadable)
    read = {path: events for path, file in remembered.items() if (events := _recall(file)) is not None}
    missing = {path: file for path, file in remembered.items() if path not in read}
    if missing:
        atomic.write(cache / "CACHEDIR.TAG", _CACHE_TAG)  # before the long part: a cache that cannot be written says so now
        for path, outcome in _parse(sorted(missing, key=lambda path: -path.stat().st_size), workers or os.cpu_count() or 1):
            if isinstance(outcome, MozartError):
                _leave_out(problems, path, str(outcome), skip_unreadable)
            else:
                read[path] = outcome
                _remember(outcome, missing[path])
    if not read:
        raise MozartError("None of the files could be read: " + " ".join(problems.values()))
    works = [Work(title(path), read[path]) for path in paths if path in read]
    return works, [problems[path] for path in paths if path in problems]


def _onsets(midi: Any) -> tuple[list[int], list[tuple[int, int]]]:
    """The ticks at which notes that are not drums begin, and the tempi with theirs, both ascending."""
    onsets, tempi = [], []
    for track in midi.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity and message.channel != _DRUMS:
                onsets.append(tick)
            elif message.type == "set_tempo":
                tempi.append((tick, message.tempo))
    return sorted(onsets), sorted(tempi)


def _cut(midi: Any, last: int) -> Any:
    """The same notes up to the tick `last`, with tempo and metre; what sounds there ends soon after.

    All is played by one piano, because music21 would give one instrument's notes after the other's; drums are left out. What
    music21 would take long for is left out too: notes beyond the thousandth, signatures beyond the hundredth, tracks beyond
    the sixteenth that holds any of these.
    """
    import mido

    beginning = mido.MidiFile(ticks_per_beat=midi.ticks_per_beat)
    notes, signatures = 0, 0
    for track in midi.tracks:
        kept, before, tick = mido.MidiTrack(), 0, 0
        for message in track:
            tick += message.time
            drums = getattr(message, "channel", None) == _DRUMS
            begins = message.type == "note_on" and message.velocity > 0 and not drums
            ends = message.type in ("note_on", "note_off") and not begins and not drums
            about = message.type in ("time_signature", "set_tempo")
            if (tick > last and not ends) or not (begins or ends or about):
                continue
            notes, signatures = notes + begins, signatures + about
            if (begins and notes > BEGINNING) or (about and signatures > _MOST_SIGNATURES):
                continue
            # A note that is held on for hours would make as many bars.
            here = min(tick, last + midi.ticks_per_beat)
            kept.append(message.copy(time=here - before, **({} if about else {"channel": 0})))
            before = here
        if kept and len(beginning.tracks) < _MOST_TRACKS:
            kept.insert(0, mido.Message("program_change", program=0))
            beginning.tracks.append(kept)
    return beginning


def _leave_out(problems: dict[Path, str], path: Path, problem: str, skip_unreadable: bool) -> None:
    if not skip_unreadable:
        raise MozartError(f"{problem} Remove the file, or add --skip-unreadable to go on without it.")
    problems[path] = problem


def _parse(paths: Sequence[Path], workers: int) -> Iterator[tuple[Path, list[Event] | MozartError]]:
    """Parse in processes, in the order given (the largest first, or one core is left alone with it at the end)."""
    workers = min(workers, len(paths))
    # spawn: a process forked beside torch's threads may hang.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_at_once_on_interrupt)
    try:
        futures = {pool.submit(read_score, path): path for path in paths}
        bar = tqdm(as_completed(futures), total=len(paths), desc=f"Parsing on {workers} core{'s' * (workers > 1)}", unit="file")
        for future in bar:
            try:
                yield futures[future], future.result()
            except MozartError as error:
                yield futures[future], error
    except BrokenProcessPool as error:
        time.sleep(0.2)  # after Ctrl-C, which ends the workers too, the interrupt comes now
        raise MozartError("A process that was parsing was ended by the system, perhaps for want of memory: try again.") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _end_at_once_on_interrupt() -> None:
    # Python would turn Ctrl-C into an answer of this one file, and go on with the next.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _read_markers(path: Path) -> list[tuple[float, str]]:
    """The file's text markers with their offsets; refuses what is not a MIDI file before music21 looks at it."""
    import mido

    try:
        with path.open("rb") as file:
            if file.read(4) != b"MThd":
                raise MozartError(f"{path} is not a MIDI file.")
    except OSError as error:
        raise MozartError(f"{path} cannot be read ({error.strerror}).") from error
    markers: list[tuple[float, str]] = []
    try:
        midi = mido.MidiFile(path, clip=True)
        for track in midi.tracks:
            ticks = 0
            for message in track:
                ticks += message.time
                if message.type == "marker":
                    markers.append((ticks / midi.ticks_per_beat, message.text.strip()))
    except Exception:  # mido raises whatever a malformed file provokes; whether it is music, music21 decides
        return []
    return markers


def _movement_starts(markers: list[tuple[float, str]], signature_offsets: list[float]) -> list[float]:
    """Offsets at which movements 2, 3, … start.

    The sonatas mark movements as ``(2)``, or as a bare number, or by a tempo word. Numbers without parentheses are
    variations where both kinds stand, so the three are tried in this order. A marker may stand on the first downbeat;
    the time signature that changes within a bar before it shows where the upbeat begins.
    """
    for is_movement in (
        lambda text, number: text == f"({number})",
        lambda text, number: text == str(number),
        lambda text, _: _TEMPO_WORDS.match(text) is not None,
    ):
        starts: list[float] = []
        for offset, text in sorted(markers):
            if offset > 0 and is_movement(text, len(starts) + 2):
                upbeats = [s for s in signature_offsets if offset - 4 <= s <= offset and s > 0]
                starts.append(min(upbeats, default=offset))
        if starts:
            return starts
    return []


def bar_length(time_signature: str) -> float:
    """How long a bar is, in quarter lengths: 3 for ``3/4``, 1.5 for ``3/8``."""
    beats, unit = time_signature.split("/")
    return int(beats) * 4 / int(unit)


def into_bar(offset: float, since: float, time_signature: str) -> float:
    """How far into its bar an offset is, where a bar begins at the offset `since`; all in quarter lengths."""
    into = (offset - since) % bar_length(time_signature)
    # An offset that is a hair short of the bar line, as sums of thirds are, stands on it.
    return 0.0 if bar_length(time_signature) - into < 1e-6 else into


def _velocity(element: Any) -> int:
    velocities = [n.volume.velocity for n in getattr(element, "notes", [element]) if n.volume.velocity is not None]
    if not velocities:
        velocities = [element.volume.velocity if element.volume.velocity is not None else 64]
    mean: int = round(sum(velocities) / len(velocities))
    return mean


def _cache_path(path: Path, cache: Path) -> Path:
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return cache / f"{content[:32]}-music21-{importlib.metadata.version('music21')}-reader-{_READER_VERSION}.json"


def _remember(events: list[Event], path: Path) -> None:
    columns = dict(zip(Event._fields, zip(*events, strict=True), strict=True))
    atomic.write(path, json.dumps(columns).encode())


def _recall(path: Path) -> list[Event] | None:
    try:
        columns = json.loads(path.read_text())
        return [Event(*row) for row in zip(*(columns[field] for field in Event._fields), strict=True)]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # never parsed, or damaged: parse it again
