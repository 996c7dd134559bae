"""How the composer's network is trained: every setting with its meaning, from which the command line's flags are made."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

from mozart.errors import MozartError


def _setting(default: Any, description: str, **more: Any) -> Any:
    return field(default=default, metadata={"help": description, **more})


@dataclass(frozen=True)
class TrainingConfig:
    """Recipe ``notes``. A field's metadata says what it is (``help``) and what it can be."""

    epochs: int = _setting(16, "passes over the training works", least=1)
    seed: int = _setting(0, "random seed, of the first weights and of all that training draws", least=0, most=2**32 - 1)
    batch_size: int = _setting(8, "sequences in a batch", least=1)
    sequence_length: int = _setting(192, "notes in a sequence", least=8)
    learning_rate: float = _setting(3e-3, "AdamW's highest learning rate", above=0)
    weight_decay: float = _setting(1.0, "AdamW's weight decay", least=0)
    hidden_plan: float = _setting(
        0.4,
        "share of the sequences that training shows without their plan, half of them also without key and length",
        least=0,
        most=1,
    )
    precision: str = _setting(
        "float32", "float32, or mixed: bfloat16 where the device has it, else float16", choices=("float32", "mixed")
    )

    def __post_init__(self) -> None:
        require_possible(self)


def require_possible(config: Any) -> None:
    """Raise MozartError where a field is not what its metadata says that it can be."""
    for setting in fields(config):
        value, about = getattr(config, setting.name), setting.metadata
        if "choices" in about:
            possible, said = value in about["choices"], f"choose {' or '.join(about['choices'])}"
        elif "least" in about:
            most = about.get("most", math.inf)
            possible, said = about["least"] <= value <= most and value < math.inf, f"it must be {about['least']} or more"
            said += f", and at most {most}" * ("most" in about)
        else:
            possible, said = 0 < value < math.inf, "it must be above 0"
        if not possible:
            raise MozartError(f"The setting {setting.name.replace('_', ' ')} cannot be {value}: {said}.")


def add_flags(parser: Any, configs: dict[str, type[Any]]) -> None:
    """Give a command line one flag for every field of several configurations, by recipe; no flag has a default of its own."""
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
    """The configuration of a recipe from what :func:`add_flags` has read.

    Raises MozartError when a flag belongs to another recipe, or a value is not possible.
    """
    known = {setting.name for setting in fields(configs[recipe])}
    given = {name: getattr(options, name) for config in configs.values() for name in (s.name for s in fields(config))}
    given = {name: value for name, value in given.items() if value is not None}
    foreign = sorted(set(given) - known)
    if foreign:
        raise MozartError(f"--{foreign[0].replace('_', '-')} is not for --recipe {recipe}: leave it out.")
    return configs[recipe](**given)
