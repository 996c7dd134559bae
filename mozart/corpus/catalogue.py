"""What is known of the 20 sonatas without their files: titles, movements, the finale that two share, and whose the files are.

Of a movement this is what any catalogue says: tempo word, key, and how fast such a movement is commonly played. The
performers' own tempi never leave the archive; a piece takes the customary tempo of the movement that it begins with.
"""

from pathlib import Path
from typing import NamedTuple

# Whose the files are.
RIGHTS = (
    "20 MIDI files of Mozart piano sonatas (kunstderfuge.com, sequenced by Bunji Hisamori; the collection of the Foundations of "
    "Applied Mathematics labs). Their own text events say that they are under copyright, may not be republished without "
    "permission, and may not be used commercially."
)

# The finale of one is that of the other, a fourth apart.
SHARED_MOVEMENTS = (("K. 545", "K. 547a"),)

# The archive's file names are not all Köchel numbers of the piece inside.
_TITLES = {"593": "K. 533/494", "547": "K. 547a"}


class Movement(NamedTuple):
    """A movement.

    Attributes
    ----------
    words : such as ``Allegro``
    key : such as ``F major``
    tempo : quarter notes a minute, in the note values of the archive's file, which doubles those of some scores
    """

    words: str
    key: str
    tempo: int


_MOVEMENTS = {
    "K. 279": (("Allegro", "C major", 126), ("Andante", "F major", 72), ("Allegro", "C major", 120)),
    "K. 280": (("Allegro assai", "F major", 132), ("Adagio", "F minor", 60), ("Presto", "F major", 126)),
    "K. 281": (
        ("Allegro", "B-flat major", 126),
        ("Andante amoroso", "E-flat major", 69),
        ("Rondeau: Allegro", "B-flat major", 138),
    ),
    "K. 282": (("Adagio", "E-flat major", 92), ("Menuetto", "B-flat major", 126), ("Allegro", "E-flat major", 126)),
    "K. 283": (("Allegro", "G major", 132), ("Andante", "C major", 60), ("Presto", "G major", 126)),
    "K. 284": (
        ("Allegro", "D major", 132),
        ("Rondeau en polonaise: Andante", "A major", 80),
        ("Tema con variazioni: Andante", "D major", 126),
    ),
    "K. 309": (
        ("Allegro con spirito", "C major", 138),
        ("Andante un poco adagio", "F major", 92),
        ("Rondeau: Allegretto grazioso", "C major", 96),
    ),
    "K. 310": (("Allegro maestoso", "A minor", 126), ("Andante cantabile", "F major", 92), ("Presto", "A minor", 160)),
    "K. 311": (
        ("Allegro con spirito", "D major", 138),
        ("Andante con espressione", "G major", 96),
        ("Rondeau: Allegro", "D major", 126),
    ),
    "K. 330": (("Allegro moderato", "C major", 132), ("Andante cantabile", "F major", 60), ("Allegretto", "C major", 100)),
    "K. 331": (("Andante grazioso", "A major", 100), ("Menuetto", "A major", 116), ("Alla turca: Allegretto", "A minor", 240)),
    "K. 332": (("Allegro", "F major", 160), ("Adagio", "B-flat major", 50), ("Allegro assai", "F major", 144)),
    "K. 333": (
        ("Allegro", "B-flat major", 132),
        ("Andante cantabile", "E-flat major", 66),
        ("Allegretto grazioso", "B-flat major", 132),
    ),
    "K. 400": (("Allegro", "B-flat major", 132),),
    "K. 457": (("Molto allegro", "C minor", 168), ("Adagio", "E-flat major", 50), ("Allegro assai", "C minor", 200)),
    "K. 545": (("Allegro", "C major", 132), ("Andante", "G major", 66), ("Rondo: Allegretto", "C major", 96)),
    "K. 547a": (("Allegro", "F major", 144), ("Rondo: Allegro", "F major", 100)),
    "K. 570": (("Allegro", "B-flat major", 152), ("Adagio", "E-flat major", 60), ("Allegretto", "B-flat major", 120)),
    "K. 576": (("Allegro", "D major", 138), ("Adagio", "A major", 76), ("Allegretto", "D major", 92)),
    "K. 533/494": (("Allegro", "F major", 138), ("Andante", "B-flat major", 66), ("Rondo: Allegretto", "F major", 132)),
}


def find_movement(work: str, number: int) -> Movement | None:
    """A sonata's movement, numbered from 1; None for other music."""
    movements = _MOVEMENTS.get(work, ())
    return Movement(*movements[number - 1]) if 1 <= number <= len(movements) else None


def title(path: Path) -> str:
    """A work's name for people: ``K. 545`` for ``piano_sonata_545.mid``, else the file's name without its ending."""
    prefix, _, number = path.stem.rpartition("_")
    if prefix != "piano_sonata":
        return printable(path.stem)
    return _TITLES.get(number, f"K. {number}")


def printable(name: str | Path) -> str:
    """A file's name or path as text that can be printed anywhere; bytes that are no UTF-8 are read as Latin-1."""
    text = "".join(chr(ord(letter) - 0xDC00) if "\udc80" <= letter <= "\udcff" else letter for letter in str(name))
    return "".join(letter if letter.isprintable() else "?" for letter in text)
