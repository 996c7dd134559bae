"""The sonata archive: find it, download it, verify it, unpack it (lab, "Download Data").

The archive holds 20 MIDI files, one for each piano sonata. They are under copyright and may not be republished, so the
archive is never part of this repository: the first use downloads it into the user's cache folder, and every use checks it
against ``ARCHIVE_SHA256``.
"""

import gzip
import hashlib
import http.client
import os
import tarfile
import tempfile
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path

import platformdirs
from tqdm import tqdm

from mozart import atomic
from mozart.errors import MozartError

# The lab's address, .../Volume3/mozart_sonatas.tar.gz, no longer exists.
ARCHIVE_URL = "https://github.com/Foundations-of-Applied-Mathematics/Data/raw/master/RNN/mozart_sonatas.tar.gz"
ARCHIVE_SHA256 = "7cf333447ad44a76e6498af2f67c669558b63067ca91edf94f5bb37830e86d6e"

_DOWNLOAD_TIMEOUT_SECONDS = 30
# The sonatas are 20 files of less than 2 MB together.
_MAX_MEMBERS, _MAX_SIZE, _MAX_DEPTH = 1_000, 50_000_000, 10
_ANOTHER_CACHE = "set MOZART_CACHE to a folder that can be written."


def cache_folder() -> Path:
    """Return the folder for what can be made again: ``MOZART_CACHE``, or ``mozart`` in the user's cache folder.

    Raises
    ------
    MozartError
        When it would lie in the home folder, and the user has none.
    """
    chosen = os.environ.get("MOZART_CACHE")
    try:
        # Where there is no home folder, a tilde stays, and expanding it raises; newer versions of platformdirs do so themselves.
        return Path(chosen or platformdirs.user_cache_dir("mozart", appauthor=False)).expanduser()
    except RuntimeError as error:
        raise MozartError(f"There is no home folder to keep the archive in: {_ANOTHER_CACHE}") from error


def sonatas(source: str | None = None) -> list[Path]:
    """Return the sonatas' MIDI files, sorted by name, from a verified archive.

    Parameters
    ----------
    source
        A path or an http(s) address of the archive. Without one, the environment's ``MOZART_ARCHIVE``, and without that
        the public address.

    Raises
    ------
    MozartError
        When the archive is missing, cannot be downloaded, is not the sonata archive, or cannot be unpacked.
    """
    archive = find_archive(source)
    return unpack(archive, cache_folder() / f"sonatas-{ARCHIVE_SHA256[:12]}")


def find_archive(source: str | None = None) -> Path:
    """Return a local path of the verified archive; :func:`sonatas` says where it is looked for."""
    source = source or os.environ.get("MOZART_ARCHIVE") or ARCHIVE_URL
    if not source.startswith(("http://", "https://")):
        path = Path(os.path.expanduser(source))
        if not os.path.isfile(path):
            raise MozartError(
                f"There is no archive at {path}: give its path or http(s) address with --archive or MOZART_ARCHIVE, "
                "or neither to download it."
            )
        verify(path.name, _read(path))
        return path
    cached = cache_folder() / "mozart_sonatas.tar.gz"
    if not (os.path.isfile(cached) and _sha256(_read(cached)) == ARCHIVE_SHA256):
        content = download(source)
        verify(source, content)
        atomic.write(cached, content)
    return cached


def download(url: str) -> bytes:
    """Download the content of an address, with a progress bar; raise MozartError when it does not come whole."""
    content = bytearray()
    try:
        with (
            urllib.request.urlopen(url, timeout=_DOWNLOAD_TIMEOUT_SECONDS) as response,
            tqdm(desc="Downloading", total=response.length, unit="B", unit_scale=True) as bar,
        ):
            while block := response.read(1 << 16):
                content += block
                bar.update(len(block))
    # A failing network or server raises OSError or HTTPException, a malformed address ValueError.
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise MozartError(
            f"The archive could not be downloaded from {url} ({error}): try again later, or give a copy of it with --archive."
        ) from error
    return bytes(content)


def verify(name: str, content: bytes) -> None:
    """Raise MozartError unless `content` is, byte for byte, the sonata archive."""
    found = _sha256(content)
    if found != ARCHIVE_SHA256:
        raise MozartError(
            f"{name} is not the sonata archive, or only part of it (SHA-256 {found[:12]}…, expected "
            f"{ARCHIVE_SHA256[:12]}…): download it again, or train on your own files with --midi-dir."
        )


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack a .tar.gz of MIDI files into `folder` and return the files, sorted by name.

    Raises
    ------
    MozartError
        When the archive is damaged, tarfile's data filter refuses its content, or there is no room for it.
    """
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Beside the folder first, so that nothing of a damaged archive and no half file gets into it.
        with tempfile.TemporaryDirectory(dir=folder.parent) as fresh, tarfile.open(archive, "r:gz") as tar:
            tar.extractall(fresh, members=_bounded(tar), filter="data")
            for path in sorted(path for path in Path(fresh).rglob("*") if is_midi_file(path) and path.is_file()):
                files.append(folder / path.relative_to(fresh))
                files[-1].parent.mkdir(parents=True, exist_ok=True)
                path.replace(files[-1])
    # A link to a missing file raises KeyError, a link to itself RecursionError.
    except (tarfile.TarError, EOFError, KeyError, RecursionError, ValueError, zlib.error, gzip.BadGzipFile) as error:
        raise MozartError(f"{archive.name} is damaged, or not a safe .tar.gz archive ({error}): download it again.") from error
    except OSError as error:
        raise MozartError(f"{archive.name} cannot be unpacked into {folder} ({error.strerror}): {_ANOTHER_CACHE}") from error
    return sorted(files)


def midi_files(folder: Path) -> list[Path]:
    """List all MIDI files below a person's `folder`, sorted by path."""
    if not os.path.isdir(folder):
        raise MozartError(f"There is no folder {folder}: give --midi-dir a folder that holds MIDI files.")
    files = sorted(path for path in folder.rglob("*") if is_midi_file(path) and path.is_file())
    if not files:
        raise MozartError(f"{folder} holds no MIDI file (.mid, .midi, .kar or .rmi): give --midi-dir a folder that does.")
    return files


def is_midi_file(path: Path) -> bool:
    """Tell whether a name is that of a MIDI file; files whose name begins with a dot, which macOS leaves behind, are not."""
    return path.suffix.lower() in {".mid", ".midi", ".kar", ".rmi"} and not path.name.startswith(".")


def _bounded(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members of an archive, up to the limits of any archive of MIDI files: a few kB can unpack to gigabytes."""
    size = 0
    for number, member in enumerate(tar):
        size += member.size
        if number >= _MAX_MEMBERS or size > _MAX_SIZE or member.name.count("/") > _MAX_DEPTH:
            raise tarfile.ReadError("it holds too many files, too large ones or too deep folders")
        yield member


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MozartError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
