"""Measure pieces and compare them with Mozart's: features, two samples compared, copies, loops, and the report.

Everything here takes :class:`mozart.notes.Score` and reads no files. A feature is one number of one piece
(:mod:`mozart.measuring.features`). Mozart's own passages of the same length show how much a feature varies, and his held-out
works, compared with his others in the same way, show how small a difference can be.
"""
