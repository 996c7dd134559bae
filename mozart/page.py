"""The Gradio page: widgets and wiring, no music and no torch."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from mozart.audio import wav_bytes
from mozart.composer import Composer
from mozart.errors import MozartError
from mozart.request import Request

# System fonts: the page loads nothing from elsewhere.
THEME = gr.themes.Soft(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
SHORTEST, LONGEST = 50, 1000
OFFSETS = [
    ("as Mozart's would go on", "contextual"),
    ("every 0.25 quarters, as in the lab", "0.25"),
    ("every 0.5 quarters, as in the lab", "0.5"),
    ("sampled from the sonatas", "sampled"),
]
_HOUR = 3600


def build_page(composer: Composer, notice: str = "") -> gr.Blocks:
    """The page as Gradio Blocks, ready to launch with :data:`THEME`.

    Parameters
    ----------
    composer
        Composes every visitor's piece.
    notice
        A sentence shown at the top, such as why another checkpoint is in use.
    """

    def compose(length: float, offsets: str, progress: gr.Progress = gr.Progress()) -> Iterator[tuple[Any, ...]]:  # noqa: B008
        """Compose a piece of `length` new notes; returns the sound, the MIDI file and a line about the piece."""
        try:
            request = Request(length=length, offsets=offsets, include_opening=False)  # type: ignore[arg-type]
            piece = composer.compose(request, lambda done, n: progress((done, n), desc="Composing", unit="notes"))
            progress(None, desc="Writing the MIDI file")
            midi = piece.midi()
        except MozartError as error:
            raise gr.Error(str(error), print_exception=False) from error
        about = f"{len(piece.tokens)} notes and chords after an opening from {piece.opening.name}. Seed {piece.seed}."
        # Gradio copies what is yielded into its own cache before it comes back for more.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"mozart-{piece.seed}.mid"
            file.write_bytes(midi)
            sound = Path(folder) / f"mozart-{piece.seed}.wav"
            progress(None, desc="Playing it into a sound file")
            try:
                sound.write_bytes(wav_bytes(piece.audio()))
            except MozartError as error:
                about += f"\n\n{error}"
            yield sound if sound.exists() else None, file, about

    with gr.Blocks(title="Mozart", analytics_enabled=False, delete_cache=(_HOUR, _HOUR)) as page:
        gr.Markdown(
            "# Mozart\nA neural network that learned 20 piano sonatas note by note composes a new piece. "
            "It starts from a passage of Mozart's, which is left out, and goes on in its own way."
        )
        if notice:
            gr.Markdown(notice)
        with gr.Row():
            with gr.Column():
                length = gr.Slider(
                    SHORTEST, LONGEST, value=500, step=10, label="Length", info="How many notes and chords to compose."
                )
                offsets = gr.Radio(OFFSETS, value="contextual", label="Rhythm", info="How far each note is from the one before it.")
                button = gr.Button("Compose", variant="primary")
            with gr.Column():
                sound = gr.Audio(label="Your piece", interactive=False, buttons=["download"])
                file = gr.DownloadButton("Download the MIDI", interactive=False)
                about = gr.Markdown()
        _refuse_no_number(length)
        gr.Markdown(f"Composed from the checkpoint `{composer.name}`.")
        button.click(compose, [length, offsets], [sound, file, about], api_name="compose").then(
            lambda path: gr.DownloadButton(interactive=path is not None), file, file, api_visibility="private"
        )
    return page  # type: ignore[no-any-return]  # Blocks is untyped


def _refuse_no_number(length: gr.Slider) -> None:
    """Refuse an emptied field, or words from a program, in a sentence: Gradio compares them with the slider's bounds."""
    preprocess = length.preprocess

    def checked(payload: object) -> float:
        if not isinstance(payload, int | float):
            raise gr.Error("The length is empty or not a number: choose one.", print_exception=False)
        return float(preprocess(payload))

    # On the instance, because Gradio writes a .pyi file beside the module of every subclass.
    length.preprocess = checked  # type: ignore[method-assign]
