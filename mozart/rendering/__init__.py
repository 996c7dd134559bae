"""A score as others take it: MIDI file, sheet music, sound and piano roll. Everything here takes a Score and changes nothing."""
