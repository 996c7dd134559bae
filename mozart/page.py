"""The Gradio page: widgets and wiring, no music and no torch."""

import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from gradio.events import api

from mozart import audio, player
from mozart.composer import Composition
from mozart.errors import MozartError
from mozart.gallery import Ready, load_gallery
from mozart.request import MAX_SEED, MEMORY, TEMPERATURE, TOP_P, Request
from mozart.studio import MOST_ENGRAVED, Passage, Studio, from_query, say_time, to_query

# System fonts: the page loads nothing from elsewhere.
THEME = gr.themes.Soft(neutral_hue="stone", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]).set(
    # Soft's own are too pale: text has a contrast of 4.5 with what is behind it, and boxes have edges.
    body_background_fill="*neutral_100",
    block_border_width="1px",
    checkbox_border_color="*neutral_500",
    checkbox_border_color_dark="*neutral_400",
    input_border_color="*neutral_300",
    input_border_width="1px",
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_300",
    block_info_text_color="*neutral_600",
    block_info_text_color_dark="*neutral_300",
    block_title_text_color="*primary_800",
    block_label_text_color="*primary_800",
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
_HERO = """<header id="hero"><h1>Mozart</h1><p>A neural network that learned piano sonatas note by note composes a new
piece: it starts from a passage of Mozart's and goes on in its own way. Listen, look, compare, take it home.</p></header>"""
SHORTEST, LONGEST, USUAL = 1, 1000, 300
# How many people may wait, each a second or two for every one before.
QUEUE = 100
AT_ONCE = 2
# What takes a core for a moment waits for its turn, whatever it is for.
_IN_TURN: dict[str, Any] = {"concurrency_id": "compose", "concurrency_limit": AT_ONCE, "api_visibility": "private"}
# Windows of fewer pixels get sheet music for a telephone.
_NARROW = 700
# Gradio remembers a tenth of a megabyte of every call, and a whole one of a visitor with sheet music: of so many, the latest.
SESSIONS = 300
OFFSETS = [
    ("in context, as Mozart would go on", "contextual"),
    ("sampled from the sonatas", "sampled"),
    ("every 0.25 quarters, as in the lab", "0.25"),
    ("every 0.5 quarters, as in the lab", "0.5"),
]
_RANDOM, _OWN = "random", "own"
_STALE = "<p>There is a new piece: press the button to hear it beside the music that it goes on from.</p>"
_HOUR = 3600
_LISTED = 10
_KINDS = {"midi": "MIDI", "musicxml": "MusicXML", "mp3": "MP3", "wav": "WAV"}

Update = dict[Any, Any]
OnNote = Callable[[int, int], bool]

_CODE = """The same, from Python (`pip install gradio_client`); the address is this page's:

    from gradio_client import Client

    sound, midi, about = Client("http://127.0.0.1:7860").predict(length="16bars", seed=7, api_name="/compose")

`length` (notes, `"60s"` or `"32bars"`), `offsets`, `temperature`, `top_p`, `seed`, `opening` (`"random"` or a movement such
as `"K. 281, movement 2"`), `include_opening`, `lab`, `tempo`, `memory` and `max_copy` mean what they do on the command line.
By curl:

    curl -X POST http://127.0.0.1:7860/gradio_api/call/v2/compose \\
      -H "Content-Type: application/json" -d '{"length": "16bars", "seed": 7}'
    curl -N http://127.0.0.1:7860/gradio_api/call/compose/EVENT_ID
"""


def head() -> str:
    """The page's style and its players', for ``launch(head=…)``."""
    style = (Path(__file__).parent / "static" / "page.css").read_text(encoding="utf-8")
    return f"{player.head()}<style>\n{style}</style>\n"


def build_page(studio: Studio) -> gr.Blocks:
    """The page as Gradio Blocks, ready to launch with :data:`THEME` and :func:`head`.

    Parameters
    ----------
    studio
        Makes every visitor's piece.
    """
    ready = load_gallery()
    gr.set_static_paths([piece.sound for piece in ready])
    with gr.Blocks(title="Mozart", analytics_enabled=False, delete_cache=(_HOUR, _HOUR)) as page:
        gr.HTML(_HERO, apply_default_css=False, padding=False)
        notice = gr.Markdown(escape(studio.notice), elem_id="notice", visible=bool(studio.notice))
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                settings = _Settings(studio)
            with gr.Column(scale=3, min_width=320, elem_id="heard"):
                with gr.Row():
                    compose = gr.Button("Compose", variant="primary", elem_id="compose", scale=3, size="lg")
                    stop = gr.Button("Stop", elem_id="stop", scale=1, min_width=80, size="lg")
                gallery = gr.HTML(_show_gallery(ready), elem_id="gallery", apply_default_css=False, visible=bool(ready))
                result = _Result(gallery)
        with gr.Tabs():
            with gr.Tab("Sheet music"):
                result.build_score()
            with gr.Tab("Compare") as compare_tab:
                compare_now = gr.Button("Compare the latest piece", elem_id="compare_now")
                comparison = gr.HTML("<p>Compose a piece first.</p>", elem_id="compare", apply_default_css=False)
            # Longer names would not find room on a telephone.
            with gr.Tab("Guess"):
                _build_riddle(studio)
        with gr.Accordion("Use it from code", open=False):
            gr.Markdown(_CODE)
        checkpoint = gr.Markdown(studio.describe_checkpoint())
        # Another checkpoint may have come since the page was built.
        page.load(
            lambda: (gr.update(value=escape(studio.notice), visible=bool(studio.notice)), studio.describe_checkpoint()),
            None,
            [notice, checkpoint],
            queue=False,
            api_visibility="private",
        )
        _wire(page, studio, settings, result, compose, stop, comparison)
        for asked in (compare_tab.select, compare_now.click):
            asked(
                lambda pieces: _compare(studio, pieces, comparison),
                result.visit,
                comparison,
                **_IN_TURN,
            )
        api(_endpoint(studio, gallery), api_name="compose", concurrency_id="compose", concurrency_limit=AT_ONCE)
    return page  # type: ignore[no-any-return]  # Blocks is untyped


class _Settings:
    """What a visitor may choose, and the Request that it amounts to."""

    def __init__(self, studio: Studio) -> None:
        movements = [(label, name) for label, name in studio.movements]
        openings = [("a random passage of Mozart's", _RANDOM), *movements, ("my own MIDI file", _OWN)]
        self.length = gr.Slider(
            SHORTEST, LONGEST, value=USUAL, step=1, label="Length", info="How many notes and chords to compose.", elem_id="length"
        )
        self.hint = gr.Markdown(_hint(studio, USUAL, "contextual", _RANDOM, False, None), elem_id="hint")
        self.offsets = gr.Radio(
            OFFSETS, value="contextual", label="Rhythm", info="How far each note is from the one before it.", elem_id="offsets"
        )
        self.opening = gr.Dropdown(
            openings,
            value=_RANDOM,
            label="Opening",
            info="What the piece goes on from: it sets metre, key and tempo.",
            elem_id="opening",
        )
        self.own = gr.File(
            label="Your MIDI file: its first 100 notes and chords", file_types=[".mid", ".midi"], visible=False, elem_id="own"
        )
        self.include_opening = gr.Checkbox(
            False,
            label="Let the opening be heard too",
            info="Mozart's passage, or yours, before what was composed.",
            elem_id="include_opening",
        )
        self.lab = gr.Checkbox(
            False,
            label="Exactly like the lab",
            info="The most probable note each time, quarter notes, one even step.",
            elem_id="lab",
        )
        with gr.Accordion("More", open=False, elem_id="settings"):
            self.temperature = gr.Slider(
                0.1,
                2,
                value=TEMPERATURE,
                step=0.05,
                label="Temperature",
                info="Below 1 more predictable, above 1 wilder.",
                elem_id="temperature",
            )
            self.top_p = gr.Slider(
                0.05,
                1,
                value=TOP_P,
                step=0.01,
                label="Top-p",
                info="Only the most probable notes that together have this share.",
                elem_id="top_p",
            )
            self.memory = gr.Slider(
                0,
                1,
                value=MEMORY,
                step=0.05,
                label="Memory",
                info="How much the piece goes back to what it said before.",
                elem_id="memory",
            )
            # Gradio's Number turns an empty field into 0 as soon as it is seen.
            self.tempo = gr.Textbox(
                "", label="Tempo", info="Quarter notes a minute, 20 to 400; empty: the opening's.", elem_id="tempo"
            )
            self.max_copy = gr.Textbox(
                "", label="Longest copy", info="Of the sonatas, in notes, 7 or more; empty: no limit.", elem_id="max_copy"
            )
            with gr.Row(equal_height=True):
                self.seed = gr.Textbox(
                    "", label="Seed", info="The same seed gives the same piece; empty: a new one each time.", elem_id="seed"
                )
                dice = gr.Button("🎲 Throw the dice", elem_id="dice", min_width=80)
        private: dict[str, Any] = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
        dice.click(lambda: str(secrets.randbelow(MAX_SEED + 1)), None, self.seed, **private)
        self.opening.change(lambda opening: gr.update(visible=opening == _OWN), self.opening, self.own, **private)
        said: list[Any] = [self.length, self.offsets, self.opening, self.lab, self.tempo]
        for part in said:
            part.change(lambda *values: _hint(studio, *values), said, self.hint, **private)

    @property
    def inputs(self) -> set[Any]:
        """The widgets that :meth:`read` looks at."""
        return {
            *(self.length, self.offsets, self.opening, self.own, self.include_opening, self.lab, self.temperature),
            *(self.top_p, self.memory, self.tempo, self.max_copy, self.seed),
        }

    def read(self, given: Mapping[Any, Any]) -> Request:
        """The Request of the widgets' values. Raises MozartError when it is not possible."""
        opening, lab = given[self.opening], bool(given[self.lab])
        if opening == _OWN:
            opening = given[self.own]
            if not opening:
                raise MozartError("No MIDI file is chosen yet: choose one below Opening, or another opening.")
        if not given[self.length]:
            raise MozartError("The length is empty or not a number: choose one.")
        offsets = given[self.offsets]
        return Request(
            length=given[self.length],
            offsets=None if lab and offsets == "contextual" else offsets,
            temperature=given[self.temperature],
            top_p=given[self.top_p],
            seed=_read_number(given[self.seed], "seed", int),
            opening=opening,
            include_opening=bool(given[self.include_opening]),
            lab=lab,
            tempo=_read_number(given[self.tempo], "tempo", float),
            memory=given[self.memory],
            max_copy=None if lab else _read_number(given[self.max_copy], "longest copy", int),
        )

    def show(self, request: Request) -> Update:
        """The widgets' values for a Request."""
        shown = {
            self.offsets: request.strategy,
            # A link may name a work, or more than a slider goes up to: the nearest that can be chosen is shown.
            self.opening: next((name for _, name in self.opening.choices if str(name).startswith(request.opening)), gr.skip()),
            **{
                slider: min(max(getattr(request, name), slider.minimum), slider.maximum)
                for name, slider in (("temperature", self.temperature), ("top_p", self.top_p), ("memory", self.memory))
            },
            **{getattr(self, name): getattr(request, name) for name in ("include_opening", "lab")},
            **{getattr(self, name): _write_number(getattr(request, name)) for name in ("tempo", "max_copy", "seed")},
        }
        # The slider has notes only; a link may ask for seconds or bars.
        return shown | ({self.length: min(max(request.length, SHORTEST), LONGEST)} if isinstance(request.length, int) else {})


class _Result:
    """Where a piece is heard, seen and taken home."""

    def __init__(self, gallery: gr.HTML) -> None:
        self.gallery = gallery
        self.visit = gr.State([])  # the requests of this visit's pieces, the latest first
        self.sound = gr.State(None)  # where the sound of the piece that is shown lies
        self.narrow = gr.State(False)  # whether the sheet music is for a telephone
        self.piece = gr.HTML("", elem_id="piece", apply_default_css=False)
        self.about = gr.HTML("", elem_id="about", apply_default_css=False)
        with gr.Group(visible=False) as self.after:
            self.retime = gr.Radio(OFFSETS, value="contextual", label="The same notes in another rhythm", elem_id="retime")
            # Links of our own: Gradio's download buttons do nothing in a group that was hidden.
            self.downloads = gr.HTML("", elem_id="downloads", apply_default_css=False)
            with gr.Row():
                self.longer = gr.Button("Continue this piece", elem_id="continue", min_width=120, size="sm")
                self.more = gr.Button("Three more like it", elem_id="more", min_width=120, size="sm")
            self.history = gr.Radio([], label="This visit's pieces", elem_id="history", visible=False)
        self.link = gr.Markdown("", elem_id="link")

    def build_score(self) -> None:
        """The sheet music, which stands elsewhere on the page."""
        self.score = gr.HTML("<p>Compose a piece first.</p>", elem_id="score", apply_default_css=False)

    @property
    def inputs(self) -> set[Any]:
        """What :meth:`show` and :meth:`finish` look at."""
        return {self.visit, self.sound, self.narrow}

    @property
    def outputs(self) -> set[Any]:
        """Everything that a new piece changes."""
        return {
            *(
                self.gallery,
                self.visit,
                self.sound,
                self.piece,
                self.about,
                self.after,
                self.retime,
                self.history,
                self.link,
                self.score,
            ),
            self.downloads,
        }

    def show(self, studio: Studio, piece: Composition, given: Update) -> Update:
        """What is heard and seen of a piece at once; :meth:`finish` brings what takes longer."""
        # In place: a visitor who presses twice has two events under way, and one list.
        visit = given[self.visit]
        visit[:] = [piece.request, *(request for request in visit if request != piece.request)][:_LISTED]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _file_name(piece)
            midi, problem, sound = path.with_suffix(".mid"), "", None
            midi.write_bytes(piece.midi())
            try:
                path.with_suffix(".flac").write_bytes(audio.flac_bytes(audio.render(piece.midi())))
                sound = self.piece.move_resource_to_block_cache(path.with_suffix(".flac"))
            except MozartError as error:
                problem = f"<p>⚠ {escape(str(error))}</p>"
            return {
                self.gallery: gr.update(visible=False),
                self.visit: visit,
                self.sound: sound,
                self.piece: player.player_html(
                    piece.tokens,
                    piece.offsets,
                    piece.durations,
                    piece.opening_length,
                    piece.tempo,
                    sound=sound and f"gradio_api/file={sound}",
                    name="Your piece",
                    shared=studio.find_shared(piece),
                ),
                self.about: studio.describe(piece) + problem,
                self.after: gr.update(visible=True),
                self.retime: gr.update(value=piece.request.strategy),
                # Two pieces may be called the same: the numbers tell them apart.
                self.history: gr.update(
                    choices=[(_name(number, request), number) for number, request in enumerate(visit)],
                    value=None,
                    visible=len(visit) > 1,
                ),
                self.link: _link(piece.request),
                self.downloads: self._offer({"midi": midi}),
                self.score: "<p>Engraving…</p>",
            }

    def finish(self, studio: Studio, given: Update) -> Update:
        """The sheet music and the other files of the piece that was shown last; nothing when another one has come by then."""
        if not given[self.visit]:
            return {self.score: gr.skip()}
        piece = studio.compose(given[self.visit][0])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _file_name(piece)
            files = {kind: path.with_suffix(ending) for kind, ending in (("midi", ".mid"), ("musicxml", ".musicxml"))}
            files["midi"].write_bytes(piece.midi())
            files["musicxml"].write_text(piece.musicxml(), encoding="utf-8")
            if given[self.sound]:
                files |= {kind: path.with_suffix(f".{kind}") for kind in ("mp3", "wav")}
                samples = audio.read_flac(Path(given[self.sound]))
                files["mp3"].write_bytes(audio.mp3_bytes(samples))
                files["wav"].write_bytes(audio.wav_bytes(samples))
            if len(piece.tokens) <= MOST_ENGRAVED:
                score = player.score_html(piece.sheet_music(given[self.narrow]))
            else:
                score = f"<p>More than {MOST_ENGRAVED:,} notes are not drawn here: take the MusicXML home.</p>"
            if given[self.visit][0] != piece.request:
                return {self.score: gr.skip()}
            return {self.score: score, self.downloads: self._offer(files)}

    def _offer(self, files: Mapping[str, Path]) -> str:
        """Links to the files of a piece, in an order that does not change."""
        links = "".join(
            f'<a id="{kind}" class="mozart-download" download="{path.name}" href="{_serve(self.downloads, path)}">⬇ {name}</a>'
            for kind, name in _KINDS.items()
            if (path := files.get(kind))
        )
        return f'<nav class="mozart-downloads" aria-label="Take it home">{links}</nav>'


def _wire(
    page: gr.Blocks,
    studio: Studio,
    settings: _Settings,
    result: _Result,
    press: gr.Button,
    stop: gr.Button,
    comparison: gr.HTML,
) -> None:
    """What happens when a visitor presses something."""
    composing: dict[str | None, set[object]] = {}  # what each visitor has under way and has not stopped
    linked = gr.State(None)  # the Request of the link that the page was opened with

    def perform(find: Callable[[OnNote], Composition], given: Update, who: gr.Request, progress: gr.Progress) -> Update:
        """Find a piece, and show it; Stop ends the composing, and what there is is shown."""
        mine, under_way = object(), composing.setdefault(who.session_hash, set())
        under_way.add(mine)

        def on_note(done: int, length: int) -> bool:
            if done % 10 == 0:
                progress((done, length), desc="Composing", unit="notes")
            return mine in under_way

        try:
            piece = find(on_note)
            progress(None, desc="Playing it")
            return result.show(studio, piece, given)
        except MozartError as error:
            raise _refusal(error) from error
        finally:
            under_way.discard(mine)
            if not under_way and composing.get(who.session_hash) is under_way:
                del composing[who.session_hash]

    def latest(given: Update) -> Composition:
        if not given[result.visit]:
            raise MozartError("There is no piece yet: compose one first.")
        return studio.compose(given[result.visit][0])

    def compose(given: Update, who: gr.Request, progress: gr.Progress = gr.Progress()) -> Update:  # noqa: B008
        return perform(lambda on_note: studio.compose(settings.read(given), on_note), given, who, progress)

    def longer(given: Update, who: gr.Request, progress: gr.Progress = gr.Progress()) -> Update:  # noqa: B008
        return perform(lambda on_note: studio.compose(studio.lengthen(latest(given)), on_note), given, who, progress)

    def more(given: Update, who: gr.Request, progress: gr.Progress = gr.Progress()) -> Update:  # noqa: B008
        def find(on_note: OnNote) -> Composition:
            request = latest(given).request
            others = [replace(request, seed=((request.seed or 0) + k) % (MAX_SEED + 1)) for k in (1, 2, 3)]
            given[result.visit][:0] = others
            return studio.compose(others[0], on_note)

        return perform(find, given, who, progress)

    def retime(given: Update, who: gr.Request, progress: gr.Progress = gr.Progress()) -> Update:  # noqa: B008
        return perform(lambda _: studio.with_offsets(latest(given), given[result.retime]), given, who, progress)

    def go_back(given: Update, who: gr.Request, progress: gr.Progress = gr.Progress()) -> Update:  # noqa: B008
        request = given[result.visit][given[result.history]]
        return perform(lambda on_note: studio.compose(request, on_note), given, who, progress)

    def follow_link(given: Update, who: gr.Request, progress: gr.Progress = gr.Progress()) -> Update:  # noqa: B008
        if given[linked] is None:
            return {result.piece: gr.skip()}
        return perform(lambda on_note: studio.compose(given[linked], on_note), given, who, progress)

    def arrive(width: float | None, who: gr.Request) -> Update:
        query = dict(who.query_params)
        try:
            request = from_query(query)
        except MozartError as error:
            gr.Warning(escape(f"The link cannot be followed. {error}", quote=False))
            request = None
        narrow = width is not None and width < _NARROW
        return {linked: request, result.narrow: narrow, **(settings.show(request) if request else {})}

    def finish(given: Update) -> Update:
        try:
            return result.finish(studio, given)
        except MozartError as error:
            raise _refusal(error) from error

    ways: dict[str, Any] = _IN_TURN | {"outputs": result.outputs, "show_progress_on": [result.piece]}
    width = gr.Number(visible=False)  # of the window, in pixels: the browser fills it in
    arrived = page.load(
        arrive, width, [linked, result.narrow, *settings.inputs], js="() => window.innerWidth", api_visibility="private"
    )
    made = (
        # Without a name of its own it would take the endpoint's.
        press.click(compose, {*settings.inputs, *result.inputs}, api_name="press", **ways),
        result.longer.click(longer, result.inputs, **ways),
        result.more.click(more, result.inputs, **ways),
        # Who chooses again while the first choice is being played gets the second one.
        result.retime.input(retime, {*result.inputs, result.retime}, trigger_mode="always_last", **ways),
        result.history.input(go_back, {*result.inputs, result.history}, trigger_mode="always_last", **ways),
        arrived.then(follow_link, {linked, *result.inputs}, **ways),
    )
    for event in made:
        # An event of its own: who presses meanwhile does not wait for the sheet music.
        event.success(finish, result.inputs, {result.score, result.downloads}, show_progress="hidden", **_IN_TURN)
        event.success(
            lambda visit: _STALE if visit else gr.skip(),
            result.visit,
            comparison,
            queue=False,
            api_visibility="private",
            show_progress="hidden",
        )

    def end(who: gr.Request) -> None:
        composing.get(who.session_hash, set()).clear()

    stop.click(end, None, None, queue=False, api_visibility="private")
    # Nobody waits for what a person who has left began.
    page.unload(end)


def _build_riddle(studio: Studio) -> None:
    """Two passages, a guess, the answer."""
    answer = gr.State(None)
    tally = gr.State((0, 0))
    gr.Markdown(
        "**Mozart or machine?** Two passages go on from the same opening. One is Mozart's, one was composed by the network. "
        "Which is Mozart's?"
    )
    ask = gr.Button("Play me two passages", elem_id="quiz_next")
    with gr.Row():
        with gr.Column(min_width=320):
            a = gr.HTML("", elem_id="quiz_a", apply_default_css=False)
        with gr.Column(min_width=320):
            b = gr.HTML("", elem_id="quiz_b", apply_default_css=False)
    guess = gr.Radio(["Passage A", "Passage B"], label="Mozart's is", elem_id="guess", visible=False)
    said = gr.Markdown("", elem_id="answer")

    def pose() -> tuple[Any, ...]:
        try:
            passages, first, name = studio.make_riddle(secrets.randbelow(MAX_SEED + 1))
        except MozartError as error:
            raise _refusal(error) from error
        shown = [_show_passages([passage], box) for passage, box in zip(passages, (a, b), strict=True)]
        return *shown, gr.update(value=None, visible=True, interactive=True), "", (passages[first].name, name)

    def judge(guessed: str, truth: tuple[str, str], score: tuple[int, int]) -> tuple[Any, ...]:
        right, of = score[0] + (guessed == truth[0]), score[1] + 1
        verdict = "Right" if guessed == truth[0] else "No"
        return (
            f"**{verdict}: {truth[0]} is Mozart's**, {truth[1]}. You have been right {right} of {of} times.",
            (right, of),
            gr.update(interactive=False),
        )

    ask.click(
        pose,
        None,
        [a, b, guess, said, answer],
        **_IN_TURN,
    )
    guess.input(judge, [guess, answer, tally], [said, tally, guess], queue=False, api_visibility="private")


def _compare(studio: Studio, pieces: Sequence[Request], box: gr.HTML) -> str:
    if not pieces:
        return "<p>Compose a piece first.</p>"
    try:
        return _show_passages(studio.compare(studio.compose(pieces[0])), box)
    except MozartError as error:
        return f"<p>{escape(str(error))}</p>"


def _show_passages(passages: Sequence[Passage], box: gr.HTML) -> str:
    shown = []
    for number, passage in enumerate(passages):
        with tempfile.TemporaryDirectory() as folder:
            path: Path | None = Path(folder) / f"passage-{number + 1}.flac"
            try:
                passage.write_sound(path)  # type: ignore[arg-type]
            except MozartError:
                path = None
            shown.append(f'<p class="mozart-name">{escape(passage.name)}</p>{passage.show(_serve(box, path))}')
    return "".join(shown)


def _show_gallery(ready: Sequence[Ready]) -> str:
    shown = [
        f'<p class="mozart-name">{escape(piece.name)}</p>'
        + player.player_html(
            piece.tokens, piece.offsets, piece.durations, 0, piece.tempo, sound=f"gradio_api/file={piece.sound}", name=piece.name
        )
        for piece in ready
    ]
    return "<h2>Three pieces that it has composed</h2>" + "".join(shown)


def _endpoint(studio: Studio, box: gr.HTML) -> Callable[..., Any]:
    """What a program calls."""

    def compose(
        length: str | int = str(USUAL),
        offsets: str | None = None,
        temperature: float = TEMPERATURE,
        top_p: float = TOP_P,
        seed: int | None = None,
        opening: str = _RANDOM,
        include_opening: bool = False,
        lab: bool = False,
        tempo: float | None = None,
        memory: float = MEMORY,
        max_copy: int | None = None,
    ) -> tuple[dict[str, Any] | None, dict[str, Any], dict[str, Any]]:
        """Compose a piece; returns the sound (MP3; none without FluidSynth), the MIDI file, and tokens, offsets, seed and more.

        Args:
            length: notes and chords (up to 10,000), or "60s" for seconds, or "32bars"
            offsets: "0.25", "0.5", "sampled" or "contextual"; none is "contextual", with lab "0.25"
            temperature: above 0; below 1 more predictable, above 1 wilder
            top_p: above 0 and up to 1; only the most probable notes that together have this share are drawn
            seed: 0 to 4294967295; the same seed gives the same piece; none draws one
            opening: "random", or a movement such as "K. 281, movement 2"
            include_opening: whether the opening is heard too
            lab: the most probable note each time, quarter notes, one even step
            tempo: quarter notes a minute, 20 to 400; none is the opening's
            memory: 0 to 1; how much the piece goes back to what it said before
            max_copy: the longest run of notes, 7 or more, that may stand in the sonatas; none is no limit
        """
        # Gradio reads "Args:" and tells programs what each setting means.
        try:
            request = Request(length, offsets, temperature, top_p, seed, opening, include_opening, lab, tempo, memory, max_copy)
            if request.has_own_opening:
                raise MozartError("A program cannot name a file as the opening: choose random or a movement.")
            piece = studio.compose(request)
            with tempfile.TemporaryDirectory() as folder:
                midi, sound = (Path(folder) / (_file_name(piece) + ending) for ending in (".mid", ".mp3"))
                about, files = piece.to_json(), [midi]
                midi.write_bytes(piece.midi())
                try:
                    sound.write_bytes(audio.mp3_bytes(audio.render(piece.midi())))
                    files.append(sound)
                except MozartError as error:
                    about["warnings"] = [*about["warnings"], str(error)]
                served = [gr.FileData(path=str(box.move_resource_to_block_cache(path))).model_dump() for path in files]
        except MozartError as error:
            raise _refusal(error) from error
        return (served[1] if len(served) > 1 else None), served[0], about

    return compose


def _refusal(error: MozartError) -> gr.Error:
    """What the page shows of an error. Gradio takes it for HTML, and it may repeat what a link or a file name says."""
    return gr.Error(escape(str(error), quote=False), print_exception=False)


def _serve(box: gr.HTML, path: Path | None) -> str | None:
    """The address of a copy of the file, which Gradio deletes by itself."""
    return None if path is None else f"gradio_api/file={box.move_resource_to_block_cache(path)}"


def _file_name(piece: Composition) -> str:
    """``mozart-after-k-281-movement-2-seed-7``, without an ending."""
    name = Path(piece.opening.name).stem if piece.request.has_own_opening else piece.opening.name
    words = "".join(letter if letter.isalnum() else " " for letter in name.lower()).split()
    return "-".join(["mozart", "after", *words])[:60] + f"-seed-{piece.seed}"


def _name(number: int, request: Request) -> str:
    """How a piece is called in the list of the visit: its seed, what it is, and what else was chosen."""
    opening = "own opening" if request.has_own_opening else request.opening
    length = f"{request.length} notes" if isinstance(request.length, int) else request.length
    chosen = to_query(replace(request, length=500, offsets=None, opening="random", include_opening=True, seed=None))
    more = "".join(f", {name.replace('_', ' ')} {value}" for name, value in chosen.items() if name != "lab")
    return (
        f"{'now: ' if number == 0 else ''}seed {request.seed}, {opening}, {length}, {request.strategy}{', lab' * request.lab}{more}"
    )


def _link(request: Request) -> str:
    if request.has_own_opening:
        return "A link cannot carry your MIDI file: take the MIDI home, it holds the recipe."
    return f"[A link to this piece](?{urlencode(to_query(request))})"


def _read_number(text: str | None, name: str, kind: type[int] | type[float]) -> Any:
    """A field's number; None where it is empty. Raises MozartError for anything else."""
    if not text or not text.strip():
        return None
    try:
        return kind(text)
    except ValueError as error:
        raise MozartError(
            f"The {name} {text!r} is not a {'whole ' if kind is int else ''}number: write one, or nothing."
        ) from error


def _write_number(number: float | None) -> str:
    return "" if number is None else f"{number:g}" if isinstance(number, float) else str(number)


def _hint(studio: Studio, length: float | None, offsets: str, opening: str, lab: bool, tempo_text: str | None) -> str:
    """About how long it will play; nothing while what is being typed makes no sense."""
    try:
        request = Request(int(length or 0), lab=lab, tempo=_read_number(tempo_text, "tempo", float))
    except MozartError:
        return ""
    if lab and offsets == "contextual":
        offsets = request.strategy
    tempo = request.tempo or studio.guess_tempo(opening, lab)
    return f"About {say_time(studio.guess_seconds(int(request.length), offsets, tempo))} at {tempo:.0f} quarter notes a minute."
