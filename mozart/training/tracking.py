"""Log a run to trackio: losses and accuracy of every epoch, and now and then a piece to hear and to read.

Without --track trackio is not imported. The log stays on this machine; with a Space it goes there too.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mozart.composing.composition import Composition
from mozart.errors import MozartError
from mozart.rendering.sound import SAMPLE_RATE

PROJECT = "mozart"
PIECES_EVERY = 4  # epochs, unless --samples-every says otherwise


class Tracker:
    """Logs one run.

    Parameters
    ----------
    folder
        The run's output; its name is the name of the run, also of a resumed one.
    config
        The recipe's configuration.
    space
        The Space: ``user/space``; empty for this machine alone.

    Raises
    ------
    MozartError
        When trackio is not installed, or does not start.
    """

    def __init__(self, folder: Path, config: Mapping[str, Any], space: str) -> None:
        try:
            import trackio
        except ImportError as error:
            raise MozartError("--track needs trackio, which is not installed: pip install trackio, then try again.") from error
        self._trackio = trackio
        try:
            # Plain values: trackio keeps them as JSON.
            plain = json.loads(json.dumps(dict(config)))
            trackio.init(
                project=PROJECT, name=folder.absolute().name, space_id=space or None, config=plain, resume="allow", embed=False
            )
        except Exception as error:  # its own, the Hub's and the database's
            where = f"to the Space {space}" if space else "on this machine"
            raise MozartError(f"The run cannot be tracked {where} ({error}): leave --track out, or try again.") from error

    def log_epoch(self, epoch: Mapping[str, Any]) -> None:
        """Log an epoch's single numbers."""
        self._log({name: value for name, value in epoch.items() if isinstance(value, int | float)}, epoch["epoch"])

    def log_piece(self, piece: Composition, epoch: int) -> None:
        """Log a piece that was composed after an epoch: its score, and its sound if FluidSynth is there."""
        found: dict[str, Any] = {"score": self._trackio.Html("".join(piece.sheet_music()), caption=piece.title)}
        with suppress(MozartError):
            found["piece"] = self._trackio.Audio(piece.audio(), caption=piece.title, sample_rate=SAMPLE_RATE, format="wav")
        self._log(found, epoch)

    def finish(self) -> None:
        """Write all that was logged."""
        self._trackio.finish()

    def _log(self, values: dict[str, Any], epoch: int) -> None:
        self._trackio.log(values, step=epoch)
