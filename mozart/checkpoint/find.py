"""From a checkpoint's name to its folder: one that ships with the code, one on this machine, or one on the Hub."""

import datetime
import os
from pathlib import Path
from typing import NamedTuple

from mozart.checkpoint import hub
from mozart.checkpoint.folder import PRETRAINED
from mozart.errors import MozartError

# The checkpoints that ship with the code; the default first.
SHIPPED = ("pretrained/sonata", "pretrained/lab")


class Found(NamedTuple):
    """A checkpoint's folder, its name for people, and for one from the Hub its commit and date."""

    folder: Path
    name: str
    revision: str | None = None
    date: datetime.date | None = None

    @property
    def is_on_hub(self) -> bool:
        """Whether the folder is in the Hub's cache, which must not be changed."""
        return self.revision is not None


def find_checkpoint(source: str | Path | None = None, revision: str | None = None) -> Found:
    """Find a checkpoint's folder, and download it if needed.

    Parameters
    ----------
    source
        A folder, a repository on the Hub (``user/name`` or ``user/name@revision``), or one of SHIPPED, whose first is the
        default.
    revision
        A commit, tag or branch of a repository on the Hub; ``main`` by default.

    Raises
    ------
    MozartError
        When there is no such checkpoint, or it cannot be downloaded.
    """
    name = SHIPPED[0] if source is None else str(source)
    if name in SHIPPED:
        return Found(PRETRAINED.parent / name, name)
    if os.path.isdir(name):
        return Found(Path(name), name)
    if name.startswith(f"{PRETRAINED.name}/"):
        raise MozartError(f"There is no checkpoint {name}: {' and '.join(SHIPPED)} ship with the code.")
    repo_id, _, after = name.partition("@")
    if not hub.is_repo_id(repo_id):
        raise MozartError(f"There is no checkpoint {name}: give a folder, or a repository on the Hub as user/name.")
    if after and revision and after != revision:
        raise MozartError(f"{name} and {revision} are two revisions: give one.")
    pulled = hub.pull(repo_id, revision or after or None)
    return Found(pulled.folder, repo_id, pulled.revision, pulled.date)
