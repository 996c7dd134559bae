"""What pieces are like, and how like Mozart's: features of a piece, two samples compared, copies, loops, and the report.

Everything here takes :class:`mozart.notes.Score` and reads no files. A feature is one number of one piece
(:mod:`mozart.measuring.features`); Mozart's own passages of the same length say how large a difference is, and his works
that were held out, compared with his others in the same way, say how small a difference can be.
"""
