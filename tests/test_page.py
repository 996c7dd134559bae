"""The page composes: asked through its server, as a program would, and in a browser, as a person would."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import httpx
import mido
import numpy as np
import pretty_midi
import pytest
import soundfile
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import Locator, Page, expect

import tiny
from browser import NARROW, Chromium, barriers, find_chromium, hear
from hub_server import Commit, HubServer
from mozart.checkpoint import FILES, load_checkpoint
from mozart.composer import Composer, Composition
from mozart.page import build_page
from mozart.request import Request
from mozart.studio import Studio

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.page
EXCEPTIONS: dict[str, str] = {}


@contextmanager
def running_app(**environment: str) -> Iterator[str]:
    """`python app.py` on a free port: its address, when it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "OMP_NUM_THREADS": "1", **environment}
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment) as server:
        try:
            for _ in range(600):
                assert server.poll() is None, "app.py ended before it answered"
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def shown_texts(url: str) -> list[str]:
    """What the page's parts say when it is opened."""
    return [str(part["props"].get("value")) for part in Client(url, verbose=False).config["components"]]


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's folder for temporary files."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def url(checkpoint_folder: Path, temporary: Path) -> Iterator[str]:
    """The address of the page, which composes from an untrained checkpoint."""
    with running_app(MOZART_MODEL=str(checkpoint_folder), TMPDIR=str(temporary)) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A program that asks the page."""
    return Client(url, download_files=str(tmp_path_factory.mktemp("downloads")), verbose=False)


@pytest.fixture(scope="module")
def chromium(url: str) -> Iterator[Chromium]:
    """The browser; without one its tests are left out, but never in CI."""
    path = find_chromium()
    if path is None:
        missing = "there is no Chromium: `bash .ci/setup browser` installs one"
        assert not os.environ.get("CI"), missing
        pytest.skip(missing)
    with Chromium(path, url) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Chromium]:
    """The browser for one test, which fails when anything went wrong in a page on the way, whatever the test is about."""
    chromium.troubles.clear()
    yield chromium
    chromium.close_pages()
    assert chromium.troubles == []


@pytest.fixture
def page(browser: Chromium) -> Page:
    """The page as a person sees it who has just opened it on a computer."""
    return browser.open()


@pytest.mark.parametrize("offsets", ["0.25", "0.5", "sampled", "contextual"])
def test_composes(client: Client, offsets: str) -> None:
    """The sound is not silent, the MIDI holds the notes that are told, and the opening is left out."""
    sound, midi, piece = client.predict(length=60, offsets=offsets, seed=7, tempo=120, api_name="/compose")
    samples, _ = soundfile.read(sound)
    assert 0.1 < np.abs(samples).max() <= 1
    starts = np.unique([note.start for note in pretty_midi.PrettyMIDI(midi).instruments[0].notes])
    np.testing.assert_allclose(starts, np.unique(np.round(piece["offsets"], 6)) / 2, atol=0.005)
    assert len(piece["tokens"]) == 60
    assert piece["seed"] == 7
    assert (Path(midi).suffix, Path(sound).suffix) == (".mid", ".mp3")


@pytest.mark.parametrize(
    "settings",
    [
        {"length": None},
        {"length": 0},
        {"length": 10**9},
        {"length": 60.5},
        {"length": "many"},
        {"offsets": "0.3"},
        {"offsets": "/etc/passwd"},
        {"opening": "/etc/passwd"},
        {"opening": "/etc/mine.mid"},
        {"temperature": 0},
        {"seed": -1},
        {"max_copy": 1},
    ],
)
def test_refuses_impossible_values(client: Client, settings: dict[str, object]) -> None:
    """A call with values that make no sense is refused in a sentence, and the page goes on working."""
    with pytest.raises(AppError) as error:
        client.predict(**settings, api_name="/compose")
    assert re.fullmatch(r"[A-Z/].*\.", str(error.value))
    assert client.predict(length=50, api_name="/compose")


def test_no_file_is_read_but_an_upload(url: str, tmp_path: Path) -> None:
    """A forged press that names a file of the server's as its own MIDI file is refused, and says nothing of the file."""
    secret = tiny.write_midi(tmp_path / "secret.mid")
    join(url, "forger", {"opening": "own", "own": {"path": str(secret), "meta": {"_type": "gradio.FileData"}}})
    with httpx.stream("GET", f"{url}/gradio_api/queue/data", params={"session_hash": "forger"}, timeout=30) as answer:
        events = [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: ")]
    (done,) = [event for event in events if event["msg"] == "process_completed"]
    assert not done["success"]
    assert "secret.mid" not in json.dumps(done["output"].get("data", ""))


def test_who_leaves_holds_nobody(checkpoint_folder: Path) -> None:
    """What nobody waits for any more is given up."""
    begun, ended = threading.Event(), threading.Event()

    class Endless(Composer):
        def compose(self, request: Request, on_note: Callable[[int, int], object] = lambda _done, _length: True) -> Composition:
            begun.set()
            while on_note(10, 100):
                time.sleep(0.01)
            ended.set()
            return super().compose(request)

    blocks = build_page(Studio(Endless(load_checkpoint(checkpoint_folder), "endless")))
    _, url, _ = blocks.queue().launch(prevent_thread_lock=True, quiet=True)
    try:
        with httpx.stream("GET", f"{url}gradio_api/heartbeat/leaver", timeout=30):
            join(url.rstrip("/"), "leaver", {})
            assert begun.wait(30)
            assert not ended.is_set()
        assert ended.wait(30)
    finally:
        blocks.close()


def join(url: str, session: str, settings: dict[str, object]) -> None:
    """Press Compose as the page does, with the settings as they are, but for those that are given."""
    config = httpx.get(f"{url}/config").json()
    press = next(dependency for dependency in config["dependencies"] if dependency["api_name"] == "press")
    parts = {part["id"]: part["props"] for part in config["components"]}
    data = [settings.get(parts[number].get("elem_id"), parts[number].get("value")) for number in press["inputs"]]
    call = {"data": data, "fn_index": press["id"], "session_hash": session}
    assert httpx.post(f"{url}/gradio_api/queue/join", json=call).status_code == 200


def test_a_tool_for_language_models(url: str) -> None:
    """The endpoint, and nothing else of the page, is an MCP tool, whose settings are explained."""
    (tool,) = httpx.get(f"{url}/gradio_api/mcp/schema").json()
    assert tool["name"] == "compose"
    settings = tool["inputSchema"]["properties"]
    assert settings.keys() == {field.name for field in fields(Request)}
    assert all(setting["description"] for setting in settings.values())


def test_leaves_no_files_of_its_own(client: Client, temporary: Path) -> None:
    """What stays of a piece is what Gradio's cache holds, which it deletes by itself."""
    client.predict(length=50, api_name="/compose")
    assert {path.name for path in temporary.iterdir()} <= {"gradio"}


@pytest.fixture(scope="module")
def bare_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page that lacks all that may be lacking: FluidSynth, and the checkpoint that MOZART_MODEL names."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "fluidsynth.py").write_text("raise ImportError('no library')")
    with running_app(MOZART_MODEL=str(folder / "no" / "such"), PYTHONPATH=str(folder)) as address:
        yield address


def test_without_fluidsynth(bare_url: str) -> None:
    """The MIDI file comes all the same, and a warning says what to install for the sound."""
    sound, midi, piece = Client(bare_url, verbose=False).predict(length=50, api_name="/compose")
    assert sound is None
    assert pretty_midi.PrettyMIDI(midi).instruments
    assert any("libfluidsynth3" in warning for warning in piece["warnings"])


def test_a_model_that_cannot_be_had(bare_url: str) -> None:
    """The page starts all the same, from the shipped checkpoint, and says so."""
    assert any("There is no checkpoint" in text and "ships with the code" in text for text in shown_texts(bare_url))


def test_a_model_from_the_hub(checkpoint_folder: Path, tmp_path: Path) -> None:
    """MOZART_MODEL and MOZART_REVISION name a checkpoint on the Hub; the page downloads it and says that it uses it."""
    files = {name: (checkpoint_folder / name).read_bytes() for name in FILES}
    with HubServer() as hub:
        hub.repos["user/tiny"] = [Commit("a" * 40, files), Commit("b" * 40, {})]
        environment = hub.environment(tmp_path / "home")
        with running_app(MOZART_MODEL="user/tiny", MOZART_REVISION="a" * 40, **environment) as url:
            texts = shown_texts(url)
    assert any(text.startswith("Composed from the checkpoint `user/tiny`") for text in texts)
    assert not [text for text in texts if "ships with the code" in text]


def compose(page: Page, length: int = 60) -> None:
    """Ask for a piece and wait until it can be heard and seen."""
    page.locator("#length input[type=number]").fill(str(length))
    ask(page, "#compose")
    expect(page.locator("#score .mozart-page svg").first).to_be_visible()


def ask(page: Page, selector: str) -> None:
    """Click on what makes a piece and wait until it can be heard."""
    audio = page.locator("#piece audio")
    before = audio.get_attribute("src") if audio.count() else ""
    page.click(selector)
    expect(audio).not_to_have_attribute("src", str(before))


def seed(page: Page) -> str:
    return str(re.findall(r"Seed\W*(\d+)", page.inner_text("#about"))[0])


def notes(page: Page) -> list[tuple[str, str]]:
    """When and how high the notes in the roll are: x and y."""
    rects = page.locator("#piece .mozart-roll g rect")
    return [
        tuple(place) for place in rects.evaluate_all("all => all.map((rect) => [rect.getAttribute('x'), rect.getAttribute('y')])")
    ]


def download(page: Page, selector: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.click(selector)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def is_heard(audio: Locator) -> bool:
    """Whether a sound has some length, and is neither silent nor cut off."""
    seconds, loudest = hear(audio.page, str(audio.get_attribute("src")))
    return seconds > 1 and 0.01 < loudest < 1


def play(player: Locator) -> None:
    """Play by the keyboard, and wait until the playhead moves."""
    player.locator("audio").focus()
    player.page.keyboard.press("Space")
    moved = "(player) => new DOMMatrix(getComputedStyle(player.querySelector('.mozart-playhead')).transform).m41 > 1"
    player.page.wait_for_function(moved, arg=player.element_handle())


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_pieces_are_ready(page: Page) -> None:
    """Before anything is composed there are three pieces, and each can be played at once."""
    sounds = page.locator("#gallery .mozart-player audio")
    expect(sounds).to_have_count(3)
    assert all(is_heard(sound) for sound in sounds.all())


def test_a_piece_is_taken_home(page: Page, tmp_path: Path) -> None:
    """A piece is heard, neither silent nor too loud, and its files hold what is heard and seen, each named after the piece."""
    compose(page)
    shown = notes(page)
    assert len(shown) >= 60
    assert is_heard(page.locator("#piece audio"))
    midi, score, *sounds = [download(page, f"#{kind}", tmp_path) for kind in ("midi", "musicxml", "mp3", "wav")]
    assert len(pretty_midi.PrettyMIDI(str(midi)).instruments[0].notes) == len(shown)
    written = [note for note in ET.parse(score).iter("note") if note.find("pitch") is not None]
    # Two voices that strike one key together are one note on paper where one hand plays both.
    assert len(set(shown)) <= len([note for note in written if note.find("tie[@type='stop']") is None]) <= len(shown)
    for sound in sounds:
        samples, rate = soundfile.read(sound)
        assert len(samples) > rate
        assert 0.01 < np.abs(samples).max() <= 1
    assert [path.suffix for path in (midi, score, *sounds)] == [".mid", ".musicxml", ".mp3", ".wav"]
    assert all(path.stem.startswith("mozart") and seed(page) in path.stem for path in (midi, score, *sounds))


def test_a_shared_passage_is_played(browser: Chromium) -> None:
    """The passage that a piece shares with the sonatas is marked in the roll, and a button plays it, and no more."""
    page = browser.open("?seed=3&length=300&include_opening=false")  # shares 27 notes
    button = page.locator("#piece [data-from]")
    expect(page.locator("#piece .mozart-roll .mozart-shared").first).to_be_attached()
    start, end = (float(str(button.get_attribute(name))) for name in ("data-from", "data-to"))
    button.click()
    audio = page.locator("#piece audio")
    page.wait_for_function("(audio) => audio.paused && audio.currentTime > 0", arg=audio.element_handle())
    assert start < audio.evaluate("(audio) => audio.currentTime") < end + 1


def test_one_plays_at_a_time(page: Page) -> None:
    """The playhead follows the sound, and a player falls silent when another one starts."""
    first, second, _ = page.locator("#gallery .mozart-player").all()
    play(first)
    play(second)
    assert first.locator("audio").evaluate("(audio) => audio.paused")


def test_sheet_music_is_turned(page: Page) -> None:
    """The sheet music has notes, and a piece of several pages is turned."""
    compose(page, 300)
    assert page.locator("#score .mozart-page:visible g.note").count() > 10
    page.click("#score [data-turn='1']")
    expect(page.locator("#score [aria-live]")).to_contain_text("page 2")
    expect(page.locator("#score .mozart-page:visible")).to_have_attribute("aria-label", re.compile("^Page 2 "))


def test_another_rhythm(page: Page) -> None:
    """Another rhythm keeps every pitch and moves the notes, and the playhead follows them too."""
    compose(page)
    before = notes(page)
    ask(page, "#retime input[value='0.5']")
    after = notes(page)
    assert [y for _, y in after] == [y for _, y in before]
    assert [x for x, _ in after] != [x for x, _ in before]
    play(page.locator("#piece .mozart-player"))


def test_three_more(page: Page) -> None:
    """Three more pieces with the same settings, and the visit's list leads back to the first."""
    compose(page)
    first, shown = seed(page), notes(page)
    ask(page, "#more")
    assert seed(page) != first
    choices = page.locator("#history input")
    expect(choices).to_have_count(4)
    ask(page, "#history label:last-of-type input")
    assert (seed(page), notes(page)) == (first, shown)


def test_continue(page: Page) -> None:
    """A continued piece is the same piece, and longer."""
    compose(page)
    before = notes(page)
    ask(page, "#continue")
    assert len(notes(page)) > len(before)
    assert notes(page)[: len(before) // 2] == before[: len(before) // 2]


def test_a_link(page: Page, browser: Chromium, tmp_path: Path) -> None:
    """The link opens the page with the piece's settings, and composes the same piece."""
    open_settings(page)
    page.locator("#temperature input[type=number]").fill("1.3")
    compose(page, 70)
    query = str(page.locator("#link a").get_attribute("href"))
    other = browser.open(query[query.index("?") :])
    expect(other.locator("#piece audio")).to_be_attached()
    assert seed(other) == seed(page)
    expect(other.locator("#length input[type=number]")).to_have_value("70")
    first, second = (download(one, "#midi", tmp_path).read_bytes() for one in (page, other))
    assert first == second


def test_a_link_brings_no_html(browser: Chromium) -> None:
    """What a link says is shown as text: no picture of somebody else's, nothing to click on."""
    other = browser.open("?seed=<img src='http://127.0.0.1:9/x.png'><a href='http://127.0.0.1:9'>Log in</a>")
    toast = other.get_by_test_id("toast-text")
    expect(toast).to_contain_text("The link cannot be followed.")
    assert toast.locator("img, a").count() == 0


def test_a_link_to_what_no_slider_has(browser: Chromium) -> None:
    """A link may ask for more than the sliders have: its piece is composed, and the page goes on working."""
    other = browser.open("?seed=1&length=1100&temperature=5&opening=Work 1")
    expect(other.locator("#piece audio")).to_be_attached()
    expect(other.locator("#length input[type=number]")).to_have_value("1000")
    compose(other)


def test_two_wishes_at_once(page: Page) -> None:
    """A second wish while the first piece is composed stops nothing, and both pieces are in the visit's list."""
    compose(page)
    open_settings(page)
    page.check("#lab input")
    page.locator("#length input[type=number]").fill("1000")
    page.click("#compose")
    page.click("#retime input[value='0.5']")
    choices = page.locator("#history input")
    expect(choices).to_have_count(3)
    expect(page.locator("#history")).to_contain_text("1000 notes, 0.25, lab")


def test_files_belong_to_what_is_shown(page: Page) -> None:
    """Who goes back while the sheet music of a long piece is drawn gets the files of the piece that is shown."""
    compose(page)
    first = seed(page)
    page.locator("#length input[type=number]").fill("1000")
    ask(page, "#compose")
    ask(page, "#history label:last-of-type input")
    assert seed(page) == first
    for kind in ("musicxml", "wav"):
        expect(page.locator(f"#{kind}")).to_have_attribute("download", re.compile(rf"-seed-{first}\."))
    page.wait_for_timeout(3000)  # what was drawn for the other piece has come to nothing by now
    expect(page.locator("#midi")).to_have_attribute("download", re.compile(rf"-seed-{first}\."))


def test_nothing_to_compare_yet(page: Page) -> None:
    """Who has just come is told to compose first."""
    page.get_by_role("tab", name="Compare").click()
    page.wait_for_timeout(1000)  # all that happens when the page is opened has happened
    expect(page.locator("#compare")).to_have_text("Compose a piece first.")


def test_the_comparison_is_of_the_latest_piece(page: Page) -> None:
    """A new piece takes the older comparison away, and the button makes its own."""
    compose(page)
    page.get_by_role("tab", name="Compare").click()
    sounds = page.locator("#compare .mozart-player audio")
    expect(sounds.first).to_be_attached()
    ask(page, "#compose")
    expect(sounds).to_have_count(0)
    page.click("#compare_now")
    expect(sounds.first).to_be_attached()


def test_stop(page: Page) -> None:
    """Stop ends a long piece early, and what there is can be heard."""
    open_settings(page)
    page.check("#lab input")
    page.locator("#length input[type=number]").fill("1000")
    page.click("#compose")
    page.click("#stop")
    expect(page.locator("#piece audio")).to_be_attached()
    assert 0 < len(notes(page)) < 1000


def test_a_persons_own_opening(page: Page, tmp_path: Path) -> None:
    """A piece starts from a person's own MIDI file, whose name it says."""
    choose_own(page, tiny.write_midi(tmp_path / "mine.mid"))
    compose(page)
    expect(page.locator("#about")).to_contain_text("mine.mid")


def write_bad(path: Path) -> Path:
    """A file that a person may take for music, as bad as its name says."""
    match path.stem:
        case "text":
            path.write_text("no music")
        case "empty":
            path.write_bytes(b"")
        case "drums":
            tiny.write_midi(path, drums=True)
        case "many":
            tiny.write_midi(path, n_notes=40_000)
        case "slow":
            midi = mido.MidiFile(tracks=[mido.MidiTrack()])
            midi.tracks[0] += [mido.Message("note_on", note=60 + i % 12, time=10**7) for i in range(20_000)]
            midi.save(path)
    return path


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("text", "text.mid cannot be read as MIDI: choose another file."),
        ("empty", "empty.mid cannot be read as MIDI: choose another file."),
        ("drums", "drums.mid holds no notes with a pitch (it is empty, or drums only): choose another file."),
        ("many", "many.mid is too large"),
        ("slow", "slow.mid spreads its first notes over"),
    ],
)
def test_a_bad_file(page: Page, tmp_path: Path, name: str, sentence: str) -> None:
    """What no piece can go on from is refused in a sentence, and the page goes on working."""
    choose_own(page, write_bad(tmp_path / f"{name}.mid"))
    page.click("#compose")
    expect(page.get_by_test_id("toast-text")).to_contain_text(sentence)
    page.locator("#own").get_by_label("Clear").click()
    choose_own(page, tiny.write_midi(tmp_path / "mine.mid"))
    compose(page)


def test_a_file_of_fifty_megabytes(page: Page, browser: Chromium, tmp_path: Path) -> None:
    """It is refused before it is read, and the page goes on working."""
    large = tmp_path / "large.mid"
    large.write_bytes(b"MThd" + bytes(50_000_000))
    page.click("#opening input")
    page.get_by_role("option", name=re.compile("own MIDI")).click()
    page.locator("#own input[type=file]").set_input_files(large)
    expect(page.get_by_test_id("toast-text")).to_contain_text("exceed the maximum allowed size of 5.0 Mb")
    browser.troubles.clear()  # the browser complains of the upload that was refused
    page.reload()
    compose(page)


def test_comparison(page: Page, tmp_path: Path) -> None:
    """The opening, its own way on and the piece's can be heard one after the other."""
    choose_own(page, tiny.write_midi(tmp_path / "mine.mid"))
    compose(page)
    page.get_by_role("tab", name="Compare").click()
    sounds = page.locator("#compare .mozart-player audio")
    expect(sounds).to_have_count(3)
    assert all(is_heard(sound) for sound in sounds.all())


def test_riddle(page: Page) -> None:
    """After a guess the page says which passage is Mozart's, and asks the next riddle."""
    page.get_by_role("tab", name="Guess").click()
    page.click("#quiz_next")
    expect(page.locator("#quiz_a .mozart-player, #quiz_b .mozart-player")).to_have_count(2)
    first = str(page.locator("#quiz_a audio").get_attribute("src"))
    page.locator("#guess input").first.click()
    expect(page.locator("#answer")).to_contain_text(re.compile("Passage [AB] is Mozart's"))
    page.click("#quiz_next")
    expect(page.locator("#quiz_a audio")).not_to_have_attribute("src", first)
    expect(page.locator("#answer")).not_to_contain_text("Mozart")


def test_empty_numbers(page: Page) -> None:
    """Who looks at all settings and leaves them as they are gets another piece each time."""
    open_settings(page)
    for name in ("tempo", "max_copy", "seed"):
        expect(page.locator(f"#{name}").get_by_role("textbox")).to_have_value("")
    compose(page)
    first = seed(page)
    ask(page, "#compose")
    assert seed(page) != first


def test_on_a_telephone(browser: Chromium) -> None:
    """On a narrow screen nothing sticks out sideways, neither before nor after composing, in any tab."""
    page = browser.open(size=NARROW)
    open_settings(page)
    assert overflow(page) == 0
    compose(page)
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert overflow(page) == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers(browser: Chromium, theme: str) -> None:
    """axe finds nothing serious in the whole page, in either theme."""
    page = browser.open(f"?__theme={theme}")
    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
    compose(page)
    open_settings(page)
    assert barriers(page, EXCEPTIONS) == []


def open_settings(page: Page) -> None:
    page.locator("#settings button").first.click()
    expect(page.locator("#temperature")).to_be_visible()


def choose_own(page: Page, path: Path) -> None:
    page.click("#opening input")
    page.get_by_role("option", name=re.compile("own MIDI")).click()
    page.locator("#own input[type=file]").set_input_files(path)
    expect(page.locator("#own").get_by_role("cell", name=path.name)).to_be_visible()
