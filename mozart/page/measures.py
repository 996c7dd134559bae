"""The tab that says how like Mozart the pieces are: the measures of the checkpoint's card."""

from typing import Any

from mozart.page.studio import Studio

NOTHING = "Nobody has measured how like Mozart the pieces of this checkpoint are: `mozart measure` does that."


def say_measures(studio: Studio) -> str:
    """Write the measures of the checkpoint's pieces, as Markdown."""
    from mozart.measuring.report import markdown

    measured = _measured(studio.composer)
    try:
        tables = markdown(measured or {})
    except (KeyError, TypeError, ValueError):  # a checkpoint from elsewhere may have been measured otherwise
        return NOTHING
    return f"{say_likeness(studio.composer)} Every number stands beside what Mozart's own unseen works give.\n\n{tables}"


def say_likeness(composer: Any) -> str:
    """Write the most important measure as a sentence; an empty text if nothing was measured."""
    measured = _measured(composer)
    if measured is None:
        return ""
    composed, mozart = (measured[side]["distance"]["together"] for side in ("pieces", "mozart"))
    return (
        f"{measured['pieces']['passages']} such pieces lie at a distance of {composed:.2f} from his sonatas, where his own that "
        f"the network has not seen lie at {mozart:.2f}."
    )


def _measured(composer: Any) -> Any:
    """Return the measures of a checkpoint's pieces; None without any, or if another version measured them."""
    measured = composer.metrics.get("measures")
    try:
        _ = (
            measured["pieces"]["distance"]["together"],
            measured["mozart"]["distance"]["together"],
            measured["floor"],
            measured["bars"],
        )
    except (TypeError, KeyError):
        return None
    return measured
