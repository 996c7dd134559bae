"""What the page shows and plays of a piece."""

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mozart import audio, studio
from mozart.checkpoint import load_checkpoint
from mozart.composer import Composer, Composition
from mozart.errors import MozartError
from mozart.openings import Excerpt
from mozart.request import Request
from mozart.studio import Passage, Studio, from_query, say_time, to_query


@pytest.fixture
def room(checkpoint_folder: Path) -> Studio:
    """A studio whose composer knows nothing about music."""
    return Studio(Composer.load(checkpoint_folder))


def test_pieces_are_remembered(room: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same request, or the same notes in another rhythm, is not composed twice; the oldest are forgotten."""
    monkeypatch.setattr(studio, "_KEPT", 2)
    first = room.compose(Request(length=20, seed=1))
    other = room.with_offsets(first, "0.5")
    assert room.compose(first.request) is first
    assert room.compose(other.request) is other
    assert other.tokens == first.tokens
    room.compose(Request(length=20, seed=2))
    assert room.compose(Request(length=20, seed=1)) is not first


def test_pieces_without_a_seed_are_new(room: Studio) -> None:
    """An empty seed asks for another piece every time."""
    assert room.compose(Request(length=20)).seed != room.compose(Request(length=20)).seed


def test_stopping_keeps_what_there_is(room: Studio) -> None:
    """A piece that was stopped has the notes that were composed, and is the piece of that length."""
    piece = room.compose(Request(length=100, seed=3), lambda done, _: done < 30)
    assert len(piece.new_tokens) == 30
    assert piece.request.length == 30
    assert piece == room.composer.compose(Request(length=30, seed=3))


def test_continuing(room: Studio) -> None:
    """The longer piece begins with the same notes."""
    piece = room.compose(Request(length=40, seed=3, include_opening=False))
    longer = room.compose(room.lengthen(piece))
    assert len(longer.tokens) == 80
    assert longer.tokens[:40] == piece.tokens
    assert longer.offsets[:40] == piece.offsets


def test_comparing(room: Studio) -> None:
    """The opening, Mozart's own continuation where there is one, and the piece's, each from its own beginning."""
    piece = room.compose(Request(length=150, seed=3))
    opening, goes_on = room.compare(piece)
    assert opening.tokens == piece.tokens[:100]
    assert opening.name == f"The opening: {piece.opening.name}"
    assert goes_on.tokens == piece.tokens[100:200]
    assert opening.offsets[0] == goes_on.offsets[0] == 0
    known = replace(piece.opening, continuation=Excerpt([0, 1], np.array([0.5, 0.5]), np.array([1.0, 1.0])))
    _, real, goes_on = room.compare(replace(piece, opening=known))
    assert real.name == "How Mozart goes on"
    assert real.tokens == room.composer.checkpoint.vocabulary.decode([0, 1])
    assert len(goes_on.tokens) == 2


def test_both_passages_of_a_riddle_begin_after_one_opening(room: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown as Mozart's is how the very opening goes on that the piece was composed from."""
    composed: list[Composition] = []
    compose = room.composer.compose

    def keep(request: Request) -> Composition:
        composed.append(compose(request))
        return composed[-1]

    monkeypatch.setattr(room.composer, "compose", keep)
    for seed in range(5):
        passages, first, _ = room.make_riddle(seed)
        opening = composed[-1].opening
        assert room.composer.checkpoint.vocabulary.encode(passages[first].tokens) == (opening.continuation.ids or opening.ids)


def test_riddles(room: Studio) -> None:
    """Two passages without names that give them away; which is Mozart's changes, and is known."""
    answers = set()
    for seed in range(8):
        (a, b), first, name = room.make_riddle(seed)
        assert (a.name, b.name) == ("Passage A", "Passage B")
        assert name.split(",")[0] in room.composer.checkpoint.openings.works
        ids = room.composer.checkpoint.vocabulary.encode((a, b)[first].tokens)
        assert ids in room.composer.checkpoint.openings.ids.tolist()
        answers.add(first)
    assert answers == {0, 1}


def test_a_passages_sound(tmp_path: Path) -> None:
    """It is written as FLAC, and the player points to it."""
    passage = Passage("A & B", ["A4", "C5"], [0.0, 1.0], [1.0, 1.0], [70, 70], 120)
    passage.write_sound(tmp_path / "a.flac")
    assert (tmp_path / "a.flac").stat().st_size > 1000
    assert 'src="file=a.flac"' in passage.show("file=a.flac")
    assert "A &amp; B" in passage.show(None)
    assert "<audio" not in passage.show(None)


def test_what_a_piece_shares(room: Studio) -> None:
    """The tokens of the longest shared passage, counted from the first that is heard; none where nothing is shared."""
    piece = room.compose(Request(length=300, seed=3))
    shared = room.find_shared(piece)
    longest = piece.originality().longest
    assert longest is not None
    assert shared == range(100 + longest.start, 100 + longest.start + longest.length)
    alone = room.compose(replace(piece.request, include_opening=False))
    assert room.find_shared(alone) == range(longest.start, longest.start + longest.length)
    assert not room.find_shared(room.compose(Request(length=300, seed=2)))


def test_what_is_said_of_a_piece(room: Studio) -> None:
    """Notes, time, seed, opening, what it shares and what Mozart does, and its warnings."""
    piece = replace(room.compose(Request(length=50, seed=7, offsets="0.5", tempo=60)), warnings=["A loop was left."])
    said = room.describe(piece)
    for part in (
        "50 notes and chords",
        "Seed <strong>7</strong>",
        "60 quarters a minute",
        piece.opening.name,
        "with the opening",
        "⚠ A loop was left.",
    ):
        assert part in said
    # The tiny checkpoint's metrics say 8.5.
    assert "Mozart himself shares 8 with his other works, in passages of 500 notes" in said


def test_what_is_said_of_the_checkpoint(checkpoint_folder: Path) -> None:
    """Its name, its revision or else its version, and its date where that is known."""
    checkpoint = load_checkpoint(checkpoint_folder)
    known = Studio(Composer(checkpoint, "user/name", "a" * 40, datetime.date(2026, 10, 4))).describe_checkpoint()
    assert known == "Composed from the checkpoint `user/name`, revision `aaaaaaaaaaaa`, of 2026-10-04."
    local = Studio(Composer(checkpoint, "runs/lab")).describe_checkpoint()
    assert local == f"Composed from the checkpoint `runs/lab`, version `{checkpoint.identity[:12]}`."
    dated = replace(checkpoint, metrics={**checkpoint.metrics, "date": "2026-11-24"})
    assert Studio(Composer(dated, "runs/lab")).describe_checkpoint().endswith(", of 2026-11-24.")


def test_times() -> None:
    """Seconds, or minutes and seconds."""
    assert (say_time(48.4), say_time(65), say_time(120)) == ("48 s", "1 min 5 s", "2 min 0 s")


def test_how_long_it_will_play(room: Studio) -> None:
    """Half quarters at 60 are half seconds; the tempo is the movement's, or that of most openings."""
    assert room.guess_seconds(100, "0.5", 60) == 50
    assert room.guess_seconds(100, "0.25", 120) == 12.5
    assert room.guess_seconds(100, "contextual", 60) == room.guess_seconds(100, "sampled", 60) > 0


@pytest.mark.parametrize(
    "request_",
    [
        Request(seed=7),
        Request("60s", "0.5", 0.7, 0.8, 2**32 - 1, "K. 281, movement 2", False, False, 90.5, 0.25, 9),
        Request(length="32bars", seed=0, lab=True, offsets="sampled"),
    ],
)
def test_links(request_: Request) -> None:
    """A link says what differs from the default, and brings the same request back."""
    query = {name: str(value) for name, value in to_query(request_).items()}
    assert from_query(query) == request_
    assert len(to_query(Request(seed=7))) == 1


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"seed": "seven"}, "Its seed is 'seven': write a number"),
        ({"seed": "7", "tempo": "fast"}, "Its tempo is 'fast'"),
        ({"seed": "7", "temperature": "0"}, "temperature of 0"),
        ({"seed": "7", "opening": "/etc/piece.mid"}, "cannot name a MIDI file"),
    ],
)
def test_impossible_links(query: dict[str, str], sentence: str) -> None:
    """One sentence; no file is read."""
    with pytest.raises(MozartError, match=sentence):
        from_query(query)


@pytest.mark.parametrize("settings", [{"temperature": 1}, {"memory": 0, "tempo": 90}, {"length": "20"}, {"length": 20.0}])
def test_a_link_gives_the_same_bytes(room: Studio, settings: dict[str, Any]) -> None:
    """The request that comes out of a link gives the very file of the one that went in, whatever kind its numbers are of."""
    asked = Request(**{"length": 20, "seed": 5} | settings)
    linked = from_query({name: str(value) for name, value in to_query(asked).items()})
    assert linked is not None
    assert room.composer.compose(linked).midi() == room.composer.compose(asked).midi()


def test_another_checkpoint_comes(room: Studio, checkpoint_folder: Path) -> None:
    """When the checkpoint that was waited for is there, pieces are composed from it, and older ones are not taken for its own."""
    room.notice = "Another one is coming."
    piece = room.compose(Request(length=20, seed=1))
    later = Composer(load_checkpoint(checkpoint_folder), "later")
    room.adopt(later)
    assert (room.notice, room.describe_checkpoint().split("`")[1]) == ("", "later")
    assert room.compose(piece.request).composer is later
    assert room.with_offsets(piece, "0.5").composer is piece.composer


def test_an_own_file_that_is_gone(room: Studio, tmp_path: Path) -> None:
    """What has been deleted in the meantime must be chosen again."""
    with pytest.raises(MozartError, match=r"^mine.mid is no longer here"):
        room.compose(Request(opening=str(tmp_path / "mine.mid"), length=20))


def test_links_without_a_piece() -> None:
    """What asks for no seed asks for no piece, whatever Gradio adds."""
    assert from_query({"__theme": "dark"}) is None


def test_warming_up_without_sound(room: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where FluidSynth is missing, the page starts all the same."""

    def missing(_: bytes) -> None:
        raise MozartError("There is no sound.")

    monkeypatch.setattr(audio, "render", missing)
    studio.warm_up(room.composer)
