"""Files are read in processes, and one that never ends, takes all memory or kills its reader costs itself alone."""

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from midi_bytes import midi, strikes, tune
from mozart.corpus import reading
from mozart.corpus.reading import File, Outcome, in_processes, read_files, read_one
from mozart.corpus.readings import Readings

pytestmark = pytest.mark.process


def read_badly(file: File) -> Outcome:
    """What the file's name says."""
    if file.name == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    while file.name == "never ends":
        pass
    if file.name == "takes all":
        bytearray(2**34)
    return Outcome(file, problem="read")


def test_one_bad_file_costs_itself_alone() -> None:
    """One that never ends, one over which its process dies, one that takes all memory: each is said; the others are read."""
    bad = {"dies": "ended by the system", "never ends": "longer than 0.5 seconds", "takes all": "more than 512 MB"}
    names = ["a", *bad, *"bcdefghijklmnopqrstuvwxyz"]
    found = dict(in_processes(enumerate(File(name, b"") for name in names), read_badly, seconds=0.5, workers=2))
    assert sorted(found) == list(range(len(names)))
    for index, name in enumerate(names):
        assert bad.get(name, "read") in found[index].problem, name
        assert found[index].file.name == name


def test_a_pipe_that_nobody_writes_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for bytes ends too, in a process and where few files are read without any."""
    os.mkfifo(tmp_path / "pipe.mid")
    readings = Readings(tmp_path / "readings.sqlite")
    ((_, outcome),) = in_processes(enumerate([File("pipe.mid", tmp_path / "pipe.mid")]), partial(read_one, readings), seconds=0.5)
    assert outcome.problem == "pipe.mid took longer than 0.5 seconds to read."
    monkeypatch.setattr(reading, "SECONDS", 0.1)
    ((_, outcome),) = read_files([File("pipe.mid", tmp_path / "pipe.mid")], readings, 1)
    assert outcome.problem == "pipe.mid took longer than 0.1 seconds to read."


def test_processes_read_what_one_process_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many files, which processes read, give what few would; so do bytes without a file, and what is remembered is not read."""
    readings = Readings(tmp_path / "readings.sqlite")
    files = [File(f"{number}.mid", midi(strikes(tune(4 + number)))) for number in range(6)]
    few = [outcome for _, outcome in read_files(files, readings, len(files))]
    monkeypatch.setattr(reading, "_FEW", 0)
    many = dict(read_files(files, readings, len(files)))
    assert [many[index].reading for index in range(6)] == [outcome.reading for outcome in few]
    known = readings.add((outcome.key, outcome.reading) for outcome in few if outcome.reading)
    again = dict(read_files(files, readings, len(files)))
    assert [again[index].known for index in range(6)] == known
    assert not any(outcome.reading for outcome in again.values())
