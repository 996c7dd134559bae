"""The page's sentences about a piece and its checkpoint."""

from html import escape
from typing import TYPE_CHECKING

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page.measures import say_likeness
from mozart.page.studio import Studio

if TYPE_CHECKING:
    from mozart.composing.composition import Composition


def say_time(seconds: float) -> str:
    """Write a duration: ``48 s``, or ``1 min 5 s``."""
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


def say_length(studio: Studio, character: str, bars: float | None, tempo: str | None = None) -> str:
    """Estimate how long so many bars last: from quick to slow movements of a character, or exactly for a tempo.

    The text is empty while the visitor's input makes no sense, and if the composer cannot estimate it.
    """
    try:
        request = Request(length=f"{bars or 0:g}bars", character=character, tempo=tempo or None)
        of_a_bar = studio.composer.bar_seconds(request)
    except MozartError:
        return ""
    if of_a_bar is None:
        return ""
    low, high = (request.measure.quantity * seconds for seconds in of_a_bar)
    about = f"about {say_time(low)}" if high - low < 5 else f"{say_time(low)} to {say_time(high)}"
    return f"<p>{request.measure.quantity:g} bars: {about}.</p>"


def name_piece(piece: "Composition") -> str:
    """Name a piece: ``Menuetto in G major · 0:42 · seed 7``."""
    seconds = round(piece.score.seconds)
    return f"{piece.title} · {seconds // 60}:{seconds % 60:02} · seed {piece.seed}"


def file_name(piece: "Composition") -> str:
    """Make a file's name, without extension: ``mozart-menuetto-in-g-major-seed-7``."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in piece.title.lower()).split()
    return "-".join(["mozart", *words])[:60].rstrip("-") + f"-seed-{piece.seed}"


def describe(piece: "Composition") -> str:
    """Write a few lines about a piece, as HTML: how much is composed and how much is the opening's, and from where."""
    composed = len(piece.score) - piece.opening_notes
    heard = f"{composed:,} notes composed" + (f" after {piece.opening_notes:,} of the opening's" if piece.opening_notes else "")
    lines = [f"{heard}, {say_time(piece.score.seconds)} in all. Seed <strong>{piece.seed}</strong>."]
    if piece.opening is not None:
        included = "is included" if piece.opening_notes else "is left out"
        lines.append(escape(f"It continues {piece.opening.name}, which {included}."))
    lines += [escape(remark) for remark in piece.remarks]
    return "".join(f"<p>{line}</p>" for line in lines)


def say_originality(piece: "Composition") -> str:
    """Say what the piece shares with the sonatas, and how like Mozart such pieces are, if that was measured."""
    said = f"<p>{escape(piece.originality_sentence())}</p>"
    like = "" if piece.request.lab else say_likeness(piece.composer)
    link = '<button type="button" class="mozart-open" data-tab="How like Mozart?">How that was measured</button>'
    return said + (f"<p>{escape(like)} {link}</p>" if like else "")


def find_shared(piece: "Composition") -> range:
    """Find the notes of the score that are the longest run shared with a sonata; none if there is no such run."""
    copies = piece.originality()
    if copies is None or copies.longest is None:
        return range(0)
    start = piece.opening_notes + copies.longest.start
    return range(start, start + copies.longest.length)


def describe_checkpoint(studio: Studio) -> str:
    """Name the checkpoint that composes, as HTML."""
    composer = studio.composer
    version = f"revision {composer.revision[:12]}" if composer.revision else f"version {composer.identity[:12]}"
    made = f", of {composer.date}" if composer.date else ""
    return f"<p>Composed from the checkpoint {escape(composer.name)}, {escape(version)}{escape(made)}.</p>"
