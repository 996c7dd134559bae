"""Join eighths and shorter notes by beams."""

from collections.abc import Sequence
from itertools import groupby

from mozart.rendering.metre import Bar
from mozart.rendering.symbols import Symbol

_LEVELS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5}


def beam(symbols: Sequence[Symbol], bar: Bar) -> None:
    """Join the notes of each beat, or of a longer stretch that has only plain eighths."""
    stretches: dict[int, list[Symbol]] = {}
    for symbol in symbols:
        stretches.setdefault((symbol.start - bar.origin) // bar.stretch, []).append(symbol)
    even = {
        number for number, those in stretches.items() if all(s.type == "eighth" and not s.is_dotted and not s.cell for s in those)
    }

    def place(symbol: Symbol) -> tuple[int, int]:
        start = symbol.start - bar.origin
        stretch = start // bar.stretch
        return stretch, -1 if stretch in even else start // bar.beat

    for (*_, joinable), group in groupby(symbols, lambda s: (*place(s), bool(s.pitches) and s.type in _LEVELS)):
        together = list(group)
        if joinable and len(together) > 1:
            _join(together)


def _join(symbols: Sequence[Symbol]) -> None:
    """Beam these notes, level by level: begin, continue, end, or a hook if no neighbour has that level."""
    counts = [0, *(_LEVELS[symbol.type] for symbol in symbols), 0]
    for symbol, (before, own, after) in zip(symbols, zip(counts, counts[1:], counts[2:], strict=False), strict=True):
        for level in range(1, own + 1):
            if before >= level and after >= level:
                symbol.beams.append("continue")
            elif after >= level:
                symbol.beams.append("begin")
            elif before >= level:
                symbol.beams.append("end")
            else:
                symbol.beams.append("backward hook" if before else "forward hook")
