"""Pieces are remembered, each as its own checkpoint's."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page import studio as studios
from mozart.page.studio import Studio
from stub import stub_composer

ROOT = Path(__file__).parents[2]


def test_pieces_are_remembered(studio: Studio, composer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same request is not composed twice; the oldest are forgotten."""
    monkeypatch.setattr(studios, "KEPT", 2)
    first = studio.compose(Request(seed=1))
    assert studio.compose(Request(seed=1)).score is first.score
    for seed in (2, 3):
        studio.compose(Request(seed=seed))
    studio.compose(Request(seed=1))
    assert [request.seed for request in composer.composed] == [1, 2, 3, 1]


def test_what_was_ended_early_is_not_remembered(studio: Studio) -> None:
    """A piece that was stopped is not handed out for its request, which means the whole."""
    part = studio.compose(Request(seed=1), lambda done, _: done < 3)
    assert len(part.score.bars) == 3
    assert len(studio.compose(Request(seed=1)).score.bars) == 32


def test_pieces_without_a_seed_are_new(studio: Studio) -> None:
    """An empty seed asks for another piece every time."""
    assert studio.compose(Request()).seed != studio.compose(Request()).seed


def test_a_piece_under_way_stays_its_own_checkpoints(studio: Studio, composer: Any) -> None:
    """What the old composer was composing when another one was adopted is not handed out as the new one's."""
    composer.hold.clear()
    under_way = threading.Thread(target=studio.compose, args=(Request(seed=1),))
    under_way.start()
    assert composer.begun.wait(30)
    later = stub_composer(name="later", identity="another")
    studio.adopt(later)
    composer.hold.set()
    under_way.join(30)
    assert studio.compose(Request(seed=1)).composer is later


def test_adopting_ends_the_notice(composer: Any) -> None:
    """The checkpoint that was waited for is there: nothing is said of waiting any more."""
    studio = Studio(composer, "Another one is coming.")
    studio.adopt(stub_composer(name="later"))
    assert (studio.notice, studio.composer.name) == ("", "later")


def test_drafts_are_alike(studio: Studio) -> None:
    """Drafts have the settings of the piece, other seeds, and its opening even where that was drawn by lot."""
    drafts = studio.drafts(studio.compose(Request(seed=4, opening="random", key="G major", again="1-2@3")), 3)
    assert {draft.opening for draft in drafts} == {"K. 1, movement 1"}
    assert {(draft.key, draft.again) for draft in drafts} == {("G major", "")}
    assert len({4, *(draft.seed for draft in drafts)}) == 4


def test_drafts_of_the_last_seed(studio: Studio) -> None:
    """After the largest seed comes 0."""
    assert [draft.seed for draft in studio.drafts(studio.compose(Request(seed=2**32 - 1)), 2)] == [0, 1]


def test_an_own_file_that_is_gone(studio: Studio, tmp_path: Path) -> None:
    """What has been deleted in the meantime must be chosen again."""
    with pytest.raises(MozartError, match=r"^mine.mid is no longer here"):
        studio.compose(Request(opening=str(tmp_path / "mine.mid")))


def test_warming_up_without_sound(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where FluidSynth is missing, the page starts all the same."""

    def missing(*_: object) -> None:
        raise MozartError("There is no sound.")

    monkeypatch.setattr(studio.composer, "compose", missing)
    studio.warm_up()


@pytest.mark.process
def test_the_page_loads_no_torch() -> None:
    """Importing the page loads neither torch nor music21 nor anything that trains."""
    code = (
        "import sys, mozart.page.page\n"
        "loaded = [name for name in sys.modules if name.split('.')[0] in ('torch', 'music21') or '.training' in name\n"
        "          or name.startswith(('mozart.model', 'mozart.lab'))]\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
