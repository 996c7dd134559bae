"""The view of a piece in a real browser: one sound, and everything that follows it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from browser import NARROW, WIDE, Chromium, find_chromium, hear
from mozart.page.view import PieceView, error_data, progress_data, view_data
from tune import engrave, piece, wav

pytestmark = pytest.mark.page

SCORE = piece()
STARTS, STOPS = SCORE.seconds_at(SCORE.onsets), SCORE.seconds_at(SCORE.onsets + SCORE.durations)
SOUND = "document.querySelector('#piece audio')"
# A browser before the first press on its page.
REFUSE = """
const play = HTMLMediaElement.prototype.play;
let refusals = 1;
HTMLMediaElement.prototype.play = function () {
  return refusals-- > 0 ? Promise.reject(new DOMException("not before a press", "NotAllowedError")) : play.call(this);
};"""
WATCH_SEEKING = f"{SOUND}.addEventListener('seeking', () => {{ window.sought ??= {SOUND}.currentTime; }})"
LIT = """() => ({
  roll: [...document.querySelectorAll("#piece .notes > *")].flatMap((note, i) => note.matches(".lit") ? [i] : []),
  score: [...document.querySelectorAll("#piece [data-note].lit")].map((head) => Number(head.dataset.note)),
  keys: [...document.querySelectorAll("#piece .keys .right, #piece .keys .left")].map((key) => Number(key.dataset.pitch)),
})"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    sound = tmp_path_factory.mktemp("sound") / "a.wav"
    sound.write_bytes(wav(SCORE))
    gr.set_static_paths([str(sound)])
    blocks = _page(sound)
    _, address, _ = blocks.queue().launch(prevent_thread_lock=True, quiet=True)
    yield address.rstrip("/")
    blocks.close()


def _page(sound: Path) -> gr.Blocks:
    """A page with two views, a button for everything that they can be told, and a box for what the first one tells."""
    sheets = {narrow: engrave(SCORE, narrow) for narrow in (False, True)}

    def show(narrow: bool = False, **settings: Any) -> dict[str, Any]:
        pages, timemap = sheets[narrow]
        settings = {"pages": pages, "timemap": timemap, "returns": [(1, 8, "A"), (9, 16, "A")], "harmony": ["I"] * 16, **settings}
        return view_data(SCORE, title="A tune in C major", sound_url=f"gradio_api/file={sound}", shared=range(20, 40), **settings)

    def tell(event: gr.EventData) -> str:
        return f"{event.first} {event.last}"

    blocks: gr.Blocks = gr.Blocks(title="A tune")
    with blocks:
        view, other = PieceView(elem_id="piece"), PieceView(elem_id="other", changeable=False)
        said = gr.Textbox(label="Said", elem_id="said")
        for name, target, action in (
            ("compose", view, lambda: show()),
            ("narrow", view, lambda: show(narrow=True)),
            ("bare", view, lambda: show(pages=())),
            ("marked", view, lambda: show(marked=(9, 12), opening_notes=10)),
            ("progress", view, lambda: progress_data("Composing bar 9 of 32", 9, 32)),
            ("error", view, lambda: error_data("There is no key H major.")),
            ("second", other, lambda: show()),
        ):
            gr.Button(name, elem_id=name).click(action, None, target, show_progress="hidden")
        view.select(tell, None, said, trigger_mode="always_last")
        view.again(lambda told: f"again {told}", said, said)
        view.stop(lambda: "stopped", None, said)
    return blocks


@pytest.fixture(scope="module")
def chromium(url: str) -> Iterator[Chromium]:
    path = find_chromium()
    if path is None:
        pytest.skip("there is no Chromium")
    with Chromium(path, url) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Chromium]:
    """Nothing may go wrong in it, and nothing be asked of another server."""
    chromium.troubles.clear()
    yield chromium
    chromium.close_pages()
    assert chromium.troubles == []


@pytest.fixture
def page(browser: Chromium) -> Page:
    """A piece that plays."""
    return opened(browser)


def opened(browser: Chromium, press: str = "compose", size: ViewportSize = WIDE, theme: str = "light") -> Page:
    page = browser.open(f"?__theme={theme}", size)
    page.click(f"#{press}")
    plays(page)
    return page


def plays(page: Page, view: str = "#piece") -> None:
    """Wait until time goes on in its sound."""
    page.wait_for_function(
        """(view) => {
          const sound = document.querySelector(`${view} audio`);
          sound.begun = sound.paused || !(sound.currentTime >= sound.begun) ? sound.currentTime : sound.begun;
          return !sound.paused && sound.currentTime > sound.begun + 0.1;
        }""",
        arg=view,
    )


def paused_at(page: Page, seconds: float) -> None:
    """Pause there, and wait until it is shown."""
    page.evaluate(
        """(at) => new Promise((done) => {
          const sound = document.querySelector("#piece audio");
          sound.pause();
          sound.addEventListener("seeked", done, { once: true });
          sound.currentTime = at;
        })""",
        seconds,
    )


def now(page: Page) -> float:
    return float(page.evaluate(f"{SOUND}.currentTime"))


def bar(page: Page, number: int) -> tuple[float, float]:
    """The middle of a bar's number, in pixels."""
    box = page.locator(f"#piece .ruler span:nth-child({number})").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, first: int, last: int) -> None:
    page.mouse.move(*bar(page, first))
    page.mouse.down()
    page.mouse.move(*bar(page, last), steps=4)
    page.mouse.up()


def test_it_plays_by_itself(page: Page) -> None:
    """After a press the sound that arrives is heard, and the button is one to pause."""
    expect(page.locator("#piece .play")).to_have_attribute("aria-label", "Pause")
    expect(page.locator("#piece .title")).to_have_text("A tune in C major")
    seconds, loudest = hear(page, page.evaluate(f"{SOUND}.src"))
    assert seconds == pytest.approx(SCORE.seconds, abs=0.1)
    assert loudest > 0.1


@pytest.mark.parametrize("seconds", [0.1, 0.35, 3.05, 12.6, 21.7, 26.9])
def test_what_is_lit_is_what_sounds(page: Page, seconds: float) -> None:
    """Notes of the roll, heads of the sheet music and keys, also after the tempo has changed."""
    paused_at(page, seconds)
    sounding = np.flatnonzero((seconds >= STARTS) & (seconds < STOPS)).tolist()
    lit = page.evaluate(LIT)
    assert sounding
    assert lit["roll"] == sounding
    assert sorted(lit["score"]) == sounding
    assert sorted(lit["keys"]) == sorted(SCORE.pitches[sounding].tolist())
    assert page.locator("#piece [data-note].lit").first.is_visible()


def test_the_playhead_goes_with_the_music(page: Page) -> None:
    """It stands at the beginning of the bar that begins, where quarters are long and where they are short."""
    for number, seconds in ((5, 6.0), (16, 24.0)):
        paused_at(page, seconds)
        head, number_box = (
            page.locator("#piece .playhead").bounding_box(),
            page.locator(f"#piece .ruler span:nth-child({number})").bounding_box(),
        )
        assert head
        assert number_box
        assert head["x"] + 1 == pytest.approx(number_box["x"], abs=1.5)


def test_a_click_in_the_roll_plays_from_there(page: Page) -> None:
    """From the place in the bar that was clicked."""
    paused_at(page, 0)
    x, _ = bar(page, 3)
    box = page.locator("#piece .lanes").bounding_box()
    assert box
    page.evaluate(WATCH_SEEKING)
    page.mouse.click(x, box["y"] + 5)
    plays(page)
    assert page.evaluate("window.sought") == pytest.approx(3.75, abs=0.05)


def test_a_click_on_a_note_plays_from_there(page: Page) -> None:
    """From the beginning of the note of the sheet music that was clicked."""
    paused_at(page, 0)
    page.evaluate(WATCH_SEEKING)
    page.locator("#piece [data-note='40'] .notehead").click(force=True)
    plays(page)
    assert page.evaluate("window.sought") == pytest.approx(STARTS[40], abs=0.01)


def test_the_slider_seeks(page: Page) -> None:
    """With the keyboard too; it says where it stands in words."""
    paused_at(page, 0)
    slider = page.locator("#piece .position")
    slider.fill("12.5")
    assert now(page) == pytest.approx(12.5, abs=0.01)
    expect(slider).to_have_attribute("aria-valuetext", "bar 9, 12 of 27 seconds")
    slider.press("End")
    assert now(page) == pytest.approx(SCORE.seconds, abs=0.1)


def test_marked_bars_are_looped(page: Page) -> None:
    """Loop plays the marked bars again and again; without it their end is passed."""
    drag(page, 2, 3)
    page.click("#piece .loop")
    page.evaluate(f"{SOUND}.currentTime = 4.3")
    page.wait_for_function(f"{SOUND}.currentTime < 4 && {SOUND}.currentTime >= 1.4")
    page.click("#piece .loop")
    page.evaluate(f"{SOUND}.currentTime = 4.3")
    page.wait_for_function(f"{SOUND}.currentTime > 4.7")


def test_marked_bars_are_played_once(page: Page) -> None:
    """Their button plays them from their first note, and ends there."""
    paused_at(page, 0)
    drag(page, 2, 2)
    page.click("#piece .from")
    page.wait_for_function(f"!{SOUND}.paused")
    page.wait_for_function(f"{SOUND}.paused")
    assert now(page) >= 3


def test_what_is_shared_is_played(page: Page) -> None:
    """The passage that stands in the sonatas too, from its beginning to its end."""
    paused_at(page, 0)
    page.click("#piece .quote")
    page.wait_for_function(f"!{SOUND}.paused && {SOUND}.currentTime >= {STARTS[20:40].min()}")
    page.wait_for_function(f"{SOUND}.paused")
    assert now(page) >= STOPS[20:40].max()


def test_speed_keeps_the_pitch(page: Page) -> None:
    """From half to double, and the next piece is played as fast."""
    speed = page.locator("#piece .speed input")
    assert (speed.get_attribute("min"), speed.get_attribute("max")) == ("0.5", "2")
    speed.fill("2")
    page.click("#progress")
    page.wait_for_selector("#piece [data-state=progress]")
    page.click("#compose")
    plays(page)
    assert page.evaluate(f"[{SOUND}.playbackRate, {SOUND}.preservesPitch]") == [2, True]
    expect(page.locator("#piece .speed output")).to_have_text("2×")


def test_the_space_bar(page: Page) -> None:
    """It pauses and plays, but not where a space is typed."""
    page.keyboard.press(" ")
    page.wait_for_function(f"{SOUND}.paused")
    page.locator("#said textarea, #said input").first.press(" ")
    assert page.evaluate(f"{SOUND}.paused")
    page.locator("#piece .position").focus()
    page.keyboard.press(" ")
    page.wait_for_function(f"!{SOUND}.paused")


def test_marked_bars_reach_python(page: Page) -> None:
    """Dragging over their numbers marks bars, counted from 1; they can be composed anew, and unmarked."""
    drag(page, 5, 3)
    said = page.locator("#said textarea, #said input").first
    expect(said).to_have_value("3 5")
    expect(page.locator("#piece .passage .bars")).to_have_text("Bars 3 to 5")
    page.click("#piece .passage .again")
    expect(said).to_have_value("again 3 5")
    page.click("#piece .clear")
    expect(said).to_have_value("None None")
    expect(page.locator("#piece .marked")).to_be_hidden()


def test_bars_are_marked_in_the_lanes_too(page: Page) -> None:
    """Dragging over the notes marks their bars, and does not seek."""
    paused_at(page, 0)
    page.locator("#piece .lanes").evaluate("(lanes) => lanes.scrollIntoView({block: 'center'})")
    (first, y), (last, _) = bar(page, 2), bar(page, 4)
    page.mouse.move(first, y + 150)
    page.mouse.down()
    page.mouse.move(last, y + 150, steps=4)
    page.mouse.up()
    expect(page.locator("#piece .passage .bars")).to_have_text("Bars 2 to 4")
    assert now(page) == 0


def test_bars_are_marked_with_the_keyboard(page: Page) -> None:
    """Arrows walk, Enter marks, with Shift the marked bars grow, Escape unmarks."""
    paused_at(page, 0)
    page.locator("#piece .ruler span").first.focus()
    page.keyboard.press("ArrowRight")
    for key, told in (("Enter", "2 2"), ("Shift+ArrowRight", "2 3"), ("Shift+ArrowRight", "2 4")):
        page.keyboard.press(key)
        expect(page.locator("#said textarea, #said input").first).to_have_value(told)
    assert page.locator("#piece [aria-selected=true]").count() == 3
    page.keyboard.press("Escape")
    assert page.locator("#piece [aria-selected=true]").count() == 0
    assert page.evaluate(f"{SOUND}.paused")


def test_pages_turn_by_themselves(page: Page) -> None:
    """The page that sounds is shown; who turns back stays there until the sound arrives there or plays from elsewhere."""
    shown = page.locator("#piece .score .page")
    expect(shown).to_have_text("1 / 2")
    page.evaluate(f"{SOUND}.playbackRate = 1 / 16; {SOUND}.currentTime = 25")  # so that its end is far
    expect(shown).to_have_text("2 / 2")
    page.click("#piece [data-turn='-1']")
    at = now(page)
    page.wait_for_function(f"{SOUND}.currentTime > {at + 0.05}")
    expect(shown).to_have_text("1 / 2")
    page.locator("#piece .play").click()
    page.locator("#piece .play").click()
    expect(shown).to_have_text("2 / 2")


def test_the_sheet_may_come_later(browser: Chromium) -> None:
    """The sound plays on while sheet music arrives."""
    page = opened(browser, "bare")
    expect(page.locator("#piece .score")).to_be_hidden()
    page.evaluate(
        f"for (const type of ['pause', 'emptied', 'seeking']) {SOUND}.addEventListener(type, () => {{ window.broken = type; }})"
    )
    page.click("#compose")
    page.wait_for_selector("#piece .page-of:visible")
    plays(page)
    assert page.evaluate("window.broken") is None


def test_marked_bars_come_with_the_piece(browser: Chromium) -> None:
    """A piece whose bars were composed anew plays from them."""
    page = opened(browser, "marked")
    assert now(page) >= 12
    expect(page.locator("#piece .passage .bars")).to_have_text("Bars 9 to 12")
    expect(page.locator("#piece .legend .opening")).to_be_visible()


def test_one_view_plays_at_a_time(page: Page) -> None:
    """Playing one pauses the other, and the space bar is for the one that played last."""
    page.click("#second")
    plays(page, "#other")
    assert page.evaluate(f"{SOUND}.paused")
    page.locator("#piece .title").click()
    page.keyboard.press(" ")
    page.wait_for_function("document.querySelector('#other audio').paused")
    assert page.evaluate(f"{SOUND}.paused")


def test_a_refused_sound_waits_for_a_press(browser: Chromium) -> None:
    """Where the browser lets nothing play yet, a large button does."""
    page = browser.open()
    page.evaluate(f"() => {{ {REFUSE} }}")
    page.click("#compose")
    page.click("#piece .waiting")
    plays(page)
    expect(page.locator("#piece .waiting")).to_be_hidden()


def test_nothing_yet(browser: Chromium) -> None:
    """An invitation, and nothing to press."""
    page = browser.open()
    expect(page.locator("#piece .sentence")).to_have_text("Press Compose: a new piece appears here, and plays.")
    assert page.locator("#piece button:visible, #piece input:visible").count() == 0


def test_progress_and_stop(page: Page) -> None:
    """Progress takes the piece's place and silences it; Stop reaches Python, and can be pressed once."""
    page.click("#progress")
    expect(page.locator("#piece .sentence")).to_have_text("Composing bar 9 of 32")
    assert page.evaluate(f"{SOUND}.paused")
    assert page.locator("#piece progress").evaluate("(bar) => bar.value") == pytest.approx(9 / 32)
    expect(page.locator("#piece .player")).to_be_hidden()
    page.click("#piece .stop")
    expect(page.locator("#piece .stop")).to_be_disabled()
    expect(page.locator("#said textarea, #said input").first).to_have_value("stopped")


def test_a_press_shows_progress_at_once(page: Page) -> None:
    """A page's own script does so before the server is asked; the same piece that comes then plays from its beginning."""
    page.evaluate(f"{SOUND}.currentTime = 20")
    page.evaluate(
        "document.querySelector('#piece .piece').dispatchEvent(new CustomEvent('piece', { detail: { state: 'progress' } }))"
    )
    expect(page.locator("#piece .sentence")).to_have_text("Composing")
    expect(page.locator("#piece .stop")).to_be_enabled()
    page.click("#compose")
    page.wait_for_selector("#piece [data-state=piece]")
    plays(page)
    assert now(page) < 20


def test_an_error(page: Page) -> None:
    """Its sentence takes the piece's place, and is read out."""
    page.click("#error")
    expect(page.locator("#piece [role=alert]")).to_have_text("There is no key H major.")
    assert page.evaluate(f"{SOUND}.paused")
    page.click("#compose")
    plays(page)


def test_the_roll_scrolls_along(page: Page) -> None:
    """The playhead stays in sight; who asks for less motion sees it leave the left third before anything moves."""
    paused_at(page, 20)
    scrolled = page.locator("#piece .strip").evaluate("(strip) => strip.scrollLeft")
    assert scrolled > 200
    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press(" ")
    plays(page)
    assert page.locator("#piece .strip").evaluate("(strip) => strip.scrollLeft") == scrolled


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
@pytest.mark.parametrize("press", ["narrow", "progress", "error"])
def test_nobody_is_kept_out(browser: Chromium, press: str, size: ViewportSize, theme: str) -> None:
    """axe finds nothing in any state, and nothing has to be scrolled sideways but the roll."""
    page = browser.open(f"?__theme={theme}", size)
    page.click(f"#{press}")
    page.wait_for_selector(f"#piece [data-state={'piece' if press == 'narrow' else press}]")
    if press == "narrow":
        drag(page, 1, 1)
    found = Axe().run(page, context="#piece", options={"resultTypes": ["violations"]}).response["violations"]
    assert [(violation["id"], [node["html"][:200] for node in violation["nodes"]]) for violation in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
