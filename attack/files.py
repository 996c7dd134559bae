"""Everything that is read from a file: MIDI by every entrance, the request inside one, archives, the parse cache."""

import gzip
import io
import json
import tarfile
import tempfile
from pathlib import Path

import mido

import tiny
from attack import evil
from attack.trial import Lost, Trial
from mozart.composing.composer import Composer
from mozart.composing.composition import recompose
from mozart.composing.opening import read_opening
from mozart.composing.request import Request
from mozart.corpus import archive
from mozart.corpus.reader import read_midi_bytes
from mozart.lab import parsing
from mozart.lab.pitches import parse
from mozart.rendering.midi import midi_bytes
from mozart.rendering.musicxml import musicxml
from sonatina import sonatina

MOST_SEEDS = 400
_MUSIC21_SECONDS = 60  # it takes up to 18 for a real sonata


def run_midi(trial: Trial) -> None:
    """Damaged and odd MIDI files, by the reader, as an opening, and engraved; what is read can be written and read again."""
    seeds = [midi_bytes(sonatina(1, 4)), midi_bytes(sonatina(2, 2), "Mozart request: {}"), *_odd()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "opening.mid"
        for number in trial.rounds():
            data = evil.bytes_(trial.random.choice(seeds), trial.random) if number >= len(seeds) else seeds[number]

            def act(data: bytes = data) -> None:
                score = read_midi_bytes(data, "a.mid").score
                if read_midi_bytes(midi_bytes(score), "a.mid").score != score:
                    raise Lost("written and read again it is another score")
                path.write_bytes(data)
                opening, _ = read_opening(path)
                if len(opening.score) < 500:
                    musicxml(opening.score)

            if trial.attempt(data[:200], act) and len(seeds) < MOST_SEEDS:
                seeds.append(data)


def run_laboratory_midi(trial: Trial) -> None:
    """Let the laboratory read files: music21 parses what the common reader accepts."""
    seeds = [midi_bytes(sonatina(1, 2)), midi_bytes(sonatina(3, 1))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mid"
        path.write_bytes(seeds[0])
        parse(path)  # importing music21 takes seconds, and is no part of an attempt
        for _ in trial.rounds():
            data = evil.bytes_(trial.random.choice(seeds), trial.random)

            def act(data: bytes = data) -> None:
                read_midi_bytes(data, "a.mid")
                path.write_bytes(data)
                parse(path)

            trial.attempt(data[:200], act, _MUSIC21_SECONDS)


def run_texts(trial: Trial) -> None:
    """Damage the request inside a MIDI file, which anybody may have written."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, path = Path(folder) / "checkpoint", Path(folder) / "a.mid"
        tiny.checkpoint(checkpoint)
        piece = Composer.load(checkpoint).compose(Request(length="2bars", seed=1, again="1-1@3", key="G major"))
        good = json.dumps({**piece.about(), "plan": "", "tempo": 90, "offsets": "0.5", "max_copy": 9}).encode()
        for _ in trial.rounds():
            text = evil.json_(good, trial.random).decode("latin-1")
            path.write_bytes(midi_bytes(piece.score, f"Mozart request: {text}"))
            trial.attempt(text, lambda: recompose(path, None, str(checkpoint)))


def run_archives(trial: Trial) -> None:
    """Hold that damaged archives, and ones with outside paths, links, devices and deep folders, write nothing beside the folder."""
    music = midi_bytes(sonatina(1, 1))
    for number in trial.rounds():
        data = _archive(trial, music)
        if number % 2:
            data = evil.bytes_(data, trial.random)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.tar.gz"
            path.write_bytes(data)

            def act(path: Path = path) -> None:
                for file in archive.unpack(path, path.parent / "in" / "music"):
                    file.read_bytes()

            trial.attempt(data[:100], act)
            beside = {item.name for item in Path(folder).iterdir()} - {"a.tar.gz", "in"}
            if beside:
                trial.count("lost", f"{beside} was written beside the folder")


def run_cache(trial: Trial) -> None:
    """Hold that a cache that is damaged on disk gives the same music or is read again, and never gives other music."""
    with tempfile.TemporaryDirectory() as folder:
        path, cache = Path(folder) / "a.mid", Path(folder) / "cache"
        path.write_bytes(midi_bytes(sonatina(1, 2)))
        # In this process: starting others takes seconds.
        parsing._parse_all = lambda paths, _: [(path, parse(path)) for path in paths]  # type: ignore[assignment,return-value]
        right, _ = parsing.read_works([path], cache=cache)
        (file,) = cache.glob("*.json")
        good = file.read_bytes()
        for _ in trial.rounds():
            bad = evil.json_(good, trial.random)
            file.write_bytes(bad)

            def act() -> None:
                if parsing.read_works([path], cache=cache)[0] != right:
                    raise Lost("other music")

            trial.attempt(bad[:200], act)


def _archive(trial: Trial, music: bytes) -> bytes:
    names = ["a.mid", "b/c.mid", "../x.mid", "/tmp/attack-x.mid", "a" * 300 + ".mid", "d/" * 500 + "e.mid", "é\udce9.mid", "", "."]
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for _ in range(trial.random.randrange(1, 4)):
            about = tarfile.TarInfo(trial.random.choice(names))
            about.type = trial.random.choice(
                [tarfile.REGTYPE] * 6 + [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
            )
            about.linkname = trial.random.choice(["/etc/passwd", "../../x", "a.mid", "."])
            about.size = len(music) if about.isreg() else 0
            about.mode = trial.random.choice([0o644, 0, 0o4777])
            tar.addfile(about, io.BytesIO(music))
    return gzip.compress(content.getvalue(), 1)


def _odd() -> list[bytes]:
    """Files that are right, and strange: tiny bars, huge ones, no notes, many tracks, long silence."""
    made = []
    for beats, unit, step in ((1, 65_536, 24), (1, 512, 200), (1, 32, 7_960), (64, 1, 30_000), (255, 128, 480), (0, 4, 480)):
        made.append(_tune(beats, unit, step))
    made.append(b"MThd\0\0\0\6\0\1\0\0\1\xe0")
    made.append(_tune(4, 4, 200_000_000, count=3))
    made.append(midi_bytes(sonatina(1, 64)))
    return made


def _tune(beats: int, unit: int, step: int, count: int = 60) -> bytes:
    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    track.append(mido.MetaMessage("time_signature", numerator=beats, denominator=unit))
    for number in range(count):
        track.append(mido.Message("note_on", note=48 + number % 30, velocity=80))
        track.append(mido.Message("note_off", note=48 + number % 30, time=step))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()
