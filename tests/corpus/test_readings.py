"""What was read is remembered by content, and works come from there one by one."""

import pickle
import sqlite3
from pathlib import Path

import pytest

from mozart.corpus import readings as module
from mozart.corpus.reader import Reading
from mozart.corpus.readings import Readings, Works
from mozart.errors import MozartError
from mozart.notes import Score
from sonatina import sonatina


@pytest.fixture
def score() -> Score:
    made = sonatina(0, 12)
    return made.replace(tempi=[(0, 90.5), (960, 120.0)], movements=[0, 1920], title="first")


def test_a_score_is_remembered_whole(score: Score, tmp_path: Path) -> None:
    """Notes, metres, tempi, movements and remarks come back, under whatever title, also in another process's copy."""
    readings = Readings(tmp_path / "new" / "readings.sqlite")
    key = readings.key(b"bytes")
    assert readings.find(key) is None
    (known,) = readings.add([(key, Reading(score, ("A remark.",)))])
    assert (known.notes, known.remarks) == (len(score), ("A remark.",))
    copy = pickle.loads(pickle.dumps(readings))
    assert copy.find(key) == known
    again = copy.score(key, "other")
    assert (again, again.tempi, again.movements, again.title) == (score, score.tempi, score.movements, "other")


def test_other_bytes_or_other_code_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key depends on both."""
    keys = {Readings.key(b"one"), Readings.key(b"two")}
    monkeypatch.setattr(module, "hash_code", lambda *_: "other code")
    assert len({*keys, Readings.key(b"one")}) == 3


def test_the_same_music_is_known_as_such(score: Score, tmp_path: Path) -> None:
    """Tempi and movements are no part of it, notes are."""
    readings = Readings(tmp_path / "readings.sqlite")
    others = [score.replace(tempi=[(0, 60.0)]), score.transpose(1)]
    found = readings.add((bytes([number]), Reading(made, ())) for number, made in enumerate([score, *others]))
    assert found[0].music == found[1].music != found[2].music


def test_works(score: Score, tmp_path: Path) -> None:
    """They have titles and sizes without being looked at, and can be picked and cut."""
    readings = Readings(tmp_path / "readings.sqlite")
    known = readings.add((bytes([number]), Reading(score.transpose(number), ())) for number in range(5))
    works = Works(readings, [(f"Work {number}", entry.key, entry.notes) for number, entry in enumerate(known)])
    assert (works.titles[1], works.sizes, len(works)) == ("Work 1", [len(score)] * 5, 5)
    assert [work.title for work in works.pick([3, 0])] == ["Work 3", "Work 0"]
    assert works[3:].titles == ["Work 3", "Work 4"]
    assert works[2] == score.transpose(2)


def test_what_is_no_database(tmp_path: Path, score: Score) -> None:
    """A damaged file, and a folder that cannot be made, are said in words."""
    (tmp_path / "readings.sqlite").write_text("no database, but text of some length" * 9)
    with pytest.raises(MozartError, match="not a database.*set MOZART_CACHE"):
        Readings(tmp_path / "readings.sqlite").find(b"key")
    with pytest.raises(MozartError, match="make room"):
        Readings(tmp_path / "readings.sqlite" / "below").add([(b"key", Reading(score, ()))])


def test_a_disk_that_fills(tmp_path: Path, score: Score) -> None:
    """It is said, and what was remembered before is still good."""
    readings = Readings(tmp_path / "readings.sqlite")
    readings.add([(b"first", Reading(score, ()))])
    with readings._open() as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
    assert isinstance(database, sqlite3.Connection)
    with pytest.raises(MozartError, match="full.*make room"):
        readings.add([(bytes([number]), Reading(score, ("long " * 2_000,))) for number in range(99)])
    assert Readings(readings.path).score(b"first", "") == score
