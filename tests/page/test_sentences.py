"""What the page says."""

from typing import Any

import gradio as gr

from mozart.composing.request import Request
from mozart.notes import Score
from mozart.page import files
from mozart.page.sentences import describe, describe_checkpoint, file_name, name_piece, say_originality, say_time
from mozart.page.studio import Studio


def test_times() -> None:
    """Seconds, or minutes and seconds."""
    assert (say_time(48.4), say_time(65), say_time(120)) == ("48 s", "1 min 5 s", "2 min 0 s")


def test_names(studio: Studio) -> None:
    """A piece is called by character, key, time and seed; its files too."""
    piece = studio.compose(Request(character="Menuetto", key="B-flat major", length="8bars", seed=7))
    assert name_piece(piece) == "Menuetto in B-flat major · 0:11 · seed 7"
    assert file_name(piece) == "mozart-menuetto-in-b-flat-major-seed-7"


def test_what_is_said_of_a_piece(studio: Studio) -> None:
    """What was composed and what is the opening's are counted apart, and hostile names are text."""
    piece = studio.compose(Request(seed=7, length="8bars", opening="<b>"))
    said = describe(piece)
    composed = len(piece.score) - piece.opening_notes
    assert f"{composed} notes composed after {piece.opening_notes} of the opening's, 20 s in all" in said
    assert "continues &lt;b&gt;, which is included" in said
    assert "is left out" in describe(studio.compose(Request(seed=7, opening="random", include_opening=False)))


def test_how_like_mozart(composer: Any) -> None:
    """What a piece shares is said, and how like Mozart such pieces are where that was measured."""
    piece = composer.compose(Request(seed=1))
    assert say_originality(piece).count("<p>") == 1
    sides = {side: {"passages": 60, "distance": {"together": far}} for side, far in (("pieces", 0.544), ("mozart", 0.19))}
    composer.metrics = {"measures": {**sides, "floor": {}, "bars": 32}}
    assert "60 such pieces lie at a distance of 0.54 from his sonatas, where his own" in say_originality(piece)
    composer.metrics = {"measures": {"pieces": "many"}}
    assert say_originality(piece).count("<p>") == 1


def test_what_is_said_of_the_checkpoint(composer: Any) -> None:
    """Its name, its revision or else its version, and its date."""
    assert describe_checkpoint(Studio(composer)) == "<p>Composed from the checkpoint stub, version 0123456789ab, of 2026-11-25.</p>"
    composer.revision, composer.date = "a" * 40, None
    assert describe_checkpoint(Studio(composer)) == "<p>Composed from the checkpoint stub, revision aaaaaaaaaaaa.</p>"


def test_sketch() -> None:
    """A still picture has a stroke for every note, by hands; without notes there is none."""
    sketch = files.sketch_svg(Score([(0, 0, 60, 480, 80), (480, 2, 48, 480, 80)]))
    assert sketch.count("M") == 2
    assert 'class="left"' in sketch
    assert files.sketch_svg(Score([])) == ""


def test_small_players_are_escaped() -> None:
    """Names are text."""
    assert "<b>A &amp; &lt;i&gt;</b>" in files.player_html("A & <i>", "file=a.flac")
    assert "<audio" not in files.player_html("A", None)


def test_sounds_are_read_again(studio: Studio) -> None:
    """What was served is what is read, sample by sample, and one sound has one address; what is gone is None."""
    samples = studio.compose(Request(seed=1, length="4bars")).audio()
    box = gr.HTML()
    address = files.serve_sound(box, "a", samples)
    read = files.read_sound(address)
    assert read is not None
    assert read.tolist() == samples.tolist()
    assert files.serve_sound(box, "a", samples) == address
    assert files.read_sound("gradio_api/file=/nowhere.flac") is None
    assert files.read_sound(None) is None
