"""The Space's entry: load a checkpoint, build the page, launch it.

    python app.py

``MOZART_MODEL`` names another checkpoint than the one that ships with the code: a folder, or ``user/name`` on the Hub.
``MOZART_REVISION`` is its commit, tag or branch; ``main`` by default. ``MOZART_VOTES`` names the SQLite file that counts the
guesses of the blind test. A Space with a token in ``HF_TOKEN`` keeps them in a private dataset instead, which has the Space's
name with ``-votes`` after it.
"""

import os
import sys
import threading
import time
from concurrent.futures import Future, wait
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mozart.composing.composer import Composer
    from mozart.page.studio import Studio
    from mozart.page.votes import Votes

# If the Hub takes longer, the page starts with the checkpoint that ships.
PATIENCE_SECONDS = 2.5
# The folder that a Space keeps over restarts.
_SPACE_DATA = Path("/data")


def main() -> int:
    """Open the page on port 7860, or on ``GRADIO_SERVER_PORT``; return the exit status, 1 if that is not possible."""
    from mozart.errors import MozartError
    from mozart.page.place import require_port, temporary_folder

    try:
        require_port()
        with temporary_folder():
            open_page()
    except MozartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def open_page() -> None:
    """Build the page, launch it, and wait until it ends."""
    started = time.perf_counter()
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    # numpy and torch read this when they are imported. One note is too little work for two threads, and visitors share the cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    reserve_gpu()
    from mozart.errors import MozartError
    from mozart.page.place import without_proxy

    with without_proxy():  # Gradio opens a connection when it is imported
        from mozart.page.page import QUEUE, build_page, launch_options

    studio = open_studio()
    if studio.notice:
        print(studio.notice, file=sys.stderr)

    def make_first_piece() -> None:
        studio.warm_up()
        print(f"A first piece was ready {time.perf_counter() - started:.1f} s after the start.", file=sys.stderr)

    threading.Thread(target=make_first_piece, daemon=True).start()
    # In a Space, which has mcp installed, the endpoint is also a tool for language models.
    page = build_page(studio).queue(max_size=2 * QUEUE)  # presses and pieces waiting for sheet music, QUEUE of each
    try:
        with without_proxy():
            page.launch(mcp_server=find_spec("mcp") is not None, prevent_thread_lock=True, **launch_options())
    except OSError as error:
        raise MozartError(f"The page cannot be opened ({error}): set GRADIO_SERVER_PORT to a port that is free.") from error
    page.block_thread()


def open_studio() -> "Studio":
    """Open a studio with the checkpoint that the environment names.

    If it does not load in time, or fails, the shipped one composes, and the studio's notice says why. A late checkpoint is
    adopted when it arrives; if it fails then, the notice says so.
    """
    from mozart.composing.composer import Composer
    from mozart.page.studio import Studio

    model, revision = os.environ.get("MOZART_MODEL"), os.environ.get("MOZART_REVISION")
    if not model:
        return Studio(Composer.load(), votes=open_votes())
    coming: Future[Composer] = Future()

    def load() -> None:
        try:
            coming.set_result(Composer.load(model, revision or None))
        except Exception as error:
            coming.set_exception(error)

    threading.Thread(target=load, daemon=True).start()
    # To a visitor, a page that composes from the shipped checkpoint is better than one that does not start.
    instead = "This page composes from the checkpoint that ships with the code"
    if wait([coming], PATIENCE_SECONDS).done:
        failed = coming.exception()
        if failed is None:
            return Studio(coming.result(), votes=open_votes())
        return Studio(Composer.load(), f"{_why(model, failed)} {instead}.", open_votes())
    late = f"The checkpoint {model} did not come in {PATIENCE_SECONDS:g} seconds. {instead} until it is there."
    studio = Studio(Composer.load(), late, open_votes())

    def arrive(loaded: "Future[Composer]") -> None:
        if (error := loaded.exception()) is None:
            studio.adopt(loaded.result())
        else:
            studio.notice = f"{_why(model, error)} {instead}."
            print(studio.notice, file=sys.stderr)

    coming.add_done_callback(arrive)
    return studio


def open_votes() -> "Votes":
    """Open the stored guesses; without a place to write, they are counted in memory only."""
    from platformdirs import user_data_path

    from mozart.errors import MozartError
    from mozart.page.votes import Votes

    space, file = os.environ.get("SPACE_ID"), os.environ.get("MOZART_VOTES")
    if space and os.environ.get("HF_TOKEN") and not file:
        return _open_hub_votes(f"{space}-votes")
    folder = _SPACE_DATA if os.access(_SPACE_DATA, os.W_OK) else user_data_path("mozart")
    try:
        return Votes(Path(file or folder / "votes.sqlite"))
    except MozartError as error:
        print(error, file=sys.stderr)
        return Votes()


def _open_hub_votes(repo_id: str) -> "Votes":
    """Open guesses in a dataset, without waiting for the Hub."""
    from mozart.errors import MozartError
    from mozart.page.hub_votes import HubVotes

    votes = HubVotes(repo_id)

    def connect() -> None:
        try:
            votes.connect()
        except MozartError as error:
            print(error, file=sys.stderr)

    threading.Thread(target=connect, daemon=True).start()
    return votes


def reserve_gpu() -> None:
    """On ZeroGPU, which refuses Spaces without a function for its GPU, offer one that is never called.

    Composing stays on the CPU, where a note takes a fifth of a millisecond, so no visitor's quota is spent.
    """
    try:
        import spaces  # type: ignore[import-not-found]  # only there
    except ImportError:
        return
    spaces.GPU(lambda: None)


def _why(model: str, error: BaseException) -> str:
    from mozart.errors import MozartError

    return str(error) if isinstance(error, MozartError) else f"The checkpoint {model} cannot be loaded ({type(error).__name__})."


if __name__ == "__main__":
    sys.exit(main())
