"""Render a score: as MIDI file, sheet music, sound and piano roll. Nothing here changes the score."""
