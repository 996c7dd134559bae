"""The page in a browser, as a person would use it, and over HTTP, as a program would.

Nothing waits for seconds: events are waited for, and the stub composes as far as a test lets it.
"""

import gc
import json
import re
import threading
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import matplotlib.pyplot as plt
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import Page, ViewportSize, expect

from browser import NARROW, WIDE, Chromium, barriers, hear
from mozart.composing.request import Request
from mozart.page.page import build_page
from mozart.page.studio import Studio
from stub import stub_composer

pytestmark = pytest.mark.page
EXCEPTIONS: dict[str, str] = {}
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])


def sounding(page: Page) -> None:
    """Wait until the piece is heard: its time moves."""
    page.wait_for_function(
        "() => { const a = document.querySelector('#piece audio'); return a && !a.paused && a.currentTime > 0.05; }"
    )


def silent(page: Page) -> bool:
    return bool(page.evaluate("[...document.querySelectorAll('audio')].every((audio) => audio.paused)"))


def finished(page: Page) -> None:
    """Wait until sheet music and files are there too."""
    expect(page.locator("#musicxml")).to_be_visible()
    expect(page.locator("#piece .pages svg").first).to_be_attached()


def compose(page: Page, press: str = "#compose") -> str:
    """Press, and wait until the piece is there: its link."""
    before = page.evaluate("location.search")
    page.click(press)
    page.wait_for_function("(before) => location.search !== before && !document.body.matches('.mozart-composing')", arg=before)
    finished(page)
    return str(page.evaluate("location.search"))


def notes(page: Page) -> list[str]:
    """The places of the notes in the roll."""
    found: list[str] = page.locator("#piece .notes > *").evaluate_all("all => all.map((note) => note.getAttribute('style'))")
    return found


def open_more(page: Page) -> None:
    if page.locator("#choose_more").is_visible():
        page.click("#choose_more")
    page.locator("#more_settings button").first.click()
    expect(page.locator("#temperature")).to_be_visible()


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@SIZES
def test_a_press_is_heard(browser: Chromium, size: ViewportSize) -> None:
    """One press on Compose, and the piece plays; it is seen without scrolling, and its samples are not silent."""
    page = browser.open(size=size)
    assert silent(page)
    page.click("#compose")
    sounding(page)
    assert page.locator("#piece .play").evaluate(
        "(e) => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; }"
    )
    finished(page)
    sounding(page)  # what comes later does not interrupt it
    expect(page.locator("#piece audio")).to_have_count(1)
    seconds, loudest = hear(page, str(page.locator("#piece audio").evaluate("(audio) => audio.src")))
    assert seconds > 10
    assert 0.1 < loudest < 1
    page.click("#piece .play")
    # Nothing stays lit that no longer sounds, and no key down.
    lit, down = (page.locator(f"#piece {which}").count() for which in (".notes .lit", ".keys :is(.right, .left)"))
    assert down <= lit <= 3  # a scale, a chord of one hand


@SIZES
def test_the_beginning_is_heard_first(browser: Chromium, house: Any, size: ViewportSize) -> None:
    """A piece plays from its beginning on while the rest is composed; then the whole one goes on from there, and nothing else."""
    house.hold.clear()
    house.hold_at = 8
    page = browser.open(size=size)
    page.click("#compose")
    sounding(page)
    expect(page.locator("#piece .player .about")).to_contain_text("8 bars")
    heard = page.evaluate("document.querySelector('#piece audio').currentTime")
    house.hold.set()
    expect(page.locator("#piece .player .about")).to_contain_text("32 bars")
    finished(page)
    expect(page.locator("#piece audio")).to_have_count(1)
    sounding(page)
    now, source = page.locator("#piece audio").evaluate("(audio) => [audio.currentTime, audio.src]")
    assert now > heard
    assert "/piece.flac" in source
    page.wait_for_function("() => document.querySelector('#piece audio').volume === 1")
    # What lights up still follows.
    page.wait_for_function("() => document.querySelector('#piece .notes .lit')")


def test_a_beginning_that_is_paused(browser: Chromium, house: Any) -> None:
    """Who pauses while the rest is composed has the whole piece there, silent, at the same place."""
    house.hold.clear()
    house.hold_at = 8
    page = browser.open()
    page.click("#compose")
    sounding(page)
    page.click("#piece .play")
    heard = page.evaluate("document.querySelector('#piece audio').currentTime")
    house.hold.set()
    finished(page)
    page.wait_for_function("() => document.querySelector('#piece audio').src.includes('/piece.flac')")
    assert silent(page)
    assert page.evaluate("document.querySelector('#piece audio').currentTime") == pytest.approx(heard, abs=0.01)


@SIZES
def test_progress_is_where_the_eyes_are(browser: Chromium, house: Any, size: ViewportSize) -> None:
    """From the press on the place of the piece says that it is composed, and how far, and there is a Stop beside it."""
    house.hold.clear()
    page = browser.open(size=size)
    page.click("#compose")
    expect(page.locator("#piece .message")).to_be_in_viewport()
    expect(page.locator("#piece .message")).to_contain_text("Composing")
    expect(page.locator("#piece .done")).to_have_attribute("value", re.compile(r"0?\.\d+|0"))
    page.click("#piece .stop")
    expect(page.locator("#piece .player")).to_be_visible()
    assert silent(page)


def test_stop_at_once(browser: Chromium, house: Any) -> None:
    """Stop right after the press ends the piece, and no sound begins; then there is nothing to stop."""
    house.hold.clear()
    page = browser.open()
    expect(page.locator("#stop")).to_be_disabled()
    page.evaluate("() => { document.querySelector('#compose').click(); document.querySelector('#stop').click(); }")
    page.wait_for_function("() => !document.body.matches('.mozart-composing')")
    expect(page.locator("#stop")).to_be_disabled()
    assert silent(page)
    house.hold.set()
    compose(page)  # and the next press composes
    sounding(page)


def test_stop_keeps_what_there_is(browser: Chromium, house: Any) -> None:
    """A piece that is stopped on the way is shown as far as it is, and does not play by itself."""
    house.hold.clear()
    page = browser.open()
    page.click("#compose")
    expect(page.locator("#piece .done")).to_have_attribute("value", re.compile(r"0\.\d+"))
    page.click("#stop")
    finished(page)
    expect(page.locator("#piece .player .about")).to_contain_text("1 bar ")
    expect(page.locator("#link")).to_contain_text("cannot carry this piece")
    assert silent(page)


def test_stop_in_the_queue(browser: Chromium, house: Any) -> None:
    """A press that waits behind others' and is stopped composes nothing when its turn comes."""
    house.hold.clear()
    others = [browser.open() for _ in range(2)]
    for other in others:
        house.begun.clear()
        other.click("#compose")
        other.wait_for_function("() => document.querySelector('#piece .done').value > 0")
    page = browser.open()
    page.click("#compose")
    page.click("#stop")
    house.hold.set()
    page.wait_for_function("() => !document.body.matches('.mozart-composing')")
    assert len(house.composed) == 2


def test_stop_ends_the_sound(page: Page) -> None:
    """Stop is there as long as something sounds, and ends it."""
    compose(page)
    sounding(page)
    page.click("#stop")
    assert silent(page)
    expect(page.locator("#stop")).to_be_disabled()


def test_a_stop_that_overtakes_its_press(url: str, house: Any) -> None:
    """Stop that reaches the server before the press does ends it all the same."""
    house.composed.clear()
    call(url, "overtaken", "stop", {}, 5)
    events = call(url, "overtaken", "press", {}, 5)
    assert events[-1]["success"]
    assert not house.composed
    call(url, "overtaken", "press", {}, 6)
    assert len(house.composed) == 1


def call(url: str, session: str, name: str, settings: dict[str, object], press: int) -> list[dict[str, Any]]:
    """Send an event as the page does, with the widgets as they are but for those that are given: what the server says."""
    config = httpx.get(f"{url}/config").json()
    event = next(one for one in config["dependencies"] if one["api_name"] == name)
    parts = {part["id"]: part["props"] for part in config["components"]}
    data = [settings.get(parts[number].get("elem_id"), parts[number].get("value")) for number in event["inputs"]]
    sent = {"data": [*data[:-1], press], "fn_index": event["id"], "session_hash": session}
    if event["queue"] is False:
        assert httpx.post(f"{url}/gradio_api/run/predict", json=sent).status_code == 200
        return []
    assert httpx.post(f"{url}/gradio_api/queue/join", json=sent).status_code == 200
    with httpx.stream("GET", f"{url}/gradio_api/queue/data", params={"session_hash": session}, timeout=30) as answer:
        events = [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: ")]
    return [event for event in events if event["msg"] == "process_completed"]


@SIZES
def test_drafts(browser: Chromium, size: ViewportSize) -> None:
    """Three drafts with three sounds stand beside each other, none plays by itself, and the one that is kept is the piece."""
    page = browser.open(size=size)
    first = compose(page)
    page.click("#drafts")
    sounds = page.locator("#draft_group audio")
    expect(sounds).to_have_count(3)
    assert len({sound.get_attribute("src") for sound in sounds.all()}) == 3
    name = page.locator("#draft_1 figcaption span").inner_text()
    seed = int(re.findall(r"seed (\d+)", name)[0])
    assert seed == (int(re.findall(r"seed=(\d+)", first)[0]) + 2) % 2**32
    compose(page, "#keep_1")
    assert f"seed={seed}" in page.evaluate("location.search")
    expect(page.locator("#draft_group")).not_to_be_visible()
    sounding(page)


def mark(page: Page, first: int, last: int) -> None:
    """Mark bars in the roll by the keyboard, in silence: while it plays, the roll moves."""
    page.evaluate("() => { for (const audio of document.querySelectorAll('audio')) audio.pause(); }")
    page.locator("#piece .ruler span").first.focus()
    for key in ["ArrowRight"] * (first - 1) + ["Enter"] + ["Shift+ArrowRight"] * (last - first):
        page.keyboard.press(key)
    expect(page.locator("#piece .passage .bars")).to_have_text(f"Bars {first} to {last}")


def test_bars_again(page: Page) -> None:
    """Marked bars are composed again, all others stay as they are, and it can be taken back."""
    first = compose(page)
    before = notes(page)
    mark(page, 2, 3)
    second = compose(page, "#piece .again")
    assert re.search(r"again=2-3(%40|@)\d+", second)
    after = notes(page)
    others = [note for note in before if not 4 <= float(re.findall(r"--x:([\d.]+)", note)[0]) < 12]
    assert before != after
    assert [note for note in after if not 4 <= float(re.findall(r"--x:([\d.]+)", note)[0]) < 12] == others
    expect(page.locator("#undo")).to_be_visible()
    assert compose(page, "#undo") == first
    assert notes(page) == before
    expect(page.locator("#undo")).not_to_be_visible()


def test_continue_and_another_rhythm(page: Page) -> None:
    """A continued piece is longer; another rhythm keeps how many notes there are, and moves them."""
    compose(page)
    count = len(notes(page))
    compose(page, "#continue")
    longer = notes(page)
    assert len(longer) > 1.5 * count
    compose(page, "#retime input[value='0.5']")
    assert len(notes(page)) == len(longer)
    assert notes(page) != longer


def test_a_link(page: Page, browser: Chromium) -> None:
    """A followed link shows that piece and its settings, and the next Compose is a new one."""
    open_more(page)
    page.locator("#temperature input[type=number]").fill("1.3")
    link = compose(page)
    assert str(page.locator("#link a").get_attribute("href")) == link
    shown = notes(page)
    other = browser.open(link)
    finished(other)
    assert notes(other) == shown
    open_more(other)
    expect(other.locator("#temperature input[type=number]")).to_have_value("1.3")
    expect(other.locator("#seed").get_by_role("textbox")).to_have_value("")
    assert compose(other) != link
    sounding(other)


def test_a_link_is_copied(page: Page, browser: Chromium) -> None:
    """The button copies the whole address, and says so."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = compose(page)
    page.click("[data-copy]")
    expect(page.locator("#link [role=status]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{browser.url}/{link}"


def test_reload_and_back(page: Page) -> None:
    """The address follows the piece, so a reload brings it back, and so does coming back; the visit's list is there too."""
    page.evaluate("localStorage.clear()")
    compose(page)
    link = compose(page)
    shown = notes(page)
    page.reload()
    finished(page)
    assert notes(page) == shown
    page.goto("/manifest.json")
    page.go_back()
    finished(page)
    assert notes(page) == shown
    assert page.evaluate("location.search") == link
    expect(page.locator("#history .name")).to_have_count(2)


def test_the_visits_pieces(page: Page) -> None:
    """The list names pieces by character and key, leads back to them, and favourites come first and stay."""
    page.evaluate("localStorage.clear()")
    page.reload()
    first = compose(page, "#preset_0")
    shown = notes(page)
    compose(page)
    expect(page.locator("#history .name").last).to_have_text(re.compile(r"^Menuetto in G major · \d:\d\d · seed \d+$"))
    page.locator("#history [aria-pressed]").last.click()
    expect(page.locator("#history .name").first).to_have_text(re.compile("^Menuetto"))
    assert compose(page, "#history li:first-child .name") == first
    assert notes(page) == shown
    page.reload()
    expect(page.locator("#history [aria-pressed=true]")).to_have_count(1)
    page.evaluate("localStorage.clear()")


def test_hostile_names(browser: Chromium) -> None:
    """What a link or the browser's memory says is shown as text: no picture of somebody else's, nothing to click on."""
    bad = "<img src='http://127.0.0.1:9/x.png'><a href='http://127.0.0.1:9'>Log in</a>"
    page = browser.open()
    page.evaluate("(bad) => localStorage.setItem('mozart-pieces', JSON.stringify([{name: bad, query: bad}, 7, null]))", bad)
    page.goto(f"/?seed={bad}")
    expect(page.locator("#piece .message")).to_contain_text("The link cannot be followed.")
    expect(page.locator("#history .name")).to_have_text(bad)
    assert page.locator("#piece img, #piece a, #history img, #history a").count() == 0
    page.evaluate("localStorage.clear()")
    other = browser.open(f"?seed=1&character={bad[:50]}")
    finished(other)
    assert other.locator("#piece .title").inner_text().startswith("<img")
    assert other.locator("#piece img, #after img, #history img").count() == 0
    other.evaluate("localStorage.clear()")


def test_guess(page: Page) -> None:
    """Opening and both passages can be heard, equally long; the guess is answered and counted, for the visitor and for all."""
    page.click("#guess_next")
    expect(page.locator("#guess_opening audio")).to_be_visible()
    sounds = page.locator("#guess_a audio, #guess_b audio")
    expect(sounds).to_have_count(2)
    lengths = [hear(page, str(sound.get_attribute("src"))) for sound in sounds.all()]
    assert lengths[0][0] == lengths[1][0] > 1
    assert all(0.01 < loudest < 1 for _, loudest in lengths)
    page.locator("#guess input").first.click()
    expect(page.locator("#answer")).to_contain_text(re.compile(r"Passage [AB] is Mozart's.*You were right \d of 1 times"))
    expect(page.locator("#answer")).to_contain_text(re.compile(r"Visitors were right in \d+ % of \d+ guess"))
    expect(page.locator("#guess input").first).to_be_disabled()
    page.click("#guess_next")
    expect(page.locator("#answer")).not_to_contain_text("is Mozart's")


def test_comparison(page: Page) -> None:
    """Who has no piece, or one that goes on from nothing, is told what to do; otherwise three passages can be heard."""
    page.get_by_role("tab", name="Compare").click()
    page.click("#compare_now")
    expect(page.locator("#compare")).to_contain_text("First compose a piece that continues an opening")
    compose(page)
    page.click("#compare_now")
    expect(page.locator("#compare")).to_contain_text("has no opening")
    page.goto("/?seed=4&opening=random")
    finished(page)
    page.get_by_role("tab", name="Compare").click()
    page.click("#compare_now")
    expect(page.locator("#compare audio")).to_have_count(3)
    compose(page)
    expect(page.locator("#compare audio")).to_have_count(0)


def test_one_plays_at_a_time(page: Page) -> None:
    """The piece falls silent when a passage starts."""
    compose(page)
    sounding(page)
    page.click("#guess_next")
    opening = page.locator("#guess_opening audio")
    expect(opening).to_be_visible()
    opening.evaluate("(audio) => audio.play()")
    assert page.locator("#piece audio").evaluate("(audio) => audio.paused")


def test_two_wishes_at_once(browser: Chromium, house: Any) -> None:
    """A second press while the first piece is composed stops nothing: both pieces are in the list."""
    page = browser.open()
    page.evaluate("localStorage.clear()")
    house.hold.clear()
    page.click("#compose")
    page.click("#compose")
    page.wait_for_function("() => document.querySelector('#piece .done').value > 0")
    house.hold.set()
    expect(page.locator("#history .name")).to_have_count(2)
    finished(page)


def test_files_are_named(page: Page) -> None:
    """The files are named after the piece that is shown."""
    link = compose(page, "#preset_0")
    seed = re.findall(r"seed=(\d+)", link)[0]
    for ending in ("mid", "musicxml", "mp3", "wav"):
        expect(page.locator(f"#{ending}")).to_have_attribute("download", f"mozart-menuetto-in-g-major-seed-{seed}.{ending}")
    for ending, begins in (("mid", b"MThd"), ("pdf", b"%PDF"), ("png", b"\x89PNG")):
        with page.expect_download() as waiting:
            page.click(f"#{ending}")
        assert waiting.value.suggested_filename == f"mozart-menuetto-in-g-major-seed-{seed}.{ending}"
        assert Path(waiting.value.path()).read_bytes().startswith(begins)


def test_the_picture_of_the_score(browser: Chromium) -> None:
    """The picture is black on white in the dark theme too, as large as the page twice over, with nothing lit."""
    page = browser.open("?__theme=dark")
    compose(page)
    sounding(page)
    with page.expect_download() as waiting:
        page.click("#png")
    picture = plt.imread(waiting.value.path())
    assert picture.shape[1] > 1600
    colours = picture[..., :3].reshape(-1, 3)
    assert np.ptp(colours, axis=1).max() < 0.02  # greys only
    assert colours.min() < 0.1
    assert np.median(colours) == 1


def test_the_card_is_a_press_away(page: Page) -> None:
    """What is said of how like Mozart pieces are leads to how that was measured."""
    compose(page)
    page.click("#about .mozart-open")
    expect(page.locator("#measures")).to_be_in_viewport()


def test_the_gallery_stays(page: Page) -> None:
    """Pieces that were composed beforehand are there before the first press, and after it."""
    expect(page.locator("#gallery audio")).to_have_count(3)
    compose(page)
    expect(page.locator("#gallery audio")).to_have_count(3)


def test_the_length_says_its_time(page: Page) -> None:
    """Below the length stands how long so many bars play."""
    expect(page.locator("#hint")).to_contain_text("32 bars: 48 s to 1 min 20 s.")


def test_an_empty_length(page: Page) -> None:
    """An emptied length becomes the shortest, in the field and in the piece, with no error on the console."""
    page.locator("#length input[type=number]").fill("")
    compose(page)
    expect(page.locator("#length input[type=number]")).to_have_value("4")
    expect(page.locator("#piece .player .about")).to_contain_text("4 bars")


def test_a_persons_own_opening(page: Page, tmp_path: Path) -> None:
    """A piece goes on from a person's own MIDI file, whose name it says, and which no link can carry."""
    own = tmp_path / "mine.mid"
    own.write_bytes(b"MThd")
    open_more(page)
    page.click("#opening input")
    page.get_by_role("option", name=re.compile("own MIDI")).click()
    page.locator("#own input[type=file]").set_input_files(own)
    expect(page.locator("#own").get_by_role("cell", name="mine.mid")).to_be_visible()
    page.click("#compose")
    expect(page.locator("#about")).to_contain_text("mine.mid")
    expect(page.locator("#link")).to_contain_text("cannot carry this piece")


def test_in_the_laboratorys_way(page: Page, house: Any) -> None:
    """As in the laboratory: what it does not use is greyed out, and left out of the request."""
    open_more(page)
    page.check("#lab input")
    expect(page.locator("#temperature input[type=number]")).to_be_disabled()
    compose(page)
    assert house.composed[-1].changed(seed=None) == Request(lab=True, length="32bars", include_opening=False)


@SIZES
def test_nothing_sticks_out(browser: Chromium, size: ViewportSize) -> None:
    """Nothing sticks out sideways, neither before nor after composing, in any tab, with drafts and all settings."""
    page = browser.open(size=size)
    open_more(page)
    assert overflow(page) == 0
    compose(page)
    page.click("#drafts")
    expect(page.locator("#draft_group audio")).to_have_count(3)
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert overflow(page) == 0


def test_the_piece_comes_first_on_a_telephone(browser: Chromium) -> None:
    """On a narrow screen the settings are behind a button, and the piece is on the first screen."""
    page = browser.open(size=NARROW)
    expect(page.locator("#length")).not_to_be_visible()
    expect(page.locator("#piece")).to_be_in_viewport()
    page.click("#choose_more")
    expect(page.locator("#length")).to_be_visible()


@SIZES
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers(browser: Chromium, theme: str, size: ViewportSize) -> None:
    """axe finds nothing serious in the whole page, in either theme."""
    page = browser.open(f"?__theme={theme}", size=size)
    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
    compose(page)
    assert f"__theme={theme}" in page.evaluate("location.search")
    open_more(page)
    page.click("#drafts")
    page.click("#guess_next")
    expect(page.locator("#draft_group audio")).to_have_count(3)
    expect(page.locator("#guess_opening audio")).to_be_visible()
    assert barriers(page, EXCEPTIONS) == []


@SIZES
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers_on_the_way(browser: Chromium, house: Any, theme: str, size: ViewportSize) -> None:
    """axe finds nothing serious while a piece is composed, while one plays, and when a sentence says what is wrong."""
    house.hold.clear()
    page = browser.open(f"?__theme={theme}", size=size)
    page.click("#compose")
    expect(page.locator("#piece .done")).to_have_attribute("value", re.compile(r"0?\.\d+"))
    assert barriers(page, EXCEPTIONS) == []
    house.hold.set()
    finished(page)
    sounding(page)
    assert barriers(page, EXCEPTIONS) == []
    sounding(page)
    open_more(page)
    page.locator("#seed").get_by_role("textbox").fill("many")
    page.click("#compose")
    expect(page.locator("#piece .message")).to_contain_text("seed")
    expect(page.get_by_test_id("toast-text")).to_have_count(0)  # it is said once
    assert barriers(page, EXCEPTIONS) == []


def test_the_card(url: str) -> None:
    """What other sites show of a link is ours: one title, one picture, which is there."""
    page = httpx.get(f"{url}/?seed=7&character=Menuetto&key=G+major").text
    assert re.findall(r'property="og:title" content="([^"]*)"', page) == ["Menuetto in G major, composed by a network after Mozart"]
    (picture,) = re.findall(r'property="og:image" content="([^"]*)"', page)
    assert httpx.get(picture).headers["content-type"] == "image/png"


def test_from_code(browser: Chromium, url: str) -> None:
    """The examples carry the page's own address."""
    page = browser.open()
    page.get_by_role("tab", name="From code").click()
    expect(page.locator("#code")).to_contain_text(f'Client("{url}/")')


def test_the_endpoint(url: str, tmp_path: Path) -> None:
    """A program gets sound, MIDI, MusicXML and what is to be known, and the same again for the same request."""
    client = Client(url, download_files=str(tmp_path), verbose=False)
    sound, midi, musicxml, about = client.predict(length="4bars", seed=7, key="G major", api_name="/compose")
    assert [Path(path).suffix for path in (sound, midi, musicxml)] == [".mp3", ".mid", ".musicxml"]
    assert (about["seed"], about["title"]) == (7, "Allegro in G major")
    again = client.predict(length="4bars", seed=7, key="G major", api_name="/compose")
    assert Path(again[1]).read_bytes() == Path(midi).read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {"length": 0},
        {"length": 10**9},
        {"length": "many"},
        {"offsets": "0.3"},
        {"opening": "/etc/mine.mid"},
        {"opening": ""},
        {"temperature": 0},
        {"temperature": "hot"},
        {"seed": -1},
        {"seed": [1]},
        {"max_copy": 1},
        {"key": "H major"},
        {"lab": "perhaps"},
        {"again": "9"},
    ],
)
def test_refuses_impossible_values(url: str, settings: dict[str, object]) -> None:
    """A call with values that make no sense is refused in one sentence."""
    with pytest.raises(AppError) as error:
        Client(url, verbose=False).predict(**settings, api_name="/compose")
    assert re.fullmatch(r"[A-Z/].{10,300}\.", str(error.value))


def test_a_tool_for_language_models(url: str) -> None:
    """The endpoint, and nothing else of the page, is public, with all settings."""
    public = httpx.get(f"{url}/gradio_api/info").json()["named_endpoints"]
    assert list(public) == ["/compose"]
    assert [parameter["parameter_name"] for parameter in public["/compose"]["parameters"]] == list(Request.model_fields)


def test_no_file_is_read_but_an_upload(url: str, tmp_path: Path, house: Any) -> None:
    """A forged press that names a file of the server's as its own MIDI file is refused, and says nothing of the file."""
    secret = tmp_path / "secret.mid"
    secret.write_bytes(b"MThd")
    house.composed.clear()
    own = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    events = call(url, "forger", "press", {"opening": "own", "own": own}, 1)
    assert not events[-1]["success"]
    assert "secret.mid" not in json.dumps(events[-1]["output"].get("data", ""))
    assert not house.composed


def test_who_leaves_holds_nobody() -> None:
    """What nobody waits for any more is given up."""
    composer = stub_composer()
    composer.hold.clear()
    ended = threading.Event()
    compose = composer.compose

    def tell(request: Request, *told: Any) -> Any:
        piece = compose(request, *told)
        ended.set()
        return piece

    composer.compose = tell
    blocks = build_page(Studio(composer))
    _, address, _ = blocks.queue().launch(prevent_thread_lock=True, quiet=True)
    try:
        with httpx.stream("GET", f"{address}gradio_api/heartbeat/leaver", timeout=30):
            config = httpx.get(f"{address}config").json()
            event = next(one for one in config["dependencies"] if one["api_name"] == "press")
            parts = {part["id"]: part["props"] for part in config["components"]}
            data = [parts[number].get("value") for number in event["inputs"]]
            sent = {"data": [*data[:-1], 1], "fn_index": event["id"], "session_hash": "leaver"}
            assert httpx.post(f"{address}gradio_api/queue/join", json=sent).status_code == 200
            assert composer.begun.wait(30)
            assert not ended.is_set()
        assert ended.wait(30)
    finally:
        blocks.close()


def test_what_was_shown_is_forgotten() -> None:
    """The server keeps nothing of a visitor's pieces in the page's components: their number stays the same."""
    blocks = build_page(Studio(stub_composer()))
    _, address, _ = blocks.queue().launch(prevent_thread_lock=True, quiet=True)
    try:
        kept = []
        for press in range(1, 5):
            call(address.rstrip("/"), "visitor", "press", {}, press)
            gc.collect()
            kept.append(sum(issubclass(type(thing), gr.HTML) for thing in gc.get_objects()))
        assert kept[1:] == kept[1:2] * 3
    finally:
        blocks.close()
