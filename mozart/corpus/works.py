"""Many MIDI files → scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from mozart.corpus.catalogue import printable
from mozart.corpus.reader import read_file
from mozart.errors import MozartError
from mozart.notes.score import Score


class Music(NamedTuple):
    """What many files hold.

    Attributes
    ----------
    scores : of the files that could be read
    remarks : a sentence for each file that was skipped, and for each thing of a file that its score leaves out
    paths : the files of the scores
    """

    scores: list[Score]
    remarks: list[str]
    paths: list[Path]


def read_works(paths: Sequence[Path], *, skip_unreadable: bool = False) -> Music:
    """Read many MIDI files, with a progress bar where that takes a while.

    Parameters
    ----------
    paths
        The files; the scores come in this order.
    skip_unreadable
        Go on without files that cannot be read.

    Raises
    ------
    MozartError
        When a file cannot be read and `skip_unreadable` is false, or when none can.
    """
    scores: list[Score] = []
    remarks: list[str] = []
    read: list[Path] = []
    problems: list[str] = []
    for path in tqdm(paths, desc="Reading", unit="file", delay=1):
        try:
            score, losses = read_file(path)
        except MozartError as error:
            if not skip_unreadable:
                raise MozartError(f"{error} Remove the file, or add --skip-unreadable to go on without it.") from error
            problems.append(str(error))
            remarks.append(str(error))
        else:
            scores.append(score)
            read.append(path)
            remarks += [f"{printable(path.name)}: {loss}" for loss in losses]
    if not scores:
        raise MozartError("None of the files could be read: " + " ".join(problems))
    return Music(scores, remarks, read)
