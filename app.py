"""The Space's entry: load a checkpoint, build the page, launch it.

    python app.py

``MOZART_MODEL`` names another checkpoint than the one that ships with the code: a folder, or ``user/name`` on the Hub,
with ``MOZART_REVISION`` as the commit, tag or branch to take; ``main`` without it. ``MOZART_VOTES`` names the SQLite file
in which the guesses of the blind test are counted. A Space with a token, in ``HF_TOKEN``, keeps them in a private dataset that
is called like the Space, with ``-votes`` after it.
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

# The Hub is given so long; after that the page starts from the checkpoint that ships.
PATIENCE_SECONDS = 2.5
# Where a Space keeps files over restarts.
_SPACE_DATA = Path("/data")


def main() -> int:
    """Open the page on port 7860, or on ``GRADIO_SERVER_PORT``; returns the exit status, 1 where the machine does not let it."""
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
    """Build the page, launch it, and wait until it is ended."""
    started = time.perf_counter()
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    # Read when numpy and torch are imported. One note is too little work for two threads, and visitors come at once.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    reserve_gpu()
    from mozart.errors import MozartError
    from mozart.page.place import without_proxy

    with without_proxy():  # Gradio makes a connection for itself when it is imported
        from mozart.page.page import QUEUE, build_page, launch_options

    studio = open_studio()
    if studio.notice:
        print(studio.notice, file=sys.stderr)

    def make_first_piece() -> None:
        studio.warm_up()
        print(f"A first piece was ready {time.perf_counter() - started:.1f} s after the start.", file=sys.stderr)

    threading.Thread(target=make_first_piece, daemon=True).start()
    # A Space has mcp: the endpoint is a tool for language models then, too.
    page = build_page(studio).queue(max_size=2 * QUEUE)  # so many presses wait, and as many pieces for their sheet music
    try:
        with without_proxy():
            page.launch(mcp_server=find_spec("mcp") is not None, prevent_thread_lock=True, **launch_options())
    except OSError as error:
        raise MozartError(f"The page cannot be opened ({error}): set GRADIO_SERVER_PORT to a port that is free.") from error
    page.block_thread()


def open_studio() -> "Studio":
    """A studio with the composer that the environment names.

    Where that does not come in time, or fails, the shipped one composes, and the studio's notice says why. What is late is
    adopted when it comes; when it fails then, the notice says that.
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
    # A page that composes from the shipped checkpoint is worth more to a visitor than one that does not start.
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
    """The guesses of before; a place that cannot be written costs only them."""
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
    """Guesses in a dataset; the page does not wait for the Hub."""
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
