"""The error that people read."""

import pytest

from mozart.checkpoint.find import find_checkpoint
from mozart.errors import MozartError


def test_a_hostile_name_is_said_harmlessly() -> None:
    """What a terminal would obey, and bytes that are no text, become question marks on one line."""
    with pytest.raises(MozartError) as caught:
        find_checkpoint("a/b\n\x1b[31m\udce9")
    assert str(caught.value).startswith("There is no checkpoint a/b??[31m?: ")
