"""The page: its parts and their places."""

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api

from mozart.corpus.reader import MAX_BYTES
from mozart.page import share
from mozart.page.compare import Compare
from mozart.page.drafts import Drafts
from mozart.page.endpoint import code, make_endpoint
from mozart.page.gallery import load_gallery, show_gallery
from mozart.page.gate import Gate
from mozart.page.guess import Guess
from mozart.page.measures import say_measures
from mozart.page.piece import Piece
from mozart.page.sentences import describe_checkpoint
from mozart.page.settings import Settings
from mozart.page.studio import Studio
from mozart.page.wiring import AT_ONCE, Wiring

_HERO = """<header id="hero"><h1>Mozart</h1><p>A neural network that learned from Mozart's piano sonatas composes a new piece.
Hear it, see it, choose, take it home.</p></header>"""
_SETTINGS = '<button type="button" id="choose_more" aria-expanded="false">Settings</button>'
# How many visitors may wait: every one ahead costs a second or two.
QUEUE = 100
# Gradio remembers a tenth of a megabyte of every call, and a whole one of a visitor with sheet music: of so many, the latest.
SESSIONS = 300
_HOUR = 3600
_STATIC = Path(__file__).parent / "static"

# The piece's own colour, from light to dark.
_CRIMSON = gr.themes.Color(
    *("#fdf2f5", "#fbe4ea", "#f7c9d5", "#ee94ab", "#df6285", "#bd3a62", "#8f1d3f", "#7a1735", "#62132b", "#4c1022", "#2a0a14"),
    name="crimson",
)
# System fonts: the page loads nothing from elsewhere.
THEME = gr.themes.Soft(
    primary_hue=_CRIMSON,
    secondary_hue=_CRIMSON,
    neutral_hue="stone",
    font=["system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
).set(
    # Soft's own are too pale: text has a contrast of 4.5 with what is behind it, and boxes have edges.
    body_background_fill="#f6f2e9",
    block_border_width="1px",
    checkbox_border_color="*neutral_500",
    checkbox_border_color_dark="*neutral_400",
    input_border_color="*neutral_300",
    input_border_width="1px",
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_300",
    block_info_text_color="*neutral_600",
    block_info_text_color_dark="*neutral_300",
    block_title_text_color="*neutral_800",
    block_label_text_color="*neutral_800",
    block_title_background_fill="transparent",
    block_title_padding="0",
    checkbox_label_background_fill_selected="*primary_600",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    link_text_color="*primary_700",
    link_text_color_dark="*primary_300",
    link_text_color_visited="*primary_700",
    link_text_color_visited_dark="*primary_300",
    link_text_color_hover="*primary_800",
    link_text_color_hover_dark="*primary_200",
)


def head() -> str:
    """Return the page's style and script, for ``launch(head=…)``."""
    style, script = ((_STATIC / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return f"<style>\n{style}</style>\n<script>\n{script}</script>\n"


def launch_options() -> dict[str, Any]:
    """Return the options of ``launch`` for this page: theme, style, script, and the card that other sites show."""
    from starlette.middleware import Middleware

    return {
        "theme": THEME,
        "head": head(),
        # What the page itself refuses is shown all the same; what Python says of a bug is not for visitors.
        "show_error": False,
        "max_file_size": MAX_BYTES,
        "state_session_capacity": SESSIONS,
        "app_kwargs": {"middleware": [Middleware(Gate, queue=QUEUE), Middleware(share.PreviewCard)]},
    }


class _Forgetful(gr.Blocks):
    """Blocks that do not remember what a visitor was shown.

    Gradio keeps values for deep links, which this page has none of; and whenever a component is left as it is, Gradio makes it
    anew under another number and keeps the old one with its value too: megabytes of sheet music for every piece of a visit.
    """

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """Return what goes to the browser, and keep nothing of it in the visitor's `state`."""
        data: list[Any] = await super().postprocess_data(block_fn, predictions, state)
        if state is not None:
            state.config_values.clear()
            kept = state.blocks_config.blocks
            for number in kept.keys() - self.blocks.keys():
                del kept[number]
        return data


def build_page(studio: Studio) -> gr.Blocks:
    """Build the page as Gradio Blocks, ready to launch with :func:`launch_options`; `studio` composes every visitor's piece."""
    ready = load_gallery()
    gr.set_static_paths([piece.sound for piece in ready])
    with _Forgetful(title=share.TITLE, analytics_enabled=False, delete_cache=(_HOUR, _HOUR)) as page:
        gr.HTML(_HERO, apply_default_css=False, padding=False)
        notice = gr.HTML(_notice(studio), elem_id="notice", apply_default_css=False)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320, elem_id="choose"):
                with gr.Row(elem_id="do"):
                    compose = gr.Button("Compose", variant="primary", elem_id="compose", scale=3, size="lg", min_width=120)
                    stop = gr.Button("Stop", elem_id="stop", scale=1, min_width=80, size="lg")
                with gr.Row(elem_id="presets"):
                    presets = Settings.build_presets(list(studio.composer.characters))
                gr.HTML(_SETTINGS, apply_default_css=False)  # on telephones only, where the piece comes before the settings
                with gr.Column(elem_id="settings"):
                    settings = Settings(studio)
            with gr.Column(scale=3, min_width=320, elem_id="heard"):
                piece = Piece()
                drafts = Drafts()
                piece.build_history()
                gr.HTML(show_gallery(ready), elem_id="gallery", apply_default_css=False, visible=bool(ready))
        with gr.Tabs():
            with gr.Tab("Mozart or machine?"):
                guess = Guess(studio)
            with gr.Tab("Compare"):
                compare = Compare()
            with gr.Tab("How like Mozart?"):
                measures = gr.Markdown(say_measures(studio), elem_id="measures")
            with gr.Tab("From code"):
                examples = gr.Markdown(code("http://127.0.0.1:7860/"), elem_id="code")
        checkpoint = gr.HTML(describe_checkpoint(studio), elem_id="checkpoint", apply_default_css=False)
        text, number = gr.Textbox(visible=False), gr.Number(visible=False, precision=0)
        wiring = Wiring(studio, settings, piece, drafts, compare, text, number)
        wiring.wire_compose(compose.click)
        for button, wish in presets:
            wiring.wire_preset(button.click, wish)
        wiring.wire_piece()
        wiring.wire_drafts()
        for press in (stop.click, piece.view.stop):
            wiring.wire_stop(press)
        wiring.wire_compare()
        wiring.wire_guess(guess)
        # Another checkpoint may have come since the page was built.
        wiring.wire_arrival(
            page,
            lambda address: [_notice(studio), describe_checkpoint(studio), code(address), say_measures(studio)],
            [notice, checkpoint, examples, measures],
        )
        api(make_endpoint(studio, piece.downloads), api_name="compose", concurrency_id="compose", concurrency_limit=AT_ONCE)
    return page  # type: ignore[no-any-return]  # Blocks is untyped


def _notice(studio: Studio) -> str:
    return f"<p>{escape(studio.notice)}</p>" if studio.notice else ""
