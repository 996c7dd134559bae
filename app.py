"""The Space's entry: load a checkpoint, build the page, launch it.

    python app.py

``MOZART_MODEL`` names another checkpoint than the one that ships with the code: a folder, or ``user/name`` on the Hub,
with ``MOZART_REVISION`` as the commit, tag or branch to take.
"""

import os
import sys


def main() -> None:
    """Open the page on port 7860, or on ``GRADIO_SERVER_PORT``."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    # Read when numpy and torch are imported. One note is too little work for two threads, and visitors come at once.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from mozart.composer import Composer
    from mozart.errors import MozartError
    from mozart.page import THEME, build_page

    notice = ""
    try:
        composer = Composer.load(os.environ.get("MOZART_MODEL") or None, os.environ.get("MOZART_REVISION") or None)
    except MozartError as error:
        # A page that composes from the shipped checkpoint is worth more to a visitor than one that does not start.
        notice = f"{error} This page composes from the checkpoint that ships with the code."
        print(notice, file=sys.stderr)
        composer = Composer.load()
    build_page(composer, notice).queue().launch(theme=THEME, show_error=True)


if __name__ == "__main__":
    main()
