"""The laboratory, Problems 1 to 5, to be read beside its text: music21, strings, windows of 100, three LSTM layers, argmax.

Problem 1 is `pitches`, 2 `windows`, 3 `network` and `training`, 4 `generating`, 5 `writing`. The text's own names stand where
it gives them. A token is the string for pitches that sound together, such as ``A5`` or ``C4.G3``; its id is an integer.
Beside the text stand `baselines` (what counting gets), `curves`, and `checkpoint` (what is kept of a run). The composer knows
nothing of this package, and this package nothing of the composer.
"""
