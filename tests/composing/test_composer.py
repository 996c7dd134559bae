"""From a request to a piece."""

from pathlib import Path

import numpy as np
import pytest

from mozart.composing.composer import Composer
from mozart.composing.composition import Composition, recompose
from mozart.composing.drawing import HIGHEST, LOWEST
from mozart.composing.request import Request
from mozart.corpus.reader import read_midi
from mozart.errors import MozartError
from mozart.model.degrees import to_degrees
from mozart.model.harmony import beats, find_chords
from mozart.model.plan_json import to_json
from mozart.notes import Note, Score
from mozart.rendering.midi import midi_bytes


@pytest.mark.parametrize("bars", [1, 2, 3, 4, 17])
def test_a_length_in_bars_is_kept(composer: Composer, bars: int) -> None:
    """A piece has as many bars as were asked for."""
    piece = composer.compose(Request(length=f"{bars}bars", seed=1))
    assert len(piece.score.bars) == bars
    assert len(piece.score)


def test_the_beginning_is_told_while_the_rest_is_composed(composer: Composer) -> None:
    """Once, with some seconds of music: it has the whole piece's first notes, and the same name."""
    told: list[Composition] = []
    piece = composer.compose(Request(length="24bars", seed=3, tempo=120), on_beginning=told.append)
    (beginning,) = told
    assert 8 <= len(beginning.score.bars) * beginning.score.metres[0].bar / 480 / 2 < 14
    assert beginning.title == piece.title
    shown = len(beginning.score) - 8  # the last ones may be held on
    assert beginning.score.columns[:shown].tolist() == piece.score.columns[:shown].tolist()


@pytest.mark.parametrize("settings", [{"length": "200"}, {"length": "3bars"}, {"offsets": "0.5"}, {"again": "2-2@1"}])
def test_no_beginning_that_may_still_change(composer: Composer, settings: dict[str, str]) -> None:
    """Where what is composed last changes what comes first, and where it would be all, nothing is told."""
    told: list[Composition] = []
    composer.compose(Request(**{"length": "24bars", "seed": "3", **settings}), on_beginning=told.append)
    assert told == []


def test_how_long_a_bar_is(composer: Composer) -> None:
    """From the quicker to the slower movements; with a tempo exactly; a character that is not there is refused."""
    low, high = composer.bar_seconds(Request()) or (0, 0)
    assert 0 < low <= high
    assert composer.bar_seconds(Request(tempo=60)) != (low, high)
    with pytest.raises(MozartError, match="no character"):
        composer.bar_seconds(Request(character="Polka"))


def test_a_length_in_seconds_is_kept_to_a_bar(composer: Composer) -> None:
    """A minute is a minute, give or take a bar."""
    piece = composer.compose(Request(length="40s", seed=2, tempo=100))
    metre = piece.score.metres[0]
    assert piece.score.seconds == pytest.approx(40, abs=1.01 * metre.bar / 480 * 60 / 100)


def test_a_length_in_notes_is_near(composer: Composer) -> None:
    """As many notes as were asked for, give or take what a few bars hold: an untrained network is uneven."""
    piece = composer.compose(Request(length="200", seed=3))
    assert abs(len(piece.score) - 200) <= 4 * len(piece.score) / len(piece.score.bars)


def test_the_same_request_is_the_same_piece(composer: Composer) -> None:
    """Notes, bytes and all come from the request alone; another seed is another piece."""
    request = Request(length="6bars", seed=5)
    first, second = composer.compose(request), composer.compose(request)
    assert first.midi() == second.midi()
    assert composer.compose(Request(length="6bars", seed=6)).score != first.score


def test_what_was_drawn_can_be_asked_for(composer: Composer) -> None:
    """A piece without a seed says which one it drew."""
    piece = composer.compose(Request(length="4bars"))
    assert composer.compose(piece.request).score == piece.score


def test_key_and_character(composer: Composer) -> None:
    """What is asked for is what the piece is in."""
    piece = composer.compose(Request(length="4bars", seed=1, key="E-flat major"))
    assert str(piece.key) == "E-flat major"
    assert "E-flat major" in piece.title
    with pytest.raises(MozartError, match="no character 'Polka'"):
        composer.compose(Request(character="Polka"))


def test_notes_stay_on_the_piano(composer: Composer) -> None:
    """However wild, no pitch leaves Mozart's piano, and no key is struck twice at one moment."""
    score = composer.compose(Request(length="12bars", seed=4, temperature=10, top_p=1)).score
    assert score.pitches.min() >= LOWEST
    assert score.pitches.max() <= HIGHEST
    keys = list(zip(score.onsets.tolist(), score.pitches.tolist(), strict=True))
    assert len(set(keys)) == len(keys)


def test_nothing_sounds_into_the_last_chord(composer: Composer) -> None:
    """What was struck before is let go when the last chord begins."""
    for seed in range(4):
        score = composer.compose(Request(length="4bars", seed=seed)).score
        before = score.onsets < score.onsets[-1]
        assert (score.onsets + score.durations)[before].max() <= score.onsets[-1]


@pytest.mark.parametrize("seed", range(4))
def test_a_piece_closes(composer: Composer, seed: int) -> None:
    """The last chord holds nothing but the tonic's triad, over the tonic, and nothing begins after it."""
    piece = composer.compose(Request(length="6bars", seed=seed, key="D major"))
    assert piece.intention is not None
    assert piece.intention.plan.close is not None
    last = [note for note in piece.score.notes if note.onset == piece.score.onsets[-1]]
    assert {note.pitch % 12 for note in last} <= {2, 6, 9, 5}
    assert min(last, key=lambda note: note.pitch).pitch % 12 == 2
    bar = piece.score.metres[0].bar
    assert {note.duration for note in last} == {min(piece.intention.plan.close.duration, bar * 6 - last[0].onset)}
    assert piece.score.end == last[0].onset + last[0].duration


def test_another_rhythm_changes_no_pitch(composer: Composer) -> None:
    """The laboratory's three rhythms keep the notes and their order."""
    piece = composer.compose(Request(length="6bars", seed=7))
    for offsets in ("0.25", "0.5", "sampled"):
        other = piece.with_offsets(offsets)
        assert other.score.pitches.tolist() == piece.score.pitches.tolist()
        assert other.score != piece.score
    assert piece.with_offsets("composed").score == piece.score


def test_bars_that_return(composer: Composer) -> None:
    """A bar that the plan has return holds the notes of the bar that it returns from, moved."""
    piece = composer.compose(Request(length="12bars", seed=8))
    assert piece.plan is not None
    moved = [(bar, way) for bar, way in enumerate(piece.plan.returns[:-2]) if way]
    assert moved
    for bar, way in moved:
        then, now = (piece.score.bars_slice(index, index + 1) for index in (way.source, bar))
        moves = np.where(then.voices < 2, way.right, way.left)
        if len(then) and (then.pitches + moves).min() >= LOWEST and (then.pitches + moves).max() <= HIGHEST:
            assert now.onsets.tolist() == then.onsets.tolist()
            assert sorted(now.pitches.tolist()) == sorted((then.pitches + moves).tolist())


def test_free_form_shows_what_came(composer: Composer) -> None:
    """Freely composed, nothing returns by plan, and the plan that is shown is what its own notes have, in its key."""
    piece = composer.compose(Request(length="12bars", seed=9, form="free"))
    assert piece.intention is not None
    assert not any(piece.intention.plan.returns)
    assert piece.plan is not None
    assert piece.plan.source == "this piece"
    starts = beats(piece.score)
    found = to_degrees(find_chords(piece.score), piece.key.tonic)[: len(starts)]
    assert [chord for bar in piece.plan.chords for chord in bar] == [tuple(chord) for chord in found.tolist()]
    assert composer.compose(Request(length="6bars", seed=9, form="free")).plan is None  # too short to have one


def test_a_plan_can_be_given(composer: Composer) -> None:
    """A program may edit a plan and ask for it."""
    plan = composer.compose(Request(length="5bars", seed=1)).plan
    assert plan is not None
    piece = composer.compose(Request(plan=to_json(plan), seed=2))
    assert piece.plan == plan
    with pytest.raises(MozartError):
        composer.compose(Request(plan="{}"))


def test_bars_composed_again(composer: Composer) -> None:
    """Only the bars that were asked for change, and the request says so."""
    piece = composer.compose(Request(length="8bars", seed=10))
    other = piece.again((3, 4), 5)
    assert other.score.bars_slice(2, 4) != piece.score.bars_slice(2, 4)
    for first, last in ((0, 2), (4, 8)):
        before, after = (score.bars_slice(first, last) for score in (piece.score, other.score))
        assert after.columns[:, :3].tolist() == before.columns[:, :3].tolist()
    assert other.request.again == "3-4@5"
    assert composer.compose(other.request).score == other.score
    with pytest.raises(MozartError, match="choose from 1 to 8"):
        piece.again((8, 9), 5)


def test_the_last_chord_stays(composer: Composer) -> None:
    """Composed again, the last bar keeps the chord that closes the piece."""
    piece = composer.compose(Request(length="8bars", seed=11))
    other = piece.again((7, 8), 3)
    last = [note for note in piece.score.notes if note.onset == piece.score.onsets[-1]]
    assert [note for note in other.score.notes if note.onset == other.score.onsets[-1]] == last


def test_longer(composer: Composer) -> None:
    """Twice as long, of the same request."""
    piece = composer.compose(Request(length="4bars", seed=12))
    assert len(piece.longer().score.bars) == 8


def test_stopping_keeps_what_there_is(composer: Composer) -> None:
    """False from on_progress ends the piece there."""
    piece = composer.compose(Request(length="12bars", seed=13), lambda done, _: done < 3)
    assert 1 <= len(piece.score.bars) <= 4


def test_an_opening_of_mozarts(composer: Composer) -> None:
    """A piece goes on from an excerpt, which stands in it or does not."""
    name = composer.movements[0][1]
    whole = composer.compose(Request(length="4bars", seed=14, opening=name))
    assert whole.opening is not None
    count = len(whole.opening.score)
    assert whole.opening_notes == count
    assert whole.score.pitches[:count].tolist() == whole.opening.score.pitches.tolist()
    new = composer.compose(Request(length="4bars", seed=14, opening=name, include_opening=False))
    assert new.opening_notes == 0
    assert new.score.pitches.tolist() == whole.score.pitches[count:].tolist()
    assert len(new.score.bars) == 4
    with pytest.raises(MozartError, match="no opening 'K. 1'"):
        composer.compose(Request(opening="K. 1"))


def test_an_opening_of_ones_own(composer: Composer, tmp_path: Path) -> None:
    """A person's file is gone on from; a long one from its last eight bars; an unknown metre is said."""
    path = tmp_path / "mine.mid"
    notes = [Note(480 * i, 0, 60 + i % 7, 400, 70) for i in range(5 * 70)]
    path.write_bytes(midi_bytes(Score(notes, [(0, 5, 4)])))
    piece = composer.compose(Request(length="4bars", seed=15, opening=str(path)))
    assert piece.opening is not None
    assert len(piece.opening.score.bars) == 8
    assert any("70 bars" in remark for remark in piece.remarks)
    assert any("5/4" in remark for remark in piece.remarks)
    assert "mine.mid" in piece.describe()


def test_no_long_copies(composer: Composer) -> None:
    """With a bound, no longer run of notes stands in the training works."""
    piece = composer.compose(Request(length="12bars", seed=16, max_copy=7, form="free", ending=False))
    copies = piece.originality()
    assert copies is not None
    assert copies.length <= 7


def test_candidates_are_the_pieces_of_their_seeds(composer: Composer) -> None:
    """Each is what its seed gives alone."""
    first, second = composer.compose_candidates(Request(length="3bars", seed=17), 2)
    assert (first.seed, second.seed) == (17, 18)
    assert composer.compose(Request(length="3bars", seed=18)).score == second.score


def test_as_in_the_laboratory(composer: Composer) -> None:
    """Its network goes on from a test sequence, in one of three rhythms."""
    piece = composer.compose(Request(lab=True, length="20", seed=1))
    other = composer.compose(Request(lab=True, length="20", seed=1, offsets="sampled"))
    assert piece.title == "As in the laboratory"
    assert set(np.diff(np.unique(piece.score.onsets)).tolist()) == {120}
    assert set(np.diff(np.unique(other.score.onsets)).tolist()) != {120}
    assert piece.originality() is None
    assert piece.remarks
    short = composer.compose(Request(lab=True, length="20", seed=1, include_opening=False))
    assert len(short.score) == len(piece.score) - piece.opening_notes


def test_the_laboratorys_network_alone(lab_folder: Path) -> None:
    """A checkpoint of the laboratory composes its way, and says that it has no other."""
    alone = Composer.load(lab_folder)
    assert len(alone.compose(Request(lab=True, length="5", seed=1)).score)
    with pytest.raises(MozartError, match="laboratory's network"):
        alone.compose(Request())


def test_a_file_composes_its_piece_again(checkpoint_folder: Path, tmp_path: Path) -> None:
    """The request inside a MIDI file gives the same piece; a changed file is another piece, in words."""
    composer = Composer.load(checkpoint_folder)
    piece = composer.compose(Request(length="4bars", seed=18, again=""))
    path = tmp_path / "piece.mid"
    path.write_bytes(piece.midi())
    again, matched = recompose(path, checkpoint=str(checkpoint_folder))
    assert matched
    assert again.midi() == piece.midi()
    with pytest.raises(MozartError, match="give that checkpoint"):
        recompose(path)
    path.write_bytes(midi_bytes(piece.score))
    with pytest.raises(MozartError, match="does not say"):
        recompose(path, checkpoint=str(checkpoint_folder))


def test_what_is_written_is_what_was_composed(composer: Composer, tmp_path: Path) -> None:
    """Read back, a composed piece is the same score: two hands, voices, metre."""
    piece = composer.compose(Request(length="6bars", seed=19))
    path = tmp_path / "piece.mid"
    path.write_bytes(piece.midi())
    assert read_midi(path) == piece.score


def test_loudness_has_chance_of_its_own(composer: Composer) -> None:
    """A piece as plain values holds all that is known of it."""
    about = composer.compose(Request(length="4bars", seed=20)).to_json()
    assert about["key"]
    assert len(about["notes"][0]) == 5
    assert about["plan"]["metre"]


def test_the_signature_is_the_home_keys(composer: Composer) -> None:
    """Sheet music and MIDI have the signature of the key that was asked for, wherever the notes go."""
    for seed in range(3):
        piece = composer.compose(Request(length="4bars", seed=seed, key="E-flat major"))
        assert "<fifths>-3</fifths>" in piece.musicxml()
        assert b"\xff\x59\x02\xfd\x00" in piece.midi()
