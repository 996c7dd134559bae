"""A laboratory's checkpoint comes back as it went, and what cannot be is refused."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from lab_music import checkpoint, works
from mozart.errors import MozartError
from mozart.lab.checkpoint import (
    DISTANCES,
    FILES,
    METRICS,
    SEQUENCES,
    VOCABULARY,
    WEIGHTS,
    choose_sequences,
    from_files,
    to_files,
)
from mozart.lab.generating import generate_piece
from mozart.lab.parsing import Work
from mozart.lab.windows import WINDOW, split_windows


@pytest.mark.parametrize("in_keys", [False, True])
def test_round_trip(in_keys: bool) -> None:
    """Every part comes back, the same bytes go again, and the same piece is composed."""
    before = checkpoint(in_keys=in_keys)
    files = to_files(before)
    after = from_files(files)
    assert to_files(after) == files
    assert after.vocabulary == before.vocabulary
    np.testing.assert_array_equal(after.sequences, before.sequences)
    assert (after.titles, after.distances, after.metrics) == (before.titles, before.distances, before.metrics)
    assert after.history == before.metrics["epochs"]
    assert not after.model.training
    assert generate_piece(after, 20) == generate_piece(before, 20)


def test_matrices_take_half_the_room() -> None:
    """They are stored as float16."""
    weights = load(to_files(checkpoint())[WEIGHTS])
    assert {tensor.dtype for tensor in weights.values() if tensor.dim() > 1} == {torch.float16}


@pytest.mark.parametrize("name", FILES)
def test_missing_and_cut_files(name: str) -> None:
    """A file that is missing, cut, empty or not what its name says is refused in one sentence that names it."""
    files = to_files(checkpoint())
    for content in (files[name][: len(files[name]) // 2], b"", b"null", b"[NaN]", b"{}", b"[" * 100_000, b"\xff\xff"):
        with pytest.raises(MozartError, match=name) as error:
            from_files(files | {name: content})
        assert "\n" not in str(error.value)
    with pytest.raises(MozartError, match=f"{name} is missing"):
        from_files({other: content for other, content in files.items() if other != name})


def change(place: tuple[Any, ...], value: Any) -> Callable[[Any], Any]:
    def changed(content: Any) -> Any:
        inner = content
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        return content

    return changed


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        (VOCABULARY, change((0,), "H4")),
        (VOCABULARY, change((0,), 4)),
        (VOCABULARY, change((0,), "D4")),
        (SEQUENCES, change((0, "ids", 0), 10)),
        (SEQUENCES, change((0, "ids", 0), -1)),
        (SEQUENCES, change((0, "ids", 0), 1.0)),
        (SEQUENCES, change((0, "ids", 0), True)),
        (SEQUENCES, change((0, "ids"), [0] * 99)),
        (SEQUENCES, change((0, "work"), None)),
        (SEQUENCES, lambda _: []),
        (SEQUENCES, lambda sequences: sequences * 13),
        (DISTANCES, change((0,), [-1, 5])),
        (DISTANCES, change((0,), [1.5, 5])),
        (DISTANCES, change((0,), [10, 0])),
        (DISTANCES, change((0,), [10**30, 5])),
        (DISTANCES, change((0,), [1, 2, 3])),
        (DISTANCES, lambda _: [[0, 7]]),
        (DISTANCES, lambda rows: rows + rows),
        (METRICS, change(("epochs", 0, "train_loss"), None)),
        (METRICS, change(("epochs", 0, "seconds"), -1)),
        (METRICS, change(("epochs",), 3)),
    ],
)
def test_values_that_cannot_be(name: str, spoil: Callable[[Any], Any]) -> None:
    """Ids outside the vocabulary, names that are no pitches, negative counts and the like are refused."""
    files = to_files(checkpoint())
    changed = json.dumps(spoil(json.loads(files[name]))).encode()
    with pytest.raises(MozartError, match=name):
        from_files(files | {name: changed})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda weights: {"linear2.bias": torch.full_like(weights["linear2.bias"], float("nan"))},
        lambda weights: {"lstm.weight_hh_l0": weights["lstm.weight_hh_l0"][:, :4]},
        lambda weights: {"batch1.weight": weights["batch1.weight"].int()},
        lambda weights: {"batch1.running_var": -weights["batch1.running_var"]},
        lambda _: {"more": torch.zeros(2)},
        lambda _: {"linear1.weight": torch.zeros(())},
        lambda _: {"linear1.weight": torch.zeros(0, 8)},
    ],
)
def test_weights_that_cannot_be(spoil: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]) -> None:
    """Numbers that are none, other shapes, other types and other layers are refused."""
    files = to_files(checkpoint())
    weights = load(files[WEIGHTS])
    changed = {name: tensor.contiguous() for name, tensor in (weights | spoil(weights)).items()}
    with pytest.raises(MozartError, match=WEIGHTS):
        from_files(files | {WEIGHTS: save(changed)})


def test_a_size_that_the_file_does_not_have() -> None:
    """A header that speaks of terabytes is refused before they are taken."""
    files = to_files(checkpoint())
    content = files[WEIGHTS]
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["embedding.weight"]["shape"] = [10, 10**12]
    written = json.dumps(header).encode()
    with pytest.raises(MozartError, match=WEIGHTS):
        from_files(files | {WEIGHTS: len(written).to_bytes(8, "little") + written + content[8 + length :]})


def test_parts_of_different_checkpoints() -> None:
    """A vocabulary that the weights do not know is said with both numbers."""
    files = to_files(checkpoint())
    tokens = [*json.loads(files[VOCABULARY]), "C2"]
    with pytest.raises(MozartError, match="vocabulary has 11 tokens, the weights expect 10"):
        from_files(files | {VOCABULARY: json.dumps(tokens).encode()})


def test_which_sequences_are_kept() -> None:
    """At most 24 test windows, each in one work, none overlapping, every work before any comes twice, at most 5 % of a work."""
    music = works(20, 4100)
    starts = split_windows(20 * 4100, seed=0).test
    chosen = choose_sequences(music, starts, seed=1)
    titles = [title for title, _ in chosen]
    assert len(chosen) == 24
    assert {titles.count(work.title) for work in music} == {1, 2}
    assert {start for _, start in chosen} <= set(starts.tolist())
    assert all(f"Work {start // 4100}" == title and start % 4100 <= 4000 for title, start in chosen)
    places = sorted(start for _, start in chosen)
    assert all(after - before >= WINDOW for before, after in pairwise(places))
    assert choose_sequences(music, starts, seed=1) == chosen != choose_sequences(music, starts, seed=2)
    assert len(choose_sequences(works(2, 1000), split_windows(2000, seed=0).test, seed=0)) == 2


@pytest.mark.corpus
def test_of_no_sonata_much_is_kept(lab_works: list[Work]) -> None:
    """Under the text's split 24 sequences are chosen, some of every sonata, never more than 5 % of one."""
    n_ids = sum(len(work.tokens) for work in lab_works)
    chosen = choose_sequences(lab_works, split_windows(n_ids, seed=0).test, seed=0)
    titles = [title for title, _ in chosen]
    assert len(titles) == 24
    assert all(1 <= titles.count(work.title) <= 0.05 * len(work.tokens) / WINDOW for work in lab_works)
