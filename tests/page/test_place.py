"""The machine's faults are said as the machine's."""

import os
import tempfile
from pathlib import Path

import pytest

from mozart.errors import MozartError
from mozart.page.place import require_port, temporary_folder, without_proxy


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_folder_of_its_own(tmp_path: Path) -> None:
    """Temporary files, Gradio's too, go into one folder, which goes with the page."""
    with temporary_folder() as folder:
        # Not the same one: Gradio would not keep a temporary file that lies in its own folder already.
        assert os.environ["GRADIO_TEMP_DIR"] == str(folder / "served")
        assert Path(tempfile.mkdtemp()).parent == folder
    assert list(tmp_path.iterdir()) == []
    assert "GRADIO_TEMP_DIR" not in os.environ


def test_what_was_left_behind_goes(tmp_path: Path) -> None:
    """The folder of a page that was killed goes at the next start; one in use, and all else, stays."""
    (tmp_path / "mozart-page-dead").mkdir()
    (tmp_path / "mine").mkdir()
    with temporary_folder() as first:
        assert not (tmp_path / "mozart-page-dead").exists()
        os.environ.pop("GRADIO_TEMP_DIR")
        tempfile.tempdir = str(tmp_path)
        with temporary_folder() as second:
            assert first.is_dir()
            assert second != first
    assert (tmp_path / "mine").is_dir()


def test_a_chosen_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GRADIO_TEMP_DIR is used as it is, and made where it is missing."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "chosen"))
    with temporary_folder() as folder:
        assert folder == tmp_path / "chosen"
        assert tempfile.gettempdir() == str(tmp_path)
    assert folder.is_dir()


@pytest.mark.parametrize("name", ["GRADIO_TEMP_DIR", "TMPDIR"])
def test_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without a folder that can be written to the sentence names the variable that says which one."""
    file = tmp_path / "file"
    file.touch()
    if name == "TMPDIR":
        monkeypatch.setattr(tempfile, "tempdir", str(file))
    else:
        monkeypatch.setenv(name, str(file / "x"))
    with pytest.raises(MozartError, match=name), temporary_folder():
        pass


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "", "7860\n", "٧٨"])
def test_an_impossible_port(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    """A port that is none is refused before Gradio reads it."""
    monkeypatch.setenv("GRADIO_SERVER_PORT", port)
    with pytest.raises(MozartError, match="65,535"):
        require_port()
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7861")
    require_port()


def test_no_proxy_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the environment names, none is asked, and afterwards the environment is what it was."""
    import httpx

    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.delenv("no_proxy", raising=False)
    with without_proxy():
        httpx.Client().close()  # with that proxy it would need another package
    assert (os.environ["NO_PROXY"], "no_proxy" in os.environ) == ("example.org", False)
