"""A request becomes a piece, the same one every time."""

import io
import math
import re
import shutil
import threading
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date
from itertools import groupby
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import tiny
from mozart import midi
from mozart.checkpoint import PRETRAINED, SHIPPED
from mozart.composer import Composer, Composition, recompose
from mozart.errors import MozartError
from mozart.hub import Pulled
from mozart.originality import MOST_IN_A_ROW, CorpusIndex, find_loop
from mozart.request import Request
from mozart.rhythm import STRATEGIES
from mozart.score import Event, Work
from mozart.stepping import one_thread
from mozart.windows import WINDOW


@pytest.fixture(scope="module")
def composer(checkpoint_folder: Path) -> Composer:
    """A composer that knows nothing about music."""
    return Composer.load(checkpoint_folder)


def test_a_piece(composer: Composer) -> None:
    """The opening and as many new events as asked for, in order, with the vocabulary's tokens only."""
    piece = composer.compose(Request(length=40, seed=7))
    assert len(piece.tokens) == len(piece.offsets) == len(piece.durations) == WINDOW + 40
    assert piece.opening_length == WINDOW
    assert piece.seed == 7
    assert piece.offsets[0] == 0.0
    assert piece.offsets == sorted(piece.offsets)
    assert min(piece.durations) > 0
    assert set(piece.tokens) <= set(composer.checkpoint.vocabulary.tokens)


@pytest.mark.parametrize(
    ("source", "revision", "asked"),
    [
        ("user/name", None, None),
        ("user/name", "v1", "v1"),
        ("user/name@v1", None, "v1"),
        ("user/name@refs/pr/1", "refs/pr/1", "refs/pr/1"),
    ],
)
def test_a_checkpoint_on_the_hub(
    source: str, revision: str | None, asked: str | None, checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revision is given beside the name or after it, and the composer knows which commit it was, and of when."""

    def pull(repo_id: str, revision: str | None) -> Pulled:
        assert (repo_id, revision) == ("user/name", asked)
        return Pulled(checkpoint_folder, "abc", date(2026, 10, 4))

    monkeypatch.setattr("mozart.hub.pull", pull)
    composer = Composer.load(source, revision)
    assert (composer.name, composer.revision, composer.date) == ("user/name", "abc", date(2026, 10, 4))
    with pytest.raises(MozartError, match="user/name@v1 and v2 are two revisions"):
        Composer.load("user/name@v1", "v2")


def test_the_opening_keeps_its_own_rhythm(composer: Composer) -> None:
    """It is an excerpt of the test music, with its own steps; what follows has the strategy's."""
    piece = composer.compose(Request(length=40, seed=7, offsets="0.5"))
    openings = composer.checkpoint.openings
    rows = [composer.checkpoint.vocabulary.decode(row[:WINDOW].tolist()) for row in openings.ids]
    row = rows.index(piece.tokens[:WINDOW])
    np.testing.assert_allclose(np.diff(piece.offsets[:WINDOW]), openings.steps[row, : WINDOW - 1])
    np.testing.assert_allclose(np.diff(piece.offsets[WINDOW - 1 :]), [0.5] * 40)
    assert piece.opening.name == f"{openings.works[row]}, movement {openings.movements[row]}"
    longest = openings.durations[row, :WINDOW].tolist()
    assert all(0 < duration <= own for duration, own in zip(piece.durations, longest, strict=False))


def test_leaving_the_opening_out(composer: Composer) -> None:
    """The same new events, counted from 0."""
    whole = composer.compose(Request(length=30, seed=1, offsets="sampled"))
    new = composer.compose(Request(length=30, seed=1, offsets="sampled", include_opening=False))
    assert new.tokens == whole.tokens[WINDOW:]
    assert new.opening_length == 0
    np.testing.assert_allclose(new.offsets, np.array(whole.offsets[WINDOW:]) - whole.offsets[WINDOW])
    assert new.offsets[0] == 0.0


@pytest.mark.parametrize("lab", [True, False])
def test_same_request_same_piece(composer: Composer, lab: bool) -> None:
    """Byte for byte; another seed gives another piece."""
    piece, again, other = (composer.compose(Request(length=20, seed=seed, lab=lab)) for seed in (7, 7, 8))
    assert piece == again
    assert piece.midi() == again.midi()
    assert piece.tokens != other.tokens


def test_another_rhythm_changes_no_pitch(composer: Composer) -> None:
    """Pitch and rhythm draw from generators of their own."""
    pieces = [composer.compose(Request(length=30, seed=3, offsets=offsets)) for offsets in STRATEGIES]
    assert len({tuple(piece.tokens) for piece in pieces}) == 1
    assert len({tuple(piece.velocities) for piece in pieces}) == 1
    assert len({tuple(piece.offsets) for piece in pieces}) == len(STRATEGIES)


def test_a_seed_is_drawn_and_said(composer: Composer) -> None:
    """Without a seed every piece is another, and can be had again by the seed that it says."""
    piece, other = composer.compose(Request(length=20)), composer.compose(Request(length=20))
    assert piece.seed != other.seed
    assert composer.compose(Request(length=20, seed=piece.seed)) == piece


def test_the_labs_way(composer: Composer) -> None:
    """The lab's increment and quarter notes for all events, the opening's too; only the opening is left to chance."""
    piece = composer.compose(Request(length=25, seed=5, lab=True))
    assert piece.offsets == [0.25 * i for i in range(WINDOW + 25)]
    assert set(piece.durations) == {1.0}
    assert piece.tempo == 120
    assert len(set(piece.velocities)) == 1
    assert composer.compose(Request(length=25, seed=5, lab=True, temperature=9.0)).tokens == piece.tokens


def test_temperature_changes_pitches(composer: Composer) -> None:
    """Another temperature draws other notes from the same seed."""
    calm, wild = (composer.compose(Request(length=40, seed=5, temperature=t)) for t in (0.05, 5.0))
    assert calm.tokens != wild.tokens
    assert calm.tokens[:WINDOW] == wild.tokens[:WINDOW]


def test_progress(composer: Composer) -> None:
    """Every new note is counted."""
    counts: list[tuple[int, int]] = []
    composer.compose(Request(length=12), lambda done, length: counts.append((done, length)))
    assert counts == [(done, 12) for done in range(1, 13)]


def test_sound(composer: Composer) -> None:
    """The audio lasts as long as the piece and its tail."""
    piece = composer.compose(Request(length=8, seed=1, offsets="0.5", tempo=120, include_opening=False))
    seconds = len(piece.audio()) / 44_100
    end = max(offset + duration for offset, duration in zip(piece.offsets, piece.durations, strict=True)) / 2
    assert end < seconds < end + 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"length": 0}, "length of 0"),
        ({"length": -3}, "length of -3"),
        ({"length": 10**9}, "length of 1000000000"),
        ({"length": 10**400}, "length of 1"),
        ({"length": 2.5}, "length of 2.5"),
        ({"length": True}, "length of True"),
        ({"length": "500s s"}, "length of 500s s"),
        ({"length": "4000s"}, "length of 4000s"),
        ({"length": "0s"}, "length of 0s"),
        ({"length": "2.5bars"}, "length of 2.5bars"),
        ({"length": "2001bars"}, "length of 2001bars"),
        ({"length": "many"}, "length of many is not possible: choose .* such as 60s, or bars"),
        ({"length": None}, "length of None"),
        ({"length": math.nan}, "length of nan"),
        ({"offsets": "0.3"}, "strategy '0.3': choose one of 0.25, 0.5, sampled, contextual"),
        ({"lab": True, "offsets": "contextual"}, "lab's way has no contextual rhythm"),
        ({"offsets": 0.25}, "strategy 0.25"),
        ({"offsets": []}, "strategy"),
        ({"temperature": 0}, "temperature of 0"),
        ({"temperature": -1.0}, "temperature of -1"),
        ({"temperature": math.nan}, "temperature of nan"),
        ({"temperature": math.inf}, "temperature of inf"),
        ({"temperature": 10**400}, "temperature of 1"),
        ({"top_p": 0}, "top-p of 0"),
        ({"top_p": 1.01}, "top-p of 1.01"),
        ({"top_p": math.nan}, "top-p of nan"),
        ({"top_p": "most"}, "top-p of most"),
        ({"memory": -0.1}, "memory of -0.1"),
        ({"memory": 1.1}, "memory of 1.1"),
        ({"tempo": 0}, "tempo of 0"),
        ({"tempo": math.inf}, "tempo of inf"),
        ({"max_copy": 6}, "longest copy of 6"),
        ({"max_copy": 8.5}, "longest copy of 8.5"),
        ({"lab": True, "max_copy": 8}, "lab's way cannot turn away from copies"),
        ({"opening": ""}, "opening of ''"),
        ({"opening": 3}, "opening of 3"),
        ({"seed": -1}, "seed of -1"),
        ({"seed": 2**32}, "seed of 4294967296"),
        ({"seed": 1.5}, "seed of 1.5"),
    ],
)
def test_impossible_requests(wrong: dict[str, object], sentence: str) -> None:
    """Every value that is out of range or of another kind gives one sentence with the value."""
    with pytest.raises(MozartError, match=sentence) as error:
        Request(**wrong)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("lab", [True, False])
@pytest.mark.parametrize(("tempo", "quarters"), [(60, 20.0), (120, 40.0)])
def test_length_in_seconds(composer: Composer, lab: bool, tempo: float, quarters: float) -> None:
    """The last new event starts before the limit, and the next one, which is not there, would start on it or past it."""
    for offsets in ("0.5", "sampled"):
        request = Request(length="20s", tempo=tempo, lab=lab, offsets=offsets, seed=4, include_opening=False)
        piece = composer.compose(request)
        longer = composer.compose(replace(request, length=len(piece.tokens) + 1))
        assert piece.offsets[-1] < quarters <= longer.offsets[-1] + 1e-6
        assert longer.offsets[:-1] == piece.offsets
        assert longer.tokens[:-1] == piece.tokens


def test_length_in_bars(composer: Composer) -> None:
    """So many bars of the opening's metre."""
    piece = composer.compose(Request(length="5bars", offsets="0.25", seed=4, include_opening=False))
    assert piece.time_signature == "4/4"
    assert len(piece.tokens) == 5 * 16


def test_a_rhythm_that_stands_still_ends(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of 0 never reach a limit in time: the piece ends at the longest length."""
    monkeypatch.setattr("mozart.composer.MAX_LENGTH", 30)
    monkeypatch.setattr(type(composer.checkpoint.rhythm), "steps", lambda *_args, **_more: iter([0.0] * 200))
    piece = composer.compose(Request(length="5s", seed=1, include_opening=False))
    assert len(piece.tokens) == 30
    assert piece.warnings == ["It ends after 30 notes, before the length of 5s is reached."]


def test_the_rhythm_goes_on_from_the_openings(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contextual strategy is told the last event's place in the beat, and the steps before it."""
    told: dict[str, object] = {}
    table = composer.checkpoint.rhythm
    whole = type(table).steps

    def steps(self: object, *strategy: object, **context: object) -> object:
        told.update(context)
        return whole(self, *strategy, **context)  # type: ignore[arg-type]

    monkeypatch.setattr(type(table), "steps", steps)
    opening = composer.compose(Request(length=5, seed=2)).opening
    assert told["phase"] == pytest.approx(opening.bar_offset + opening.steps[:99].sum())
    assert told["recent"] == opening.steps[:99].tolist()


def test_a_named_opening(composer: Composer) -> None:
    """The piece begins with an excerpt of that movement, which may be another with another seed."""
    openings = {
        composer.compose(Request(length=2, seed=seed, opening="Work 1, movement 2")).opening.bar_offset for seed in range(9)
    }
    assert len(openings) > 1
    piece = composer.compose(Request(length=2, seed=1, opening="work 1, movement 2"))
    assert piece.opening.name == "Work 1, movement 2"
    with pytest.raises(MozartError, match="no opening 'K. 999'"):
        composer.compose(Request(length=2, opening="K. 999"))


def test_a_persons_own_opening(composer: Composer, tmp_path: Path) -> None:
    """It keeps its own steps and durations; unknown tokens are counted in a warning."""
    path = tiny.write_midi(tmp_path / "mine.mid", 150)
    piece = composer.compose(Request(length=10, seed=1, opening=str(path)))
    assert set(np.diff(piece.offsets[:WINDOW])) == {0.25, 0.5}
    assert set(piece.tokens) <= set(composer.checkpoint.vocabulary.tokens)
    assert re.match(r"\d+ of the opening's 100 notes and chords are unknown", piece.warnings[0])
    with pytest.raises(MozartError, match=r"There is no MIDI file .*nowhere\.mid"):
        composer.compose(Request(length=10, opening=str(tmp_path / "nowhere.mid")))


def test_candidates(composer: Composer) -> None:
    """Each is the piece that its own seed gives."""
    pieces = composer.compose_candidates(Request(length=20, seed=2**32 - 2), 3)
    assert [piece.seed for piece in pieces] == [2**32 - 2, 2**32 - 1, 0]
    assert pieces == [composer.compose(Request(length=20, seed=piece.seed)) for piece in pieces]


def test_another_rhythm_without_composing_again(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as composing with that rhythm, also where the length was given in time; nothing is predicted."""
    piece = composer.compose(Request(length="10s", seed=3, include_opening=False))
    expected = composer.compose(Request(length=len(piece.tokens), offsets="0.5", seed=3, include_opening=False))
    monkeypatch.setattr("mozart.sampling.sample", None)
    again = composer.with_offsets(piece, "0.5")
    assert again == expected
    assert again.midi() != piece.midi()


def test_copies_are_turned_away_from(composer: Composer) -> None:
    """With the piece itself in the corpus, no run of it longer than max_copy is composed again."""
    piece = composer.compose(Request(length=60, seed=5, include_opening=False))
    work = Work("Copied", [Event(token, float(i), 1.0, 64, None, 0, 1, "4/4", 0.0) for i, token in enumerate(piece.tokens)])
    checkpoint = replace(composer.checkpoint, index=CorpusIndex.of([work], composer.checkpoint.vocabulary))
    knowing = Composer(checkpoint, "knowing")
    copied = knowing.compose(Request(length=60, seed=5, include_opening=False)).originality().longest
    assert copied is not None
    assert (copied.length, copied.work) == (60, "Copied")
    turned = knowing.compose(Request(length=60, seed=5, include_opening=False, max_copy=9))
    assert turned.tokens[:9] == piece.tokens[:9]
    longest = turned.originality().longest
    assert longest is not None
    assert longest.length == 9


def test_loops_are_left_and_said(composer: Composer) -> None:
    """The coldest network goes round in circles: every loop is left, in one sentence; the lab's way stays in it, and says so."""
    cold = composer.compose(Request(length=400, seed=5, temperature=1e-6, memory=0.0, top_p=1.0))
    assert find_loop(composer.checkpoint.vocabulary.encode(cold.tokens)) is None
    assert len(cold.warnings) == 1
    assert re.fullmatch(r"(A loop was|Loops were) noticed and left at note [\d, ]+\.", cold.warnings[0])
    lab = composer.compose(Request(length=200, seed=5, lab=True))
    assert re.search(r"From note \d+ on it goes round in a loop of \d+ note", lab.warnings[0])


def test_numpy_gets_its_threads_back_when_all_are_done() -> None:
    """Of two who compose at once, the first to end takes nothing from the other, and the last leaves nothing behind."""

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    with threadpool_limits(2, "blas"):
        first, second = one_thread(), one_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert threads() == {1}
        second.__exit__(None, None, None)
        assert threads() == {2}


def test_no_key_is_struck_twice_at_once(composer: Composer) -> None:
    """Of the new notes none comes again at the moment at which it was struck, and the MIDI file has a note for each."""
    for seed in range(5):
        piece = composer.compose(Request(length=200, seed=seed, include_opening=False))
        struck = [(offset, pitch) for token, offset in zip(piece.tokens, piece.offsets, strict=True) for pitch in token.split(".")]
        assert len(set(struck)) == len(struck)
        assert len(pretty_midi.PrettyMIDI(io.BytesIO(piece.midi())).instruments[0].notes) == len(struck)


def test_no_note_for_ever(composer: Composer) -> None:
    """However cold it is, no token comes more often in a row than any does in the sonatas."""
    for seed, settings in enumerate(({"temperature": 1e-6, "memory": 0.0}, {"top_p": 0.01}, {"temperature": 0.3})):
        piece = composer.compose(Request(length=300, seed=seed, include_opening=False, **settings))  # type: ignore[arg-type]
        assert max(len(list(run)) for _, run in groupby(piece.tokens)) <= MOST_IN_A_ROW


def test_notes_end_before_they_are_struck_again(composer: Composer) -> None:
    """No note lasts beyond the next onset of its pitch."""
    piece = composer.compose(Request(length=100, seed=9))
    struck = [(p, o, d) for t, o, d in zip(piece.tokens, piece.offsets, piece.durations, strict=True) for p in t.split(".")]
    for pitch, offset, duration in struck:
        later = [o for p, o, _ in struck if p == pitch and o > offset]
        assert offset + duration <= min(later, default=math.inf) + 1e-9


def test_velocities_wander(composer: Composer) -> None:
    """The MIDI file has the piece's velocities, which are not all the same."""
    piece = composer.compose(Request(length=30, seed=1, include_opening=False))
    notes = pretty_midi.PrettyMIDI(io.BytesIO(piece.midi())).instruments[0].notes
    assert {note.velocity for note in notes} == set(piece.velocities)
    assert len(set(piece.velocities)) > 3


def test_score(composer: Composer) -> None:
    """MusicXML and sheet music are the piece's, with its metre."""
    piece = composer.compose(Request(length=30, seed=1))
    root = ElementTree.fromstring(piece.musicxml())
    assert (root.findtext(".//beats"), root.findtext(".//beat-type")) == ("4", "4")
    pages = piece.sheet_music()
    assert pages
    assert all(page.lstrip().startswith("<") and "svg" in page for page in pages)


def test_numpy_has_one_thread(composer: Composer) -> None:
    """While a piece is composed numpy multiplies on one thread, and afterwards on as many as before."""
    with threadpool_limits(2, "blas"):
        pools: list[list[int]] = []

        def look(*_: int) -> None:
            pools.append([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])

        composer.compose(Request(length=1, seed=1), look)
        look()
    during, after = pools
    assert set(during) == {1}
    assert set(after) == {2}


def test_threads_do_not_disturb_each_other(composer: Composer) -> None:
    """Pieces composed at once are the pieces that are composed alone."""
    alone = [composer.compose(Request(length=40, seed=seed)) for seed in range(4)]
    files = [piece.midi() for piece in alone]
    together: dict[int, bytes] = {}
    threads = [
        threading.Thread(target=lambda s=seed: together.update({s: composer.compose(Request(length=40, seed=s)).midi()}))
        for seed in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[seed] for seed in range(4)] == files


@pytest.fixture
def piece_file(composer: Composer, tmp_path: Path) -> tuple[Composition, Path]:
    """A piece and its MIDI file."""
    piece = composer.compose(Request(length="5s", seed=11, top_p=0.9, opening="Work 0, movement 1", include_opening=False))
    (tmp_path / "piece.mid").write_bytes(piece.midi())
    return piece, tmp_path / "piece.mid"


def test_composing_again_from_the_file(piece_file: tuple[Composition, Path], checkpoint_folder: Path) -> None:
    """The recipe inside a MIDI file gives the same piece, to the byte, and says that the notes matched."""
    piece, path = piece_file
    again, matched = recompose(path, checkpoint=str(checkpoint_folder))
    assert matched
    assert again == piece
    assert again.midi() == path.read_bytes()


def test_notes_that_do_not_match_are_noticed(piece_file: tuple[Composition, Path], checkpoint_folder: Path) -> None:
    """A file whose notes were others when it was written is not said to be the same."""
    piece, path = piece_file
    recipe = {**piece.recipe(), "notes_sha256": "0" * 64}
    path.write_bytes(midi.midi_bytes(piece.tokens, piece.offsets, piece.durations, recipe=recipe))
    assert not recompose(path, checkpoint=str(checkpoint_folder))[1]


def test_composing_again_with_an_own_opening(composer: Composer, tmp_path: Path, checkpoint_folder: Path) -> None:
    """The recipe names the file, and never reads it: it must be given again."""
    mine = tiny.write_midi(tmp_path / "mine.mid", 150)
    piece = composer.compose(Request(length=10, seed=1, opening=str(mine)))
    (tmp_path / "piece.mid").write_bytes(piece.midi())
    with pytest.raises(MozartError, match="began with a MIDI file of its own, 'mine.mid': give that file again with --opening"):
        recompose(tmp_path / "piece.mid")
    again, matched = recompose(tmp_path / "piece.mid", str(mine), str(checkpoint_folder))
    assert matched
    assert again.midi() == piece.midi()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"temperature": -1}, "The recipe in .* is not possible. A temperature of -1"),
        ({"length": "for ever"}, "is not possible. A length of for ever"),
        ({"volume": 11}, "is damaged, or from another version"),
        ({"lab": "false"}, "is not possible. lab cannot be 'false'"),
        ({"opening": "a\0.mid"}, "is not possible. An opening of"),
        ({"seed": [1]}, r"is not possible. A seed of \[1\]"),
        ({"checkpoint_sha256": "0" * 64}, "was composed from another checkpoint than .*, or another version of it"),
        ({"opening": "K. 999"}, "no opening 'K. 999'"),
        ({"opening": "/etc/secret.mid"}, "began with a MIDI file of its own"),
    ],
)
def test_foreign_recipes(
    piece_file: tuple[Composition, Path], change: dict[str, object], sentence: str, checkpoint_folder: Path
) -> None:
    """A recipe that cannot be followed is refused in one sentence, and never from another checkpoint."""
    piece, path = piece_file
    path.write_bytes(midi.midi_bytes(piece.tokens, piece.offsets, piece.durations, recipe={**piece.recipe(), **change}))
    with pytest.raises(MozartError, match=sentence) as error:
        recompose(path, checkpoint=str(checkpoint_folder))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["/etc", "user/name", "pretrained/lab"])
def test_a_recipe_chooses_no_checkpoint(piece_file: tuple[Composition, Path], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stranger's file names is neither read nor downloaded, unless it ships; and what ships must be the right one."""
    piece, path = piece_file
    path.write_bytes(midi.midi_bytes(piece.tokens, piece.offsets, piece.durations, recipe={**piece.recipe(), "checkpoint": name}))
    monkeypatch.setattr("mozart.hub.pull", None)
    sentence = "was composed from another checkpoint" if name in SHIPPED else f"composed from the checkpoint '{name}': give that"
    with pytest.raises(MozartError, match=sentence):
        recompose(path)


def test_an_opening_that_the_recipe_does_not_have(piece_file: tuple[Composition, Path]) -> None:
    """Giving a MIDI file for a piece that began with a movement is refused."""
    with pytest.raises(MozartError, match="began with the opening 'Work 0, movement 1', not with a MIDI file"):
        recompose(piece_file[1], "mine.mid")


def test_a_recipe_survives_a_new_card(checkpoint_folder: Path, tmp_path: Path) -> None:
    """The identity of a checkpoint is what it composes from: its card may change."""
    folder = Path(shutil.copytree(checkpoint_folder, tmp_path / "copy"))
    (folder / "README.md").write_text("another card")
    assert Composer.load(folder).checkpoint.identity == Composer.load(checkpoint_folder).checkpoint.identity


def test_a_checkpoint_that_is_nowhere(tmp_path: Path) -> None:
    """What is neither a folder nor a repository's name is said to be missing, without asking the network."""
    with pytest.raises(MozartError, match="There is no checkpoint"):
        Composer.load(tmp_path / "nowhere" / "at" / "all")


@pytest.mark.parametrize("name", ["lab", "unseen"])
def test_the_shipped_checkpoints(name: str) -> None:
    """Each loads without a network, is under 10 MB, and composes."""
    folder = PRETRAINED.parent / name
    composer = Composer.load(folder)
    assert len(composer.checkpoint.vocabulary) == 668
    assert sum(path.stat().st_size for path in folder.rglob("*")) < 10_000_000
    assert len(set(composer.compose(Request(length=60, seed=1)).tokens[WINDOW:])) > 10


def test_openings_of_the_default_are_unseen() -> None:
    """Without a name, the checkpoint is the one whose openings are of works that it has never read."""
    checkpoint = Composer.load().checkpoint
    assert checkpoint.metrics["split"] == "works"
    assert set(checkpoint.openings.works) <= set(checkpoint.metrics["test_works"])
