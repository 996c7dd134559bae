"""The settings for training the composer's network, with their meaning, from which the command line's flags are made."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

from mozart.errors import MozartError


def _setting(default: Any, description: str, **more: Any) -> Any:
    return field(default=default, metadata={"help": description, **more})


@dataclass(frozen=True)
class TrainingConfig:
    """The settings of recipe ``notes``. A field's metadata has its meaning (``help``) and its possible values."""

    epochs: int = _setting(16, "passes over the training works", least=1)
    seed: int = _setting(0, "random seed of the first weights and of everything random in training", least=0, most=2**32 - 1)
    batch_size: int = _setting(8, "sequences in a batch", least=1)
    sequence_length: int = _setting(192, "notes in a sequence", least=8)
    learning_rate: float = _setting(3e-3, "AdamW's highest learning rate", above=0)
    weight_decay: float = _setting(1.0, "AdamW's weight decay", least=0)
    hidden_plan: float = _setting(
        0.4,
        "share of training sequences whose plan is hidden from the network, and in half of them key and length too",
        least=0,
        most=1,
    )
    precision: str = _setting(
        "float32", "float32, or mixed: bfloat16 if the device has it, else float16", choices=("float32", "mixed")
    )

    def __post_init__(self) -> None:
        require_possible(self)


def require_possible(config: Any) -> None:
    """Raise MozartError unless every field has a possible value, by its metadata."""
    for setting in fields(config):
        value, about = getattr(config, setting.name), setting.metadata
        if "choices" in about:
            possible, advice = value in about["choices"], f"choose {' or '.join(about['choices'])}"
        elif "least" in about:
            most = about.get("most", math.inf)
            possible, advice = about["least"] <= value <= most and value < math.inf, f"it must be {about['least']} or more"
            advice += f", and at most {most}" if "most" in about else ""
        else:
            possible, advice = 0 < value < math.inf, "it must be above 0"
        if not possible:
            raise MozartError(f"The setting {setting.name.replace('_', ' ')} cannot be {value}: {advice}.")


def add_flags(parser: Any, configs: dict[str, type[Any]]) -> None:
    """Add one flag, without a default, for every field of the recipes' configurations to a command line."""
    meanings: dict[str, list[str]] = {}
    kinds: dict[str, Any] = {}
    for recipe, config in configs.items():
        for setting in fields(config):
            kinds[setting.name] = setting.type
            meanings.setdefault(setting.name, []).append(f"{recipe}: {setting.metadata['help']} (default {setting.default})")
    for name, said in meanings.items():
        kind = {"int": int, "float": float}.get(str(getattr(kinds[name], "__name__", kinds[name])), str)
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, help="; ".join(said))


def read_flags(options: Any, recipe: str, configs: dict[str, type[Any]]) -> Any:
    """Make the configuration of a recipe from the flags of :func:`add_flags`.

    Raises
    ------
    MozartError
        When a flag belongs to another recipe, or a value is not possible.
    """
    known = {setting.name for setting in fields(configs[recipe])}
    given = {name: getattr(options, name) for config in configs.values() for name in (s.name for s in fields(config))}
    given = {name: value for name, value in given.items() if value is not None}
    foreign = sorted(set(given) - known)
    if foreign:
        raise MozartError(f"--{foreign[0].replace('_', '-')} is not for --recipe {recipe}: leave it out.")
    return configs[recipe](**given)
