"""What the page says of a piece and of its checkpoint."""

from html import escape
from typing import TYPE_CHECKING

from mozart.composing.request import Request
from mozart.errors import MozartError
from mozart.page.measures import say_likeness
from mozart.page.studio import Studio

if TYPE_CHECKING:
    from mozart.composing.composition import Composition


def say_time(seconds: float) -> str:
    """``48 s``, or ``1 min 5 s``."""
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


def say_length(studio: Studio, character: str, bars: float | None, tempo: str | None = None) -> str:
    """How long so many bars play: from the quicker to the slower of such movements, or exactly enough for a tempo.

    Empty while what is being typed makes no sense, and where the composer does not know.
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
    """``Menuetto in G major · 0:42 · seed 7``."""
    seconds = round(piece.score.seconds)
    return f"{piece.title} · {seconds // 60}:{seconds % 60:02} · seed {piece.seed}"


def file_name(piece: "Composition") -> str:
    """``mozart-menuetto-in-g-major-seed-7``, without an ending."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in piece.title.lower()).split()
    return "-".join(["mozart", *words])[:60].rstrip("-") + f"-seed-{piece.seed}"


def describe(piece: "Composition") -> str:
    """A few lines about a piece, as HTML: what is composed and what is the opening's, and where it comes from."""
    composed = len(piece.score) - piece.opening_notes
    heard = f"{composed:,} notes composed" + (f" after {piece.opening_notes:,} of the opening's" if piece.opening_notes else "")
    lines = [f"{heard}, {say_time(piece.score.seconds)} in all. Seed <strong>{piece.seed}</strong>."]
    if piece.opening is not None:
        stands = "stands before it" if piece.opening_notes else "is left out"
        lines.append(escape(f"It goes on from {piece.opening.name}, which {stands}."))
    lines += [escape(remark) for remark in piece.remarks]
    return "".join(f"<p>{line}</p>" for line in lines)


def say_originality(piece: "Composition") -> str:
    """What the piece shares with the sonatas, and how like Mozart such pieces are where that was measured."""
    said = f"<p>{escape(piece.originality_sentence())}</p>"
    like = "" if piece.request.lab else say_likeness(piece.composer)
    link = '<button type="button" class="mozart-open" data-tab="How like Mozart?">How that was measured</button>'
    return said + (f"<p>{escape(like)} {link}</p>" if like else "")


def find_shared(piece: "Composition") -> range:
    """Which notes of the score are the longest run that also stands in a sonata; none where there is none."""
    copies = piece.originality()
    if copies is None or copies.longest is None:
        return range(0)
    start = piece.opening_notes + copies.longest.start
    return range(start, start + copies.longest.length)


def describe_checkpoint(studio: Studio) -> str:
    """What the pieces are composed from, as HTML."""
    composer = studio.composer
    version = f"revision {composer.revision[:12]}" if composer.revision else f"version {composer.identity[:12]}"
    made = f", of {composer.date}" if composer.date else ""
    return f"<p>Composed from the checkpoint {escape(composer.name)}, {escape(version)}{escape(made)}.</p>"
