"""Many files are parsed once each, and those that cannot be read are named."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab_music import write_midi, write_ticks
from mozart.errors import MozartError
from mozart.lab import parsing
from mozart.lab.parsing import Work, read_works
from mozart.lab.pitches import parse

ROOT = Path(__file__).parents[2]
MELODY = [(0, 480, 60), (480, 960, 64), (480, 960, 67)]


def test_second_reading_comes_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file is parsed once; what is remembered is equal."""
    path = write_ticks(tmp_path / "melody.mid", MELODY)
    first, _ = read_works([path])

    def fail(*_: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(parsing, "ProcessPoolExecutor", fail)
    second, _ = read_works([path])
    assert first == second == [Work("melody", *parse(path))]


def test_a_file_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up after so much of the processor's time, in a sentence, and left out where that is wished."""

    def go_on(_: Path) -> None:
        while True:
            pass

    paths = [write_ticks(tmp_path / f"{name}.mid", MELODY) for name in ("endless", "melody")]
    parse(paths[1])  # importing music21 takes long, and is not what is measured
    monkeypatch.setattr(parsing, "parse", go_on)
    monkeypatch.setattr(parsing, "_MOST_SECONDS", 2)
    monkeypatch.setattr(parsing, "_parse_all", lambda files, _: parsing._parse_here(files))
    with pytest.raises(MozartError, match=r"endless.mid is damaged, or too much for music21.* --skip-unreadable"):
        read_works(paths[:1])
    monkeypatch.setattr(parsing, "parse", lambda path: go_on(path) if path.stem == "endless" else parse(path))
    works, unreadable = read_works(paths, skip_unreadable=True)
    assert [work.title for work in works] == ["melody"]
    assert "has not read it after 2 s" in unreadable[0]


@pytest.mark.parametrize(
    "remembered",
    [
        {"token": ["X"]},
        [["C4", "H4"], [0.0, 1.0]],
        [["C4", "E4"], [0.0]],
        [["C4", 5], [0.0, 1.0]],
        [["C4", "E4"], [0.0, -1.0]],
        [["C4", "E4"], [0.0, float("nan")]],
        [[], []],
        [["C4", "E4"], [0.0, True]],
    ],
)
def test_a_cache_that_cannot_be_right_is_parsed_again(tmp_path: Path, remembered: object) -> None:
    """Every value that is read back is one that the reader could have written."""
    path = write_ticks(tmp_path / "melody.mid", MELODY)
    (right,), _ = read_works([path])
    (file,) = (tmp_path / "cache" / "parsed").glob("*.json")
    file.write_text(json.dumps(remembered))
    assert read_works([path])[0] == [right]


def test_music_that_was_lost_from_the_cache(tmp_path: Path) -> None:
    """What is shorter than it was written is parsed again, though every value in it is possible."""
    path = write_midi(tmp_path / "melody.mid", 20)
    (right,), _ = read_works([path])
    (file,) = (tmp_path / "cache" / "parsed").glob("*.json")
    tokens, offsets, *rest = json.loads(file.read_bytes())
    file.write_text(json.dumps([tokens[:5], offsets[:5], *rest]))
    assert read_works([path])[0] == [right]


def test_without_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no processes can be started together the files are parsed one after another, and none is blamed."""

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(parsing, "ProcessPoolExecutor", fail)
    (tmp_path / "text.mid").write_text("no music")
    works, unreadable = read_works([write_midi(tmp_path / "a.mid", 20), tmp_path / "text.mid"], skip_unreadable=True)
    assert [(work.title, len(work.tokens)) for work in works] == [("a", 20)]
    assert unreadable == [f"{tmp_path / 'text.mid'} is not a MIDI file."]


def test_a_changed_file_is_parsed_again(tmp_path: Path) -> None:
    """The cache answers for content, not for names."""
    path = write_ticks(tmp_path / "melody.mid", MELODY)
    read_works([path])
    write_midi(path, 20)
    assert len(read_works([path])[0][0].tokens) == 20


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before the long part, and no file is blamed for it."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("MOZART_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(parsing, "ProcessPoolExecutor", None)
    with pytest.raises(MozartError, match="cache.*cannot be written") as error:
        read_works([write_ticks(tmp_path / "melody.mid", MELODY)], skip_unreadable=True)
    assert "melody" not in str(error.value)


def test_an_unreadable_file_among_good_ones(tmp_path: Path) -> None:
    """It stops the reading with its name, or is left out and listed when that was asked for."""
    (tmp_path / "text.mid").write_text("no music")
    files = [write_midi(tmp_path / "a.mid", 20), tmp_path / "text.mid", write_midi(tmp_path / "z.mid", 30)]
    with pytest.raises(MozartError, match=r"text\.mid is not a MIDI file.*--skip-unreadable"):
        read_works(files)
    works, unreadable = read_works(files, skip_unreadable=True)
    assert [(work.title, len(work.tokens)) for work in works] == [("a", 20), ("z", 30)]
    assert unreadable == [f"{tmp_path / 'text.mid'} is not a MIDI file."]


def test_nothing_readable(tmp_path: Path) -> None:
    """When no file can be read there is no music, whatever was asked for."""
    (tmp_path / "text.mid").write_text("no music")
    with pytest.raises(MozartError, match="None of the files"):
        read_works([tmp_path / "text.mid"], skip_unreadable=True)


def has_ended(group: int) -> bool:
    """Whether all processes of a group end within ten seconds: workers notice that nobody talks to them any more."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.process
def test_interrupting_the_parsing(tmp_path: Path) -> None:
    """Ctrl-C ends the parsing at once, worker processes too."""
    files = [write_midi(tmp_path / f"{number}.mid", 1500, seed=number) for number in range(12)]
    script = tmp_path / "read.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom mozart.lab.parsing import read_works\n"
        "if __name__ == '__main__':\n"
        "    try:\n        read_works([Path(name) for name in sys.argv[1:]])\n"
        "    except KeyboardInterrupt:\n        print('Stopped.', file=sys.stderr)\n        sys.exit(130)\n"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), *map(str, files)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    with process:
        assert process.stderr is not None
        said = ""
        while "1/12" not in said:
            said += process.stderr.read(1)
        os.killpg(process.pid, signal.SIGINT)
        said += process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.endswith("Stopped.\n")
    assert len(list((tmp_path / "cache" / "parsed").iterdir())) < 12
    assert has_ended(process.pid)
