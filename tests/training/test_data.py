"""Works are split whole, and movements dealt out as streams."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import torch

import tiny
from mozart.errors import MozartError
from mozart.model.rows import Rows
from mozart.training.data import TEST_WORKS, VALIDATION_WORKS, Streams, draw_hidden, hash_works, split_works

CPU = torch.device("cpu")


def split(titles: Sequence[str], seed: int = 0, **held_out: Sequence[str]) -> list[set[str]]:
    """The titles of each part."""
    return [{titles[index] for index in part} for part in split_works(titles, seed, **held_out)]


def test_the_sonatas_are_held_out_by_name() -> None:
    """Without names, K. 281, 311 and 457 test, and K. 280, 333, 545 and 547a validate."""
    assert split(("K. 279", *VALIDATION_WORKS, *TEST_WORKS)) == [{"K. 279"}, set(VALIDATION_WORKS), set(TEST_WORKS)]


@pytest.mark.parametrize("count", [3, 7, 20, 1_000])
def test_other_music_is_split_by_the_seed(count: int) -> None:
    """A sixth of the works each, one at least and 100 at most, is held out; every work is in one part, and a seed deals alike."""
    titles = [f"Work {number}" for number in range(count)]
    parts = split_works(titles, 1)
    assert [len(part) for part in parts[1:]] == [min(max(1, count // 6), 100)] * 2
    assert sorted(index for part in parts for index in part) == list(range(count))
    assert split_works(titles, 1) == parts
    assert count < 20 or split_works(titles, 2) != parts


def test_every_composer_has_its_share() -> None:
    """Of each folder as many works are held out as it has works, in proportion; a folder's name holds out all that is in it."""
    titles = [f"{name}: {number}" for name, count in (("Bach/early", 12), ("Clara", 12), ("Haydn", 24)) for number in range(count)]
    for seed in range(4):
        for part in split(titles, seed)[1:]:
            assert Counter(title.partition(":")[0] for title in part) == {"Bach/early": 2, "Clara": 2, "Haydn": 4}
    _, validation, test = split(titles, validation=["Clara"], test=["Bach", "Haydn: 3"])
    assert validation == set(titles[12:24])
    assert test == {*titles[:12], "Haydn: 3"}


def test_the_test_is_drawn_first() -> None:
    """Which works test depends on the seed and the music alone: not on how many validate."""
    titles = [f"Work {number}" for number in range(5)]
    for seed in range(3):
        order = [titles[index] for index in np.random.default_rng([seed, 5]).permutation(5)]
        assert split(titles, seed)[1:] == [{order[-2]}, {order[-1]}]


def test_works_that_share_a_movement_stay_together() -> None:
    """K. 545 and K. 547a have one finale: to hold out one is to hold out both, and they cannot stand on two sides."""
    titles = ("K. 545", "Mozart: K. 547a", "K. 279", "K. 280")
    _, validation, test = split(titles, test=["K. 545"])
    assert test == {"K. 545", "Mozart: K. 547a"}
    assert len(validation) == 1
    with pytest.raises(MozartError, match="stay together"):
        split(titles, validation=["Mozart: K. 547a"], test=["K. 545"])


@pytest.mark.parametrize(
    ("works", "validation", "test", "said"),
    [
        (("a", "b"), (), (), "2 works are too few"),
        (("a", "b", "c"), (), ("d",), "There is no work 'd' to hold out: choose among a, b, c"),
        (("a", "b", "c"), ("a",), ("a",), "cannot both validate and test"),
        (("a", "b", "c"), ("a",), ("b", "c"), "No work is left to train on"),
    ],
)
def test_impossible_splits(works: tuple[str, ...], validation: tuple[str, ...], test: tuple[str, ...], said: str) -> None:
    """They are refused in words."""
    with pytest.raises(MozartError, match=said):
        split_works(works, 0, validation, test)


def number_rows(counts: list[int]) -> list[Rows]:
    """Rows whose targets count through all movements."""
    starts = np.cumsum([0, *counts])
    return [Rows({"target": torch.arange(a, b)[:, None]}, 1.0) for a, b in pairwise(starts.tolist())]


def test_every_note_is_dealt() -> None:
    """In an epoch no note comes twice, batches have one shape, and what one epoch leaves over comes in another."""
    streams = Streams(number_rows([50, 70, 33]), [50, 70, 33], 4, 16, CPU)
    seen: set[int] = set()
    for epoch in range(20):
        batches = [deal(range(4))["target"] for deal, _ in streams.epoch(np.random.default_rng(epoch))]
        assert {tuple(batch.shape) for batch in batches} == {(4, 16, 1)}
        dealt = torch.cat([batch.flatten() for batch in batches]).tolist()
        assert len(set(dealt)) == len(dealt) == 128
        seen.update(dealt)
    assert seen == set(range(153))


def test_streams_go_on() -> None:
    """In a row of the batch each note follows the one before it within its movement, from one batch to the next too."""
    streams = Streams(number_rows([200]), [200], 2, 10, CPU)
    batches = list(streams.epoch(np.random.default_rng(0)))
    rows = torch.cat([deal(range(2))["target"] for deal, _ in batches], 1)[..., 0]
    assert set((rows.diff() % 200).flatten().tolist()) == {1}
    assert not batches[0][1].any()
    going_on = torch.stack([goes_on for _, goes_on in batches[1:]]).float().mean()
    assert 0.5 < going_on < 1


def test_shares_of_a_batch() -> None:
    """Dealt in parts, however they are cut, the sequences are those of the whole batch, each once."""
    for deal, _ in Streams(number_rows([50, 70, 33]), [50, 70, 33], 5, 8, CPU).epoch(np.random.default_rng(0)):
        parts = [deal(part)["target"] for part in (range(2), range(2, 3), range(3, 5))]
        assert torch.equal(torch.cat(parts), deal(range(5))["target"])


def test_less_music_than_a_batch() -> None:
    """Where there is less than a sequence a stream, there are fewer streams, and one batch at least."""
    ((deal, _),) = Streams(number_rows([20]), [20], 8, 64, CPU).epoch(np.random.default_rng(0))
    assert deal(range(1))["target"].shape == (1, 20, 1)


def test_what_is_hidden() -> None:
    """From as many sequences as was asked for the plan, from half of these the key; never the key without the plan."""
    hidden = draw_hidden(np.random.default_rng(0), 4_000, 0.4)
    assert float(hidden.plan.float().mean()) == pytest.approx(0.4, abs=0.03)
    assert float(hidden.key.float().mean()) == pytest.approx(0.2, abs=0.03)
    assert not (hidden.key & ~hidden.plan).any()
    assert not draw_hidden(np.random.default_rng(0), 100, 0).plan.any()


def test_the_hash_of_music() -> None:
    """Another title or another note gives another hash."""
    work = tiny.works(1)[0]
    hashes = {hash_works([made]) for made in (work, work.replace(title="other"), work.transpose(1))}
    assert len(hashes) == 3
