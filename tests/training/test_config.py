"""One declaration of how to train, from which flags are made."""

import argparse
from dataclasses import fields
from typing import Any

import pytest

from mozart.errors import MozartError
from mozart.training.config import TrainingConfig, add_flags, read_flags
from mozart.training.flags import CONFIGS, parse_flags


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"epochs": 0}, "The setting epochs cannot be 0: it must be 1 or more"),
        ({"seed": -1}, "it must be 0 or more, and at most 4294967295"),
        ({"learning_rate": float("nan")}, "it must be above 0"),
        ({"weight_decay": float("inf")}, "it must be 0 or more"),
        ({"hidden_plan": 1.5}, "at most 1"),
        ({"precision": "double"}, "choose float32 or mixed"),
    ],
)
def test_impossible_settings(setting: dict[str, Any], said: str) -> None:
    """What cannot be is refused in a sentence that says what can."""
    with pytest.raises(MozartError, match=said):
        TrainingConfig(**setting)


def test_every_setting_is_a_flag() -> None:
    """Each field of each recipe can be given on the command line, and what is not given has its recipe's own default."""
    parser = argparse.ArgumentParser()
    add_flags(parser, CONFIGS)
    for recipe, config in CONFIGS.items():
        assert read_flags(parser.parse_args([]), recipe, CONFIGS) == config()
        for setting in fields(config):
            default: Any = setting.default
            value = setting.metadata["choices"][-1] if "choices" in setting.metadata else default * 2 or 1
            read = read_flags(parser.parse_args([f"--{setting.name.replace('_', '-')}", str(value)]), recipe, CONFIGS)
            assert getattr(read, setting.name) == value


def test_a_flag_of_another_recipe() -> None:
    """It is refused by its name."""
    parser = argparse.ArgumentParser()
    add_flags(parser, CONFIGS)
    with pytest.raises(MozartError, match="--hidden-size is not for --recipe notes"):
        read_flags(parser.parse_args(["--hidden-size", "8"]), "notes", CONFIGS)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--recipe", "cloud"], "invalid choice: 'cloud'"),
        (["--push-every", "2"], "add --push-to-hub USER/NAME"),
        (["--push-to-hub", "user/name", "--push-every", "0"], "0 is not a whole number from 1 on"),
        (["--samples-every", "x"], "x is not a whole number from 1 on"),
        (["--recipe", "lab", "--test-works", "K. 281"], "not for --recipe lab"),
        (["--archive", "a", "--midi-dir", "b"], "not allowed with"),
    ],
)
def test_wrong_flags(flags: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A flag that does not fit is refused before anything is read."""
    with pytest.raises(SystemExit):
        parse_flags(flags, "")
    assert said in capsys.readouterr().err
