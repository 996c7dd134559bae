"""The composer's network, what it reads, and how likely it finds music: no page, no files, no drawing of notes."""
