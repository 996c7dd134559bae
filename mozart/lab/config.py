"""How the laboratory's network is trained: every setting with its meaning, from which the command line's flags are made."""

import math
from dataclasses import dataclass, field
from typing import Any

from mozart.errors import MozartError

LENGTH = 128  # elements in a sequence of recipe lab-keys


def _setting(default: Any, description: str, **more: Any) -> Any:
    return field(default=default, metadata={"help": description, **more})


@dataclass(frozen=True)
class LabConfig:
    """How to train; the defaults are the text's. A field's metadata says what it is (``help``) and what it can be."""

    epochs: int = _setting(30, "passes over all training windows", least=1)
    seed: int = _setting(0, "random seed, of the split, the first weights and the shuffling", least=0)
    batch_size: int = _setting(128, "windows in a batch; at least 2, because BatchNorm compares them", least=2)
    learning_rate: float = _setting(0.001, "RMSprop's learning rate", above=0)
    embedding_dim: int = _setting(64, "size of an embedding; the text calls 32 and 64 good choices", least=1)
    hidden_size: int = _setting(256, "units of each LSTM layer", least=1)
    num_layers: int = _setting(3, "LSTM layers", least=1)
    precision: str = _setting(
        "float32", "float32, or mixed: bfloat16 where the device has it, else float16", choices=("float32", "mixed")
    )

    def __post_init__(self) -> None:
        for name, described in self.__dataclass_fields__.items():
            value, about = getattr(self, name), described.metadata
            if "choices" in about:
                possible, said = value in about["choices"], f"choose {' or '.join(about['choices'])}"
            elif "least" in about:
                possible = about["least"] <= value < about.get("below", math.inf)
                said = f"it must be {about['least']} or more" + (f", and less than {about['below']}" if "below" in about else "")
            else:
                possible, said = 0 < value < math.inf, "it must be above 0"
            if not possible:
                raise MozartError(f"The setting {name.replace('_', ' ')} cannot be {value}: {said}.")


@dataclass(frozen=True)
class KeysConfig(LabConfig):
    """How to train it beyond the text, as :mod:`mozart.lab.departing` does."""

    epochs: int = _setting(40, "passes over the music in five keys", least=1)
    batch_size: int = _setting(16, f"sequences of {LENGTH} elements in a batch", least=1)
    learning_rate: float = _setting(3e-3, "AdamW's highest learning rate", above=0)
    precision: str = _setting("float32", "float32 alone", choices=("float32",))
    dropout: float = _setting(0.05, "share of what goes from one LSTM layer to the next that training leaves out", least=0, below=1)
