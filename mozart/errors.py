"""The one error whose text is meant for the person who runs the program."""


class MozartError(Exception):
    """A problem that a person can solve.

    The message is one sentence or two in plain words: what is wrong, and what to do about it. Entry points print it
    without a traceback; every other exception is a bug of ours and keeps its traceback.
    """

    def __str__(self) -> str:
        """Return the message on one line; letters of a hostile name that cannot be printed become question marks."""
        return "".join(letter if letter.isprintable() else "?" for letter in super().__str__())
