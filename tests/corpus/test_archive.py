"""The archive is found, verified and unpacked, or refused in one sentence."""

import http.server
import io
import os
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mozart.corpus import archive
from mozart.errors import MozartError


def make_archive(path: Path, members: list[tarfile.TarInfo]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            member.size = 4 if member.isfile() else 0
            tar.addfile(member, io.BytesIO(b"MThd") if member.isfile() else None)
    return path


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.fixture
def small_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of two MIDI files that passes for the sonatas."""
    path = make_archive(tmp_path / "small.tar.gz", [tarfile.TarInfo(f"music/piano_sonata_{n}.mid") for n in (545, 279)])
    monkeypatch.setattr(archive, "ARCHIVE_SHA256", archive._sha256(path.read_bytes()))
    return path


@pytest.fixture
def server(small_archive: Path) -> Iterator[str]:
    """The address of a web server with the archive at /good and half of it at /half."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = small_archive.read_bytes()
            sent = content[: len(content) // 2] if self.path == "/half" else content
            self.send_response(200 if self.path in ("/good", "/half") else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_unpacks_a_verified_archive_into_the_cache(small_archive: Path) -> None:
    """The files come sorted by name, and lie under MOZART_CACHE."""
    files = archive.sonatas(str(small_archive))
    assert [path.name for path in files] == ["piano_sonata_279.mid", "piano_sonata_545.mid"]
    assert all(path.is_relative_to(archive.cache_folder()) and path.read_bytes() == b"MThd" for path in files)


def test_takes_the_archive_from_the_environment(small_archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MOZART_ARCHIVE names the archive when no path is given."""
    monkeypatch.setenv("MOZART_ARCHIVE", str(small_archive))
    assert archive.find_archive() == small_archive


def test_downloads_once(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the archive comes from the cache, network or not."""
    first = archive.find_archive(f"{server}/good")

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("downloaded again")

    monkeypatch.setattr(archive, "download", fail)
    assert archive.find_archive(f"{server}/good") == first


@pytest.mark.parametrize("page", ["half", "nothing"])
def test_a_broken_download_leaves_nothing(server: str, page: str) -> None:
    """A download that ends early, or is not there, is refused, and no part of it stays in the cache."""
    with pytest.raises(MozartError):
        archive.find_archive(f"{server}/{page}")
    assert not archive.cache_folder().exists()


def test_a_cache_that_cannot_be_written(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the cache that is named, not the network."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("MOZART_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(MozartError, match="cache.* cannot be written"):
        archive.find_archive(f"{server}/good")


def test_a_changed_file_is_unpacked_again(small_archive: Path) -> None:
    """A file in the cache that was changed, even at the same size, does not pass for the archive's."""
    first = archive.sonatas(str(small_archive))[0]
    first.write_bytes(b"XXXX")
    assert archive.sonatas(str(small_archive))[0].read_bytes() == b"MThd"


def test_unreachable_address() -> None:
    """Without a network the message says how to go on."""
    with pytest.raises(MozartError, match="--archive"):
        archive.find_archive("http://127.0.0.1:9/mozart.tar.gz")


def test_missing_archive(tmp_path: Path) -> None:
    """A path that does not exist is named."""
    with pytest.raises(MozartError, match=r"no archive at .*nowhere\.tar\.gz"):
        archive.find_archive(str(tmp_path / "nowhere.tar.gz"))


def test_wrong_checksum(small_archive: Path) -> None:
    """An archive that was changed or cut is refused before it is unpacked."""
    small_archive.write_bytes(small_archive.read_bytes()[:-10])
    with pytest.raises(MozartError, match="not the sonata archive"):
        archive.sonatas(str(small_archive))


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"truncated"])
def test_damaged_archive(tmp_path: Path, content: bytes) -> None:
    """What is not a whole .tar.gz is refused in one sentence."""
    path = make_archive(tmp_path / "a.tar.gz", [tarfile.TarInfo("music/a.mid")])
    path.write_bytes(path.read_bytes()[:60] if content == b"truncated" else content)
    with pytest.raises(MozartError, match="damaged, or not a safe"):
        archive.unpack(path, tmp_path / "out")


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../escaped.mid"),
        tarfile.TarInfo("music/../../escaped.mid"),
        link("music/link.mid", "/etc/passwd", tarfile.SYMTYPE),
        link("music/hard.mid", "../escaped.mid", tarfile.LNKTYPE),
        link("music/device.mid", "", tarfile.CHRTYPE),
        link("music/pipe.mid", "", tarfile.FIFOTYPE),
        link("music/nothing.mid", "music/missing.mid", tarfile.LNKTYPE),
        link("music/itself.mid", "music/itself.mid", tarfile.LNKTYPE),
        tarfile.TarInfo("deep/" * 2_000 + "a.mid"),
    ],
    ids=lambda member: member.name,
)
def test_unsafe_archive_leaves_nothing(tmp_path: Path, member: tarfile.TarInfo) -> None:
    """A path or a link that leaves the folder, or a device, refuses the whole archive, good files in it too."""
    path = make_archive(tmp_path / "a.tar.gz", [tarfile.TarInfo("music/good.mid"), member])
    with pytest.raises(MozartError, match="not a safe"):
        archive.unpack(path, tmp_path / "out" / "music")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_an_archive_that_is_larger_than_it_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is unpacked is bounded in bytes and in files, whatever the archive's own size."""
    monkeypatch.setattr(archive, "_MAX_SIZE", 1_000)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        large = tarfile.TarInfo("large.mid")
        large.size = 1_001
        tar.addfile(large, io.BytesIO(bytes(1_001)))
    with pytest.raises(MozartError, match="too many files, too large ones"):
        archive.unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    monkeypatch.setattr(archive, "_MAX_MEMBERS", 2)
    folder = tarfile.TarInfo("folder.mid")
    folder.type = tarfile.DIRTYPE
    assert archive.unpack(make_archive(tmp_path / "c.tar.gz", [folder]), tmp_path / "out") == []
    many = [tarfile.TarInfo(f"{number}.mid") for number in range(3)]
    with pytest.raises(MozartError, match="too many files"):
        archive.unpack(make_archive(tmp_path / "b.tar.gz", many), tmp_path / "out")
    assert list((tmp_path / "out").rglob("*.mid")) == []


def test_no_room_to_unpack(small_archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be made is named, and the archive is not blamed."""
    monkeypatch.setenv("MOZART_CACHE", str(small_archive))
    with pytest.raises(MozartError, match="set MOZART_CACHE"):
        archive.sonatas(str(small_archive))


def test_a_cache_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A tilde in MOZART_CACHE is the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MOZART_CACHE", "~/kept")
    assert archive.cache_folder() == tmp_path / "kept"


@pytest.mark.parametrize("chosen", ["~/kept", ""])
def test_no_home_folder(chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no home folder, the cache is asked for, and no folder called ~ is made."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("MOZART_CACHE", chosen)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(MozartError, match="no home folder"):
        archive.cache_folder()


def test_own_midi_files(tmp_path: Path) -> None:
    """A person's own folder gives its MIDI files at any depth; other files and hidden ones are not music."""
    for name in ("b.mid", "c.kar", "d.rmi", "sub/a.MIDI", "notes.txt", "._b.mid"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert archive.midi_files(tmp_path) == [tmp_path / name for name in ("b.mid", "c.kar", "d.rmi", "sub/a.MIDI")]


def test_own_folder_without_music(tmp_path: Path) -> None:
    """A folder that is missing or holds no MIDI is said to be so."""
    with pytest.raises(MozartError, match=r"holds no MIDI file \(\.mid, \.midi, \.kar or \.rmi\)"):
        archive.midi_files(tmp_path)
    with pytest.raises(MozartError, match="no folder"):
        archive.midi_files(tmp_path / "nowhere")


@pytest.mark.corpus
def test_the_real_archive(sonata_files: list[Path]) -> None:
    """The archive holds 20 sonatas."""
    assert len(sonata_files) == 20
