"""What a program calls."""

import inspect
from pathlib import Path

import gradio as gr
import pytest

from mozart.composing.request import Request
from mozart.page.endpoint import make_endpoint
from mozart.page.studio import Studio


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> gr.HTML:
    """A component whose cache is the test's own."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return gr.HTML()


def test_parameters_are_the_requests(studio: Studio, box: gr.HTML) -> None:
    """Every setting is a parameter with its default and its meaning."""
    compose = make_endpoint(studio, box)
    assert list(inspect.signature(compose).parameters) == list(Request.model_fields)
    assert all(f"{name}: " in str(compose.__doc__) for name in Request.model_fields)


def test_answers(studio: Studio, box: gr.HTML) -> None:
    """Sound, MIDI, MusicXML and what is to be known of them."""
    sound, midi, musicxml, about = make_endpoint(studio, box)(*Request(seed=7, length="4bars").model_dump().values())
    assert sound is not None
    assert [Path(file["path"]).suffix for file in (sound, midi, musicxml)] == [".mp3", ".mid", ".musicxml"]
    assert Path(midi["path"]).read_bytes().startswith(b"MThd")
    assert about["seed"] == 7


@pytest.mark.parametrize("opening", ["/etc/mine.mid", "MINE.MIDI"])
def test_no_file_is_read(studio: Studio, box: gr.HTML, opening: str) -> None:
    """A program cannot name a file as the opening."""
    settings = {**Request().model_dump(), "opening": opening}
    with pytest.raises(gr.Error, match="cannot name a file"):
        make_endpoint(studio, box)(*settings.values())
