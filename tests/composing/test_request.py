"""A request: one declaration, one meaning everywhere."""

import argparse
from typing import Any

import pytest

from mozart.composing.request import MAX_LENGTHS, Length, Request, add_flags, describe_parameters, parameters, read_flags
from mozart.errors import MozartError


def parse(*arguments: str) -> Request:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return read_flags(parser.parse_args(arguments))


def test_equal_requests_however_they_are_written() -> None:
    """Numbers as text, notes as floats and keys in other spellings make the same request."""
    assert Request(length=500.0, seed="7", key="Bb major") == Request(length="500", seed=7, key="b-flat Major")
    assert Request(length="60.0s").length == "60s"


def test_lab_has_defaults_of_its_own() -> None:
    """The laboratory composes 500 notes on from a random opening at 0.25."""
    request = Request(lab=True)
    assert (request.length, request.opening, request.offsets) == ("500", "random", "0.25")
    assert Request(lab=True, length="100", offsets="sampled").offsets == "sampled"


@pytest.mark.parametrize("setting", ["key", "character", "form", "temperature", "top_p", "max_copy", "again"])
def test_lab_refuses_what_it_does_not_use(setting: str) -> None:
    """The laboratory's way has no key, no form and no chance."""
    value = {"key": "G major", "character": "Andante", "form": "free", "again": "1-2@3", "max_copy": 9}.get(setting, 0.5)
    with pytest.raises(MozartError, match=setting.replace("_", " ")):
        Request(lab=True, **{setting: value})


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"length": "x"}, "bars up to 500"),
        ({"length": "501bars"}, "such as 500bars"),
        ({"length": "901s"}, "such as 900s"),
        ({"length": "0"}, "not possible"),
        ({"length": "1.5bars"}, "not possible"),
        ({"length": True}, "not possible"),
        ({"seed": -1}, "whole number from 0"),
        ({"seed": 2**32}, "4294967295"),
        ({"seed": 1.5}, "whole number"),
        ({"temperature": float("nan")}, "from 0 to 10"),
        ({"temperature": 0}, "from 0 to 10"),
        ({"top_p": 1.1}, "from 0 to 1"),
        ({"tempo": 19}, "from 20 to 400"),
        ({"offsets": "0.3"}, "composed, sampled, 0.25, 0.5"),
        ({"form": "sonata"}, "inherited, free"),
        ({"key": "H major"}, "such as G major"),
        ({"lab": 1}, "true or false"),
        ({"lab": "maybe"}, "true or false"),
        ({"opening": ""}, "opening"),
        ({"opening": "a\0.mid"}, "opening"),
        ({"again": "9"}, "9-12@7"),
        ({"again": "12-9@7"}, "9-12@7"),
        ({"max_copy": 6}, "from 7"),
        ({"colour": "red"}, "no setting colour"),
        ({"key": 5}, "key"),
        ({"seed": "9" * 1_000_000}, "seed"),
    ],
)
def test_an_impossible_request_is_refused_in_a_sentence(settings: dict[str, Any], problem: str) -> None:
    """One short sentence that says what is possible."""
    with pytest.raises(MozartError, match=problem) as refused:
        Request(**settings)
    assert len(str(refused.value)) < 400


def test_lengths() -> None:
    """Bars, seconds and notes, each up to its limit."""
    assert Request(length="32bars").measure == Length(32, "bars")
    assert Request(length="60.5 s").measure == Length(60.5, "s")
    assert Request(length=f"{MAX_LENGTHS['notes']}notes").measure == Length(MAX_LENGTHS["notes"], "notes")


def test_flags_link_and_values_make_the_same_request() -> None:
    """The command line, a link and plain values go there and back."""
    request = Request(length="16bars", key="G major", ending=False, include_opening=False, seed=3, again="1-2@5,7-7@9")
    flags = ["--length", "16bars", "--key", "G major", "--no-ending", "--no-opening", "--seed", "3", "--again", "1-2@5,7-7@9"]
    assert parse(*flags) == request
    assert Request.from_text({name: str(value) for name, value in request.settings().items()} | {"utm": "x"}) == request
    assert Request(**request.settings()) == request
    assert request.bars_again == [(1, 2, 5), (7, 7, 9)]


def test_only_what_differs_is_said() -> None:
    """A link holds no defaults."""
    assert Request().settings() == {}
    assert Request(seed=7).settings() == {"seed": 7}


def test_a_new_setting_is_found_everywhere() -> None:
    """A setting that is declared is a flag, a parameter with its meaning, and part of a link."""

    class Larger(Request):
        swing: float = 0.0

    field = Larger.model_fields["swing"]
    field.description = "how much it swings"
    Request.model_fields["swing"] = field
    try:
        parser = argparse.ArgumentParser()
        add_flags(parser)
        assert parser.parse_args(["--swing", "0.5"]).swing == "0.5"
        assert "swing" in {parameter.name for parameter in parameters()}
        assert "swing: how much it swings" in describe_parameters()
    finally:
        del Request.model_fields["swing"]
    larger: Any = Larger
    assert larger(swing="0.5").settings() == {"swing": 0.5}
    assert larger.from_text({"swing": "0.5"}).swing == 0.5


def test_a_request_can_be_kept_in_a_set() -> None:
    """It is immutable and hashable."""
    assert len({Request(), Request(length="32bars"), Request(seed=1)}) == 2
    with pytest.raises(Exception, match="frozen"):
        Request().seed = 5
