"""What a program calls."""

import inspect
from pathlib import Path

import gradio as gr
import pytest

from mozart.__main__ import main
from mozart.composing.composer import Composer
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


def test_no_room(studio: Studio, box: gr.HTML, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full is named as the page's trouble, in a sentence."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryDirectory", full)
    with pytest.raises(gr.Error, match="The page has no room for mozart.*No space left on device.*try again later"):
        make_endpoint(studio, box)(*Request(seed=7, length="4bars").model_dump().values())


def test_the_same_bytes_as_the_command_line(checkpoint_folder: Path, box: gr.HTML, tmp_path: Path) -> None:
    """One request by the endpoint and by the command line gives one MIDI file, byte for byte."""
    composer = Composer.load(checkpoint_folder)
    compose = make_endpoint(Studio(composer), box)
    request = Request(seed=77, length="4bars", include_opening=False, opening="random", offsets="sampled")
    _, midi, _, _ = compose(*request.model_dump().values())
    out = tmp_path / "command.mid"
    flags = ["--seed", "77", "--length", "4bars", "--no-opening", "--opening", "random", "--offsets", "sampled"]
    assert main(["compose", *flags, "--checkpoint", str(checkpoint_folder), "--out", str(out)]) == 0
    assert Path(midi["path"]).read_bytes() == out.read_bytes()
