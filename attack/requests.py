"""Requests from links, programs and command lines: possible ones are small here, all others are refused in a sentence."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from attack import evil
from attack.trial import Trial
from mozart.composing.request import Request
from mozart.page import share

GOOD: dict[str, list[Any]] = {
    "length": ["4bars", "12 s", "500", 32, 1e9, "500bars", "0bars", "1e3", "9" * 400 + "s"],
    "opening": ["none", "random", "K. 1", "/etc/passwd.mid", "\0.mid"],
    "key": ["any", "G major", "b-flat minor", "H dur"],
    "character": ["any", "Allegro", "x" * 10_000],
    "temperature": [0.1, 1, "nan", "1e400", -0.0],
    "tempo": [20, 400, "19.999", "inf"],
    "seed": [0, 2**32 - 1, 2**32, "1_0", " 7 ", "٧"],
    "again": ["1-2@3", "1-2@3,4-4@5", "1-500@1," * 50, "0-0@0", "9-1@1"],
    "plan": ["", "{}", "[" * 50_000, '{"metre":"4/4","mode":"major","chords":["I"]}'],
    "lab": [True, "true", 1, "maybe"],
    "offsets": ["composed", "sampled", "0.5", "1"],
}


def run(trial: Trial) -> None:
    """Whatever a link or a program says."""
    for _ in trial.rounds():
        names = trial.random.sample(sorted(GOOD), trial.random.randrange(1, 5))
        settings: dict[str, Any] = {
            name: trial.random.choice(evil.VALUES if trial.random.random() < 0.4 else GOOD[name]) for name in names
        }

        def act(settings: dict[str, Any] = settings) -> None:
            request = Request(**settings)
            if Request(**request.settings()) != request:
                raise AssertionError("its own settings make another request")
            if request.plan:
                from mozart.model.plan_json import from_json

                from_json(request.plan)

        trial.attempt(settings, act)
        query = urlencode({name: str(value).encode("utf-8", "replace") for name, value in settings.items()} | {"seed": "7"})
        trial.attempt(query, partial(share.from_query, query))
        trial.attempt(query, partial(share.card_html, query, "http://x/"))
