"""What to put in the place of something good."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

VALUES: list[Any] = [
    *(None, True, -1, 0, 1, 1.5, 1e308, 10**9, 2**31, 2**63, 10**30, float("nan"), float("inf"), -float("inf")),
    *(
        "",
        "x",
        "x" * 3_000,
        "\ud800",
        "\0",
        "../../etc/passwd",
        "/dev/zero",
        "a.mid",
        "٣",
        "<b>",
        [],
        {},
        [[]],
        [None] * 3,
        {"a": {}},
    ),
]


def bytes_(content: bytes, random_: random.Random) -> bytes:
    """Damage bytes in a few places: flip, cut, double, move, or insert large values."""
    changed = bytearray(content)
    for _ in range(random_.choice([1, 1, 2, 4, 16])):
        if not changed:
            break
        at, size = random_.randrange(len(changed)), random_.choice([1, 1, 2, 4, 40])
        match random_.randrange(7):
            case 0:
                changed[at] ^= 1 << random_.randrange(8)
            case 1:
                changed[at] = random_.choice([0, 1, 0x7F, 0x80, 0xFF, random_.randrange(256)])
            case 2:
                del changed[at : at + size]
            case 3:
                changed[at:at] = changed[at : at + size] * random_.choice([1, 2, 50])
            case 4:
                changed = changed[:at]
            case 5:
                changed[at : at + 4] = random_.choice([b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"MTrk"])
            case _:
                other = random_.randrange(len(changed))
                changed[at : at + size] = changed[other : other + size]
    return bytes(changed)


def json_(content: bytes, random_: random.Random) -> bytes:
    """Damage one or two JSON values, or return bytes that are not JSON."""
    if random_.random() < 0.15:
        return bytes_(content, random_)
    value = json.loads(content)
    for _ in range(random_.choice([1, 1, 2])):
        paths = list(_paths(value))
        value = _put(value, random_.choice(paths), random_)
    return json.dumps(value).encode()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key in list(value)[:200]:
            yield from _paths(value[key], (*path, key))
    elif isinstance(value, list):
        for index in sorted({0, 1, len(value) // 2, len(value) - 1} & set(range(len(value)))):
            yield from _paths(value[index], (*path, index))


def _put(value: Any, path: tuple[Any, ...], random_: random.Random) -> Any:
    if path:
        value[path[0]] = _put(value[path[0]], path[1:], random_)
        return value
    match random_.randrange(6):
        case 0 if isinstance(value, list) and value:
            return value[: random_.randrange(len(value))]
        case 1 if isinstance(value, list):
            return value * random_.choice([2, 50])
        case 2 if isinstance(value, dict) and value:
            return {key: part for key, part in value.items() if key != random_.choice(list(value))}
        case 3 if isinstance(value, int | float):
            return random_.choice([-value, value + 1, value * 1_000, value / 7])
        case 4 if isinstance(value, str) and value:
            at = random_.randrange(len(value))
            return value[:at] + random_.choice(["", "0", "-", "9" * 30, "\ud800"]) + value[at + 1 :]
        case _:
            return copy.deepcopy(random_.choice(VALUES))  # a later change may go into it
