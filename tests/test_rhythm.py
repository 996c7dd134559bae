"""Steps and durations, as counted and as drawn."""

import json
from itertools import islice

import numpy as np
import pytest

import tiny
from mozart.rhythm import STRATEGIES, RhythmTable, end_before_next_onset, event_steps, step_offsets, strike_once
from mozart.score import Event, Work


def events(*rows: tuple[str, float, float]) -> list[Event]:
    return [Event(token, offset, duration, 64, None, 0, 1, "4/4", offset % 4) for token, offset, duration in rows]


def rhythm(steps: list[float], n: int) -> Work:
    """A work of `n` notes that repeats `steps` from the beginning of a bar."""
    offsets = np.concatenate([[0.0], np.cumsum([steps[i % len(steps)] for i in range(n - 1)])])
    return Work("", events(*(("C4", float(offset), 0.25) for offset in offsets)))


WORKS = [
    Work("a", events(("C4", 0.0, 1.0), ("D4", 0.25, 0.5), ("E4", 0.25, 0.5), ("F4", 0.5, 2.0))),
    Work("b", events(("C4", 9.0, 0.25), ("D4", 9.25, 1.0))),
]


def test_counts_steps_within_works() -> None:
    """Steps are distances between offsets; none leads from one work to the next."""
    table = RhythmTable.of(WORKS)
    assert table.step_counts == {0.0: 1, 0.25: 3}
    assert table.most_common(1) == [(0.25, 0.75)]


def test_counts_contexts() -> None:
    """A step is counted after its onset's phase and up to four steps, the latest first."""
    table = RhythmTable.of([rhythm([0.5, 0.25, 1 / 3], 8)])
    assert table.contexts[(0,)] == {24: 1}
    assert table.contexts[24, 24] == {12: 1}
    assert table.contexts[36, 12, 24] == {16: 1}
    assert table.contexts[40, 12, 24, 16, 12] == {16: 1}


def test_counts_durations_by_step_and_register() -> None:
    """A duration is counted before its step, in the octave of the lowest pitch; the last event has no step."""
    music = events(("C4.G5", 0.0, 1.0), ("C5", 0.5, 2.0), ("B4", 1.0, 0.25), ("C4", 2.0, 4.0))
    assert RhythmTable.of([Work("", music)]).durations == {(24, 5): {48: 1}, (24, 6): {96: 1}, (48, 5): {12: 1}}


def test_steps_backwards_are_not_counted() -> None:
    """A file's next instrument begins before the last one ends: that is no rhythm."""
    table = RhythmTable.of([Work("", events(("C4", 0.0, 1.0), ("D4", 2.0, 1.0), ("E4", 1.0, 1.0), ("F4", 1.5, 1.0)))])
    assert table.step_counts == {0.5: 1, 2.0: 1}
    assert set(table.durations) == {(24, 5), (96, 5)}


def test_a_tied_note_is_one_note() -> None:
    """It lasts to the end of its last continuation, which is not counted; another track's note stays as it is."""
    notes = [("C4", 0.0, 1.0, "start", 0), ("C4", 0.5, 0.5, None, 1), ("C4", 1.0, 4.0, "continue", 0), ("C4", 5.0, 0.5, "stop", 0)]
    music = [Event(token, offset, duration, 64, tie, track, 1, "4/4") for token, offset, duration, tie, track in notes]
    durations = RhythmTable.of([Work("", [*music, *events(("D4", 6.0, 1.0))])]).durations
    assert durations == {(24, 5): {264: 1, 24: 1}}


def test_a_continuation_of_nothing_is_not_counted() -> None:
    """Nor does it lengthen a note that ended long before it."""
    music = [Event("C4", offset, 1.0, 64, tie, 0, 1, "4/4") for offset, tie in ((0.0, "stop"), (0.5, None), (4.0, "stop"))]
    assert RhythmTable.of([Work("", [*music, *events(("D4", 6.0, 1.0))])]).durations == {(168, 5): {48: 1}}


def test_thirds_are_one_value() -> None:
    """Differences of thirds that differ by a rounding error count as the same step."""
    thirds = events(*[("C4", i / 3, 1.0) for i in range(300)])
    assert set(event_steps(thirds)) == {1 / 3}


def test_json_round_trip() -> None:
    """What is written to rhythm.json reads back equal, and draws the same."""
    table = RhythmTable.of(tiny.works())
    again = RhythmTable.from_json(json.loads(json.dumps(table.to_json())))
    assert again == table
    assert again != RhythmTable.of(WORKS)
    draws = [t.draw_steps("contextual", 50, np.random.default_rng(0)).tolist() for t in (table, again)]
    assert draws[0] == draws[1]


@pytest.mark.parametrize("strategy", ["0.25", "0.5"])
def test_fixed_steps(strategy: str) -> None:
    """A fixed strategy is that step and no other, 0 never."""
    steps = RhythmTable.of(WORKS).draw_steps(strategy, 5, np.random.default_rng(0))
    assert steps.tolist() == [float(strategy)] * 5


def test_an_unknown_strategy_is_refused_at_once() -> None:
    """Not only when the first step is taken."""
    with pytest.raises(ValueError, match="unknown strategy"):
        RhythmTable.of(WORKS).steps("0.75", np.random.default_rng(0))


def test_sampled_steps_follow_the_distribution() -> None:
    """Sampled steps come as often as in the corpus, 0 among them, and the seed decides."""
    table = RhythmTable.of(WORKS)
    steps = table.draw_steps("sampled", 4000, np.random.default_rng(0))
    assert set(steps) == {0.0, 0.25}
    assert abs((steps == 0.0).mean() - 0.25) < 0.02
    assert np.array_equal(steps, table.draw_steps("sampled", 4000, np.random.default_rng(0)))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_more_steps_begin_with_the_same(strategy: str) -> None:
    """Drawing more does not change the earlier ones; the endless iterator gives the same."""
    table = RhythmTable.of(tiny.works())
    more = table.draw_steps(strategy, 300, np.random.default_rng(0), phase=0.5, recent=[0.25])
    fewer = table.draw_steps(strategy, 100, np.random.default_rng(0), phase=0.5, recent=[0.25])
    assert more[:100].tolist() == fewer.tolist()
    assert more.tolist() == list(islice(table.steps(strategy, np.random.default_rng(0), 0.5, [0.25]), 300))


def test_contextual_steps_go_on_as_the_music_did() -> None:
    """From the phase and the steps before: a rhythm that always was goes on nearly always."""
    pattern = [0.5, 0.25, 0.25, 1 / 3, 1 / 3, 1 / 3]
    table = RhythmTable.of([rhythm(pattern, 30_000)])
    going_on = table.draw_steps("contextual", 6, np.random.default_rng(0), phase=1 / 3, recent=[9.0, 0.5, 0.25, 0.25, 1 / 3])
    assert going_on.tolist() == [1 / 3, 1 / 3, 0.5, 0.25, 0.25, 1 / 3]


def test_contextual_steps_look_at_the_phase() -> None:
    """The same steps lead on differently from another place in the beat."""
    table = RhythmTable.of([rhythm([0.25, 0.25, 0.25, 0.25, 1.0], 20_000), rhythm([0.5, *[0.25] * 4, 0.5], 20_000)])
    for phase, step in ((0.0, 1.0), (0.5, 0.5)):
        drawn = [table.draw_steps("contextual", 1, np.random.default_rng(i), phase=phase, recent=[0.25] * 4)[0] for i in range(50)]
        assert drawn.count(step) > 45


def test_contextual_steps_back_off_step_by_step() -> None:
    """What stands after the latest steps counts, in their order, also when the steps before these are unknown."""
    table = RhythmTable({(0, 12, 24): {48: 10_000}, (0, 24, 12): {96: 10_000}}, {})
    for recent, step in (([0.5, 0.25], 1.0), ([0.25, 0.5], 2.0), ([9.0, 0.25], 1.0), ([9.0, 0.5], 2.0)):
        drawn = [table.draw_steps("contextual", 1, np.random.default_rng(i), recent=recent)[0] for i in range(50)]
        assert drawn.count(step) > 45


def test_the_phase_does_not_drift() -> None:
    """After thousands of thirds, halves still begin where the music's did: on a beat, or halfway to the next."""
    table = RhythmTable.of([rhythm([1 / 3, 1 / 3, 1 / 3, 0.5, 0.5], 30_000)])
    steps = np.round(48 * table.draw_steps("contextual", 5000, np.random.default_rng(0)))
    phases = np.concatenate([[0], np.cumsum(steps)[:-1]]) % 48
    assert 1500 < (steps == 24).sum() < 2500
    assert np.isin(phases[steps == 24], [0, 24]).mean() > 0.98


def test_what_was_never_seen_backs_off() -> None:
    """Phases and steps that no music had are followed by steps of the corpus."""
    table = RhythmTable.of(WORKS)
    steps = table.draw_steps("contextual", 500, np.random.default_rng(0), phase=0.9, recent=[0.01, 7.7, -3.0])
    assert set(steps) == {0.0, 0.25}


def test_runs_of_simultaneous_events_end() -> None:
    """Where music stood still for hundreds of events, a piece still goes on."""
    table = RhythmTable.of([rhythm([*[0.0] * 400, 1.0], 1200)])
    assert table.draw_steps("contextual", 20_000, np.random.default_rng(0), recent=[0.0] * 4).sum() > 5


def test_loss_is_the_mean_surprise() -> None:
    """Under the plain shares it is their entropy; context helps; a step never seen costs as one seen once."""
    table = RhythmTable.of(WORKS)
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert table.loss(WORKS, "sampled") == pytest.approx(entropy)
    assert table.loss([rhythm([7.0], 3)], "contextual") == pytest.approx(np.log(4))
    regular = [rhythm([0.5, 0.25, 0.25], 300)]
    assert RhythmTable.of(regular).loss(regular, "contextual") < 0.7 * RhythmTable.of(regular).loss(regular, "sampled")
    with pytest.raises(ValueError, match="no probabilities"):
        table.loss(WORKS, "0.25")


def test_durations_follow_step_and_register() -> None:
    """Low notes last longer where the music's did; a register without notes there falls back on the step alone."""
    music = events(*((token, i / 2, duration) for i, (token, duration) in enumerate([("C3", 2.0), ("C5", 0.5)] * 2000)))
    table = RhythmTable.of([Work("", [*music, *events(("C4", 4000.0, 3.0))])])
    steps = np.full(1000, 0.5)
    low, high, other = (table.draw_durations([token] * 1000, steps, np.random.default_rng(0)) for token in ("C3.C5", "E5", "C7"))
    assert (low == 2.0).mean() > 0.95
    assert (high == 0.5).mean() > 0.95
    assert 0.45 < (other == 2.0).mean() < 0.55


def test_durations_take_the_nearest_known_step() -> None:
    """A step that the corpus does not have counts as the one that is closest."""
    music = events(*(("C4", 8.0 * (i // 2) + i % 2, 4.0 if i % 2 else 0.25) for i in range(2000)))
    table = RhythmTable.of([Work("", music)])
    durations = table.draw_durations(["C4"] * 1000, np.repeat([1.3, 20.0], 500), np.random.default_rng(0))
    assert (durations[:500] == 0.25).mean() > 0.95
    assert (durations[500:] == 4.0).mean() > 0.95


def test_more_durations_begin_with_the_same() -> None:
    """One draw a token: drawing more does not change the earlier ones."""
    table = RhythmTable.of(tiny.works())
    more = table.draw_durations(["C4"] * 30, np.full(30, 0.25), np.random.default_rng(0))
    assert np.array_equal(more[:10], table.draw_durations(["C4"] * 10, np.full(10, 0.25), np.random.default_rng(0)))
    assert len(set(more)) > 1


def test_every_note_lasts() -> None:
    """A duration that is next to nothing is still above 0."""
    table = RhythmTable.of([Work("", events(("C4", 0.0, 0.001), ("D4", 1.0, 1.0)))])
    assert table.draw_durations(["C4"], np.array([1.0]), np.random.default_rng(0)).tolist() == [1 / 48]


def test_no_key_is_struck_twice_at_once() -> None:
    """A step of 0 before a key that has just been struck waits: all that follows keeps its place."""
    tokens = ["C4", "E4", "C4.G4", "C4", "D4", "F4"]
    steps = np.array([0.0, 0.0, 0.0, 0.5, 0.25, 1.0])
    assert strike_once(tokens, steps, 1).tolist() == [0.0, 0.5, 0.25, 0.0, 0.0, 1.0]
    assert steps.tolist() == [0.0, 0.0, 0.0, 0.5, 0.25, 1.0]
    assert strike_once(tokens, steps, 4).tolist() == steps.tolist()
    assert strike_once(["C4", "C4"], np.zeros(2), 1).tolist() == [0.0, 0.0]


def test_a_note_ends_before_its_pitch_comes_again() -> None:
    """Also when the pitch comes in a chord; a note at the same moment does not shorten it to nothing."""
    tokens = ["C4", "D4", "C4.E4", "C4"]
    shortened = end_before_next_onset(tokens, np.array([0.0, 0.25, 0.5, 0.5]), np.array([1.0, 1.0, 1.0, 1.0]))
    assert shortened.tolist() == [0.5, 1.0, 1.0, 1.0]


def test_no_note_outlasts_the_next_onset_of_its_pitch() -> None:
    """Over random music with many events at the same moment, whatever the order in which pitches meet."""
    chance = np.random.default_rng(0)
    for _ in range(50):
        tokens = [".".join(chance.choice(["C4", "D4", "E4"], chance.integers(1, 3), replace=False)) for _ in range(30)]
        offsets, durations = np.cumsum(chance.choice([0.0, 0.25, 1.0], 30)), chance.choice([0.25, 1.0, 3.0], 30)
        shortened = end_before_next_onset(tokens, offsets, durations)
        assert (shortened > 0).all()
        assert (shortened <= durations).all()
        for i, token in enumerate(tokens):
            later = [offsets[j] for j in range(30) if offsets[j] > offsets[i] and set(tokens[j].split(".")) & set(token.split("."))]
            assert shortened[i] == min([durations[i], *(onset - offsets[i] for onset in later)])


@pytest.mark.corpus
def test_the_labs_table(sonatas: list[Work]) -> None:
    """Table 1.1 as measured: 0.25, 0 and 0.5 are the most common distances; 32 are distinct."""
    table = RhythmTable.of(sonatas)
    assert [(step, round(100 * share, 2)) for step, share in table.most_common(3)] == [(0.25, 35.15), (0.0, 34.11), (0.5, 20.04)]
    assert len(table.step_counts) == 32


VALIDATION = {"K. 280", "K. 333", "K. 545", "K. 547a"}


@pytest.mark.corpus
def test_the_sonatas_lie_on_the_grid(sonatas: list[Work]) -> None:
    """Every step, phase and duration is a whole number of 48ths of a quarter; all of it stays a small file."""
    quarters = {q for work in sonatas for event in work.events for q in (event.bar_offset, event.duration)}
    quarters |= {step for work in sonatas for step in event_steps(work.events)}
    assert max(abs(48 * q - round(48 * q)) for q in quarters) < 1e-6
    assert len(json.dumps(RhythmTable.of(sonatas).to_json())) < 250_000


@pytest.mark.corpus
def test_contextual_steps_are_like_mozarts(sonatas: list[Work]) -> None:
    """Works held out are predicted better than by shares; pieces keep to the beat and the sixteenths as the sonatas do."""
    held_out = [work for work in sonatas if work.title in VALIDATION]
    table = RhythmTable.of([work for work in sonatas if work not in held_out])
    assert table.loss(held_out, "sampled") > 1.3
    assert table.loss(held_out, "contextual") < 0.76
    generator = np.random.default_rng(0)
    offsets = np.concatenate([np.cumsum(table.draw_steps("contextual", 500, generator)) for _ in range(100)])
    assert 0.40 < (np.abs(offsets - offsets.round()) < 1e-6).mean() < 0.52
    assert (np.abs(4 * offsets - (4 * offsets).round()) < 1e-6).mean() > 0.9


def test_offsets_gather_no_dust() -> None:
    """A thousand thirds later, a beat is still a whole number."""
    offsets = step_offsets(np.tile([1 / 3, 1 / 6, 0.25, 0.0, 0.25], 1000))
    assert len(offsets) == 5001
    assert offsets[0] == 0
    assert (offsets[::5] == np.arange(1001)).all()
