"""The Space's entry: load a checkpoint, build the page, launch it.

    python app.py

``MOZART_MODEL`` names another checkpoint than the one that ships with the code: a folder, or ``user/name`` on the Hub,
with ``MOZART_REVISION`` as the commit, tag or branch to take; ``main`` without it.
"""

import os
import sys
import threading
import time
from concurrent.futures import Future, wait
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mozart.composer import Composer

# The Hub is given so long; after that the page starts from the checkpoint that ships.
PATIENCE_SECONDS = 2.5


def main() -> None:
    """Open the page on port 7860, or on ``GRADIO_SERVER_PORT``."""
    started = time.perf_counter()
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    # Read when numpy and torch are imported. One note is too little work for two threads, and visitors come at once.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    reserve_gpu()
    from mozart.page import QUEUE, SESSIONS, THEME, build_page, head
    from mozart.studio import Studio, warm_up

    composer, notice, coming = load_composer()
    if notice:
        print(notice, file=sys.stderr)
    studio = Studio(composer, notice)
    if coming is not None:
        coming.add_done_callback(lambda loaded: studio.adopt(loaded.result()) if loaded.exception() is None else None)

    def make_first_piece() -> None:
        warm_up(composer)
        print(f"A first piece was ready {time.perf_counter() - started:.1f} s after the start.", file=sys.stderr)

    threading.Thread(target=make_first_piece, daemon=True).start()
    build_page(studio).queue(max_size=QUEUE).launch(
        theme=THEME,
        head=head(),
        show_error=True,
        max_file_size="5mb",
        state_session_capacity=SESSIONS,
        # A Space has it: the endpoint is a tool for language models then, too.
        mcp_server=find_spec("mcp") is not None,
    )


def load_composer() -> "tuple[Composer, str, Future[Composer] | None]":
    """The composer that the environment names, or the shipped one and a sentence that says why, and what is still to come."""
    from mozart.composer import Composer
    from mozart.errors import MozartError

    model, revision = os.environ.get("MOZART_MODEL"), os.environ.get("MOZART_REVISION")
    if not model:
        return Composer.load(), "", None
    coming: Future[Composer] = Future()

    def load() -> None:
        try:
            coming.set_result(Composer.load(model, revision or None))
        except Exception as error:
            coming.set_exception(error)

    threading.Thread(target=load, daemon=True).start()
    instead = "This page composes from the checkpoint that ships with the code"
    # A page that composes from the shipped checkpoint is worth more to a visitor than one that does not start.
    if not wait([coming], PATIENCE_SECONDS).done:
        said = f"The checkpoint {model} did not come in {PATIENCE_SECONDS:g} seconds. {instead} until it is there."
        return Composer.load(), said, coming
    if (error := coming.exception()) is None:
        return coming.result(), "", None
    said = str(error) if isinstance(error, MozartError) else f"The checkpoint {model} cannot be loaded ({type(error).__name__})."
    return Composer.load(), f"{said} {instead}.", None


def reserve_gpu() -> None:
    """On ZeroGPU, which refuses Spaces without a function for its GPU, offer one that is never called.

    Composing stays on the CPU, where a note takes a fifth of a millisecond, so no visitor's quota is spent.
    """
    try:
        import spaces  # type: ignore[import-not-found]  # only there
    except ImportError:
        return
    spaces.GPU(lambda: None)


if __name__ == "__main__":
    main()
