"""Test whether a classifier can tell two samples apart.

The method is the classifier two-sample test (Lopez-Paz and Oquab, Revisiting classifier two-sample tests, 2017), with whole
works and pieces held out. Only this test needs scikit-learn, so it is imported when the test runs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mozart.errors import MozartError
from mozart.measuring.compare import NAMES, Sample
from mozart.measuring.features import APART
from mozart.measuring.passage import Flags, Floats, Ints

FOLDS = 5
_RESAMPLED = 400
_COUNTED = np.array([not name.startswith(f"{APART}: ") for name in NAMES])


def tell_apart(sample: Sample, mozart: Sample, seed: int = 0) -> dict[str, dict[str, float]]:
    """Test how well two classifiers tell `sample` from `mozart`, on works and pieces that they have not seen.

    Parameters
    ----------
    sample, mozart
        Two samples of at least two groups each; features of loudness are left out.
    seed
        The seed of the folds and of the resampling.

    Returns
    -------
    dict
        ``boosting`` and ``regression`` → ``auc`` (0.5: not at all, 1: every time), the mean over folds of whole groups, with
        the ends of its 95 % interval, ``low`` and ``high``. For the interval, groups are resampled within their fold; a group
        that is alone in its fold is resampled by passages. With few works on a side the number drifts from 0.5 in either
        direction even for equal samples, so compare it with that of works that were held out.

    Raises
    ------
    MozartError
        When scikit-learn is missing, or there are fewer than two groups on a side.
    """
    groups = np.array([*(f"0 {group}" for group in sample.groups), *(f"1 {group}" for group in mozart.groups)])
    ours: Flags = np.arange(len(groups)) < len(sample)
    n_folds = min(FOLDS, len(set(sample.groups)), len(set(mozart.groups)))
    if n_folds < 2:
        raise MozartError("A classifier is tested on works that it has not seen: give at least two works or pieces on each side.")
    rows = np.concatenate([sample.rows, mozart.rows])[:, _COUNTED]
    rng = np.random.default_rng(seed)
    folds = _deal(groups, ours, n_folds, rng)
    found = {}
    for name, model in _models().items():
        scores = np.full(len(rows), 0.5)
        for fold in range(n_folds):
            seen = folds != fold
            varied = _vary(rows[seen])
            trained = model().fit(rows[seen][:, varied], ours[seen])
            scores[~seen] = trained.predict_proba(rows[~seen][:, varied])[:, 1]
        low, high = _interval(scores, ours, folds, groups, rng)
        found[name] = {"auc": _mean_auc(scores, ours, folds, np.arange(len(rows))), "low": low, "high": high}
    return found


def auc(scores: Floats, positive: Flags) -> float:
    """Compute the probability that a positive row scores above a negative one, ties counting half; NaN if a side is empty."""
    ours, others = scores[positive], np.sort(scores[~positive])
    if not len(ours) or not len(others):
        return float("nan")
    below, not_above = np.searchsorted(others, ours, side="left"), np.searchsorted(others, ours, side="right")
    return float((below + not_above).sum() / (2 * len(ours) * len(others)))


def _models() -> dict[str, Callable[[], Any]]:
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError as error:
        raise MozartError("The classifier test needs scikit-learn: install it with `pip install scikit-learn`.") from error
    return {
        # Small trees and strong shrinkage: many works have fewer passages than there are features.
        "boosting": lambda: HistGradientBoostingClassifier(
            max_iter=60, max_leaf_nodes=6, min_samples_leaf=8, learning_rate=0.15, class_weight="balanced", random_state=0
        ),
        "regression": lambda: make_pipeline(
            SimpleImputer(strategy="median"),
            StandardScaler(),
            LogisticRegression(C=0.03, max_iter=2000, class_weight="balanced"),
        ),
    }


def _vary(rows: Floats) -> Flags:
    """Find the features with more than one value; the others teach nothing, and the models refuse them."""
    missing = np.isnan(rows)
    varied: Flags = np.where(missing, -np.inf, rows).max(0) > np.where(missing, np.inf, rows).min(0)
    return varied


def _deal(groups: NDArray[np.str_], ours: Flags, n_folds: int, rng: np.random.Generator) -> Ints:
    """Deal out a fold to each row: whole groups, those of either side spread evenly, the largest first."""
    folds = np.zeros(len(groups), dtype=np.int64)
    for side in (ours, ~ours):
        names, sizes = np.unique(groups[side], return_counts=True)
        load = np.zeros(n_folds)
        order = rng.permutation(len(names))
        for index in order[np.argsort(-sizes[order], kind="stable")]:
            fold = int(load.argmin())
            folds[groups == names[index]] = fold
            load[fold] += sizes[index]
    return folds


def _mean_auc(scores: Floats, ours: Flags, folds: Ints, rows: Ints) -> float:
    """Average the AUC over folds, because scores of two models cannot be compared with each other."""
    found = [auc(scores[here], ours[here]) for fold in np.unique(folds) if len(here := rows[folds[rows] == fold])]
    return float(np.nanmean(found))


def _interval(scores: Floats, ours: Flags, folds: Ints, groups: NDArray[np.str_], rng: np.random.Generator) -> tuple[float, float]:
    pools: dict[tuple[int, bool], list[Ints]] = {}
    for name in np.unique(groups):
        rows = np.flatnonzero(groups == name)
        pools.setdefault((int(folds[rows[0]]), bool(ours[rows[0]])), []).append(rows)
    # One group alone in its fold is resampled by its passages.
    units = [[np.array([row]) for row in pool[0]] if len(pool) == 1 else pool for pool in pools.values()]
    found = []
    for _ in range(_RESAMPLED):
        drawn = [pool[index] for pool in units for index in rng.integers(len(pool), size=len(pool))]
        found.append(_mean_auc(scores, ours, folds, np.concatenate(drawn)))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
