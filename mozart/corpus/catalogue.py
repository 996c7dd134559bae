"""What is known of the 20 sonatas without their files: titles, movements, the finale that two share, the files' copyright.

A movement's entry is what any catalogue says: tempo word, key, and how fast such a movement is commonly played. The
performers' own tempi never leave the archive; a piece takes the customary tempo of the movement that it begins with.
"""

import re
from pathlib import Path
from typing import NamedTuple

# Whose the files are, for checkpoints and cards.
RIGHTS = (
    "20 MIDI files of Mozart piano sonatas (kunstderfuge.com, sequenced by Bunji Hisamori; the collection of the Foundations of "
    "Applied Mathematics labs). Their own text events say that they are under copyright, may not be republished without "
    "permission, and may not be used commercially."
)

# These two have the same finale, a fourth apart.
SHARED_MOVEMENTS = (("K. 545", "K. 547a"),)

# The numbers in these file names are not the work's Köchel number.
_TITLES = {"593": "K. 533/494", "547": "K. 547a"}

# All characters of the sonatas' movements.
CHARACTERS = ("Adagio", "Allegretto", "Allegro", "Andante", "Menuetto", "Presto", "Rondo")


class Movement(NamedTuple):
    """A movement.

    Attributes
    ----------
    words
        Such as ``Allegro assai``.
    key
        Such as ``F major``.
    metre
        Such as ``3/4``.
    tempo
        Quarter notes a minute. Metre and tempo are in the note values of the archive's file, which doubles those of some scores.
    """

    words: str
    key: str
    metre: str
    tempo: int

    @property
    def character(self) -> str:
        """One of `CHARACTERS`: the form if it has a name, else the tempo."""
        found = re.findall("|".join(CHARACTERS), self.words.replace("Rondeau", "Rondo").title())
        return str(found[0])


_MOVEMENTS = {
    "K. 279": (("Allegro", "C major", "4/4", 126), ("Andante", "F major", "3/4", 72), ("Allegro", "C major", "2/4", 120)),
    "K. 280": (("Allegro assai", "F major", "3/4", 132), ("Adagio", "F minor", "6/8", 60), ("Presto", "F major", "3/8", 126)),
    "K. 281": (
        ("Allegro", "B-flat major", "4/4", 126),
        ("Andante amoroso", "E-flat major", "3/8", 69),
        ("Rondeau: Allegro", "B-flat major", "2/2", 138),
    ),
    "K. 282": (
        ("Adagio", "E-flat major", "4/2", 92),
        ("Menuetto", "B-flat major", "3/4", 126),
        ("Allegro", "E-flat major", "2/4", 126),
    ),
    "K. 283": (("Allegro", "G major", "3/4", 132), ("Andante", "C major", "4/4", 60), ("Presto", "G major", "3/8", 126)),
    "K. 284": (
        ("Allegro", "D major", "4/4", 132),
        ("Rondeau en polonaise: Andante", "A major", "3/4", 80),
        ("Tema con variazioni: Andante", "D major", "4/4", 126),
    ),
    "K. 309": (
        ("Allegro con spirito", "C major", "4/4", 138),
        ("Andante un poco adagio", "F major", "3/2", 92),
        ("Rondeau: Allegretto grazioso", "C major", "2/4", 96),
    ),
    "K. 310": (
        ("Allegro maestoso", "A minor", "4/4", 126),
        ("Andante cantabile", "F major", "3/2", 92),
        ("Presto", "A minor", "2/4", 160),
    ),
    "K. 311": (
        ("Allegro con spirito", "D major", "4/4", 138),
        ("Andante con espressione", "G major", "4/4", 96),
        ("Rondeau: Allegro", "D major", "6/8", 126),
    ),
    "K. 330": (
        ("Allegro moderato", "C major", "4/4", 132),
        ("Andante cantabile", "F major", "3/4", 60),
        ("Allegretto", "C major", "2/4", 100),
    ),
    "K. 331": (
        ("Andante grazioso", "A major", "6/8", 100),
        ("Menuetto", "A major", "3/4", 116),
        ("Alla turca: Allegretto", "A minor", "4/4", 240),
    ),
    "K. 332": (("Allegro", "F major", "3/4", 160), ("Adagio", "B-flat major", "4/4", 50), ("Allegro assai", "F major", "6/8", 144)),
    "K. 333": (
        ("Allegro", "B-flat major", "4/4", 132),
        ("Andante cantabile", "E-flat major", "3/4", 66),
        ("Allegretto grazioso", "B-flat major", "2/2", 132),
    ),
    "K. 400": (("Allegro", "B-flat major", "4/4", 132),),
    "K. 457": (
        ("Molto allegro", "C minor", "4/4", 168),
        ("Adagio", "E-flat major", "4/4", 50),
        ("Allegro assai", "C minor", "3/4", 200),
    ),
    "K. 545": (("Allegro", "C major", "4/4", 132), ("Andante", "G major", "3/4", 66), ("Rondo: Allegretto", "C major", "2/4", 96)),
    "K. 547a": (("Allegro", "F major", "3/4", 144), ("Rondo: Allegro", "F major", "2/4", 100)),
    "K. 570": (
        ("Allegro", "B-flat major", "3/4", 152),
        ("Adagio", "E-flat major", "4/4", 60),
        ("Allegretto", "B-flat major", "4/4", 120),
    ),
    "K. 576": (("Allegro", "D major", "6/8", 138), ("Adagio", "A major", "3/2", 76), ("Allegretto", "D major", "2/4", 92)),
    "K. 533/494": (
        ("Allegro", "F major", "4/4", 138),
        ("Andante", "B-flat major", "3/4", 66),
        ("Rondo: Allegretto", "F major", "4/4", 132),
    ),
}


def find_movement(work: str, number: int) -> Movement | None:
    """Look up a sonata's movement, numbered from 1; None for other music."""
    movements = _MOVEMENTS.get(work, ())
    return Movement(*movements[number - 1]) if 1 <= number <= len(movements) else None


def title(path: Path) -> str:
    """Name a work for people: ``K. 545`` for ``piano_sonata_545.mid``, else the file's name without its extension."""
    prefix, _, number = path.stem.rpartition("_")
    if prefix != "piano_sonata":
        return printable(path.stem)
    return _TITLES.get(number, f"K. {number}")


def printable(name: str | Path) -> str:
    """Make a file's name or path printable anywhere; bytes that are not UTF-8 are read as Latin-1."""
    text = "".join(chr(ord(letter) - 0xDC00) if "\udc80" <= letter <= "\udcff" else letter for letter in str(name))
    return "".join(letter if letter.isprintable() else "?" for letter in text)
