"""Music as values: notes in exact time, bars and metre, keys and the names of pitches. Needs numpy only."""

from mozart.notes.score import GRID, LEFT, RIGHT, TICKS, VOICES, Metre, Note, Score, Tempo

__all__ = ["GRID", "LEFT", "RIGHT", "TICKS", "VOICES", "Metre", "Note", "Score", "Tempo"]
