"""How like Mozart the pieces are, as the page says it."""

import json
from typing import Any

from mozart.checkpoint.folder import PRETRAINED
from mozart.page.measures import NOTHING, say_likeness, say_measures
from mozart.page.studio import Studio


def test_what_was_measured_is_said(composer: Any) -> None:
    """The tab has the card's tables, the sentence the two distances; both are what metrics.json says."""
    composer.metrics = json.loads((PRETRAINED / "sonata" / "metrics.json").read_text())
    far = composer.metrics["measures"]["pieces"]["distance"]["together"]
    assert f"at a distance of {far:.2f} from his sonatas" in say_likeness(composer)
    said = say_measures(Studio(composer))
    assert f"| **Distance, all families** | **{far:.2f}** |" in said
    assert "What tells them apart" in said


def test_what_was_not_measured(composer: Any) -> None:
    """A checkpoint without measures, or with ones of another make, says so, and has no sentence."""
    cases: list[dict[str, Any]] = [{}, {"measures": []}, {"measures": {"pieces": {}}}]
    for metrics in cases:
        composer.metrics = metrics
        assert say_measures(Studio(composer)) == NOTHING
        assert say_likeness(composer) == ""
    sides = {side: {"passages": 60, "distance": {"together": 0.5}} for side in ("pieces", "mozart")}
    composer.metrics = {"measures": {**sides, "floor": {"low": 1, "high": 2}, "bars": 32, "giveaways": []}}
    assert say_measures(Studio(composer)) == NOTHING
