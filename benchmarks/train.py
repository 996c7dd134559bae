"""How fast the recipes learn, beside the lab's literal way, in one run on one machine.

.venv/bin/python benchmarks/train.py [--archive PATH_OR_URL] [--device cpu|cuda] [--output FILE.json]

Three ways are timed on the lab's own training windows: the lab's literal one, a DataLoader over a list of [tensor, label];
ours of the same recipe; and ``stream``. Then ``stream`` trains under the lab's split until it has validation accuracies
that the lab's recipe had after its epochs (benchmarks/lab_recipe.json, on all validation windows), and its time is set
against the time that so many epochs of the lab's recipe take at the speed that was just measured. Both include validation.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import torch
from torch.utils.data import DataLoader

from mozart.corpus import archive
from mozart.evaluation import evaluate
from mozart.model import ModelConfig, MusicLSTM, choose_device
from mozart.score import read_scores
from mozart.sequences import Sequences
from mozart.training import RECIPES, Run, TrainingConfig, configure, start_run, train
from mozart.vocabulary import Vocabulary
from mozart.windows import WINDOW, make_loaders, split_windows
from train import describe_machine

LAB_RECIPE = Path(__file__).parent / "lab_recipe.json"
STEPS = 12
EPOCHS = 10


class EnoughError(Exception):
    """Raised out of the training loop when all that is to be measured has been."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", help="path or address of the sonata archive (default: MOZART_ARCHIVE, else download it)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--output", type=Path, help="also write the result into this JSON file")
    flags = parser.parse_args()
    device = choose_device(flags.device)
    works, _ = read_scores(archive.sonatas(flags.archive))
    tokens = [event.token for work in works for event in work.events]
    vocabulary = Vocabulary.of(tokens)
    ids = torch.tensor(vocabulary.encode(tokens))
    split = split_windows(len(ids), seed=0)
    machine = describe_machine(device)
    print(f"on {machine}, torch {torch.__version__}")

    def config_of(recipe: str, **more: Any) -> tuple[ModelConfig, TrainingConfig]:
        return configure({**RECIPES[recipe], "recipe": recipe, **more}, vocabulary)

    # The lab's literal way.
    pairs = [[ids[s : s + WINDOW], ids[s + WINDOW]] for s in split.train.tolist()[: 128 * (STEPS + 5)]]
    literal: DataLoader[Any] = DataLoader(pairs, batch_size=128, shuffle=True, drop_last=True)  # type: ignore[arg-type]
    model = MusicLSTM(config_of("lab")[0]).to(device)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)

    def literal_steps(on_step: Callable[[], None]) -> None:
        hidden = model.init_hidden(128)
        for x, y in literal:
            optimizer.zero_grad()
            out, hidden = model(x.to(device), hidden)
            hidden = tuple(state.detach() for state in hidden)
            loss = torch.nn.functional.cross_entropy(out, y.to(device))
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
            optimizer.step()
            on_step()

    def our_steps(recipe: str) -> Callable[[Callable[[], None]], None]:
        def steps(on_step: Callable[[], None]) -> None:
            model_config, config = config_of(recipe, epochs=EPOCHS)
            run = start_run(model_config, config, device, "", vocabulary)
            run.optimizer.register_step_post_hook(lambda *_: on_step())
            loaders = make_loaders(ids.to(device), split, config.batch_size)
            sequences = Sequences(ids.numpy(), split, config.sequence_length, config.batch_size, device)
            train(run, loaders, 1, sequences=sequences if recipe == "stream" else None)

        return steps

    ways = {"literal": literal_steps, "lab": our_steps("lab"), "stream": our_steps("stream")}
    speeds = {name: time_steps(steps, device) for name, steps in ways.items()}
    # Of the steps of stream's sequences, as many are learned as there are training labels among all ids.
    stream = RECIPES["stream"]
    learned = round(stream["batch_size"] * stream["sequence_length"] * len(split.train) / len(ids))
    labels = {"literal": 128, "lab": 128, "stream": learned}
    print("| way | seconds for all 79,881 labels | labels a second | times as fast |\n|---|---|---|---|")
    for name, seconds in speeds.items():
        a_second = labels[name] / seconds
        ratio = a_second * speeds["literal"] / labels["literal"]
        print(f"| {name} | {len(split.train) / a_second:.1f} | {a_second:.0f} | {ratio:.1f} |", flush=True)

    # What an epoch of the lab's recipe takes, validation included, and what stream needs for the same accuracy.
    loaders = make_loaders(ids.to(device), split, evaluation_batch_size=32)
    some = make_loaders(ids.to(device), split, evaluation_batch_size=32, validate_every=16).epoch_validation
    started = time.perf_counter()
    evaluate(model, some)
    lab_epoch = speeds["lab"] * len(loaders.train) + (time.perf_counter() - started) * len(loaders.validation) / len(some)
    goals = [(e["epoch"], e["validation_accuracy"]) for e in json.loads(LAB_RECIPE.read_text())["epochs"]]
    model_config, config = config_of("stream", passes=1, validate_every=16, epochs=EPOCHS)
    run = start_run(model_config, config, device, "", vocabulary)
    loaders = make_loaders(ids.to(device), split, config.batch_size, config.evaluation_batch_size, config.validate_every)
    sequences = Sequences(ids.numpy(), split, config.sequence_length, config.batch_size, device)
    reached = []

    def look(run: Run) -> None:
        taken = sum(epoch["seconds"] for epoch in run.history)
        while goals and run.history[-1]["validation_accuracy"] >= goals[0][1]:
            epoch, accuracy = goals.pop(0)
            reached.append({"accuracy": accuracy, "lab_seconds": epoch * lab_epoch, "stream_seconds": taken})
            print(f"| {accuracy:.1%} | {epoch * lab_epoch:.0f} | {taken:.0f} | {epoch * lab_epoch / taken:.1f} |", flush=True)
        if not goals:
            raise EnoughError

    print("| validation accuracy | seconds, lab | seconds, stream | times as fast |\n|---|---|---|---|")
    with suppress(EnoughError):
        train(run, loaders, EPOCHS, sequences=sequences, on_epoch=look)
    on_cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    memory = torch.cuda.max_memory_allocated() if device.type == "cuda" else on_cpu
    print(f"peak memory: {memory / 1e9:.2f} GB")
    if flags.output:
        result = {
            "machine": machine,
            "labels_a_second": {name: labels[name] / seconds for name, seconds in speeds.items()},
            "reached": reached,
            "peak_memory_bytes": memory,
        }
        flags.output.write_text(json.dumps(result, indent=1) + "\n")


def time_steps(steps: Callable[[Callable[[], None]], None], device: torch.device) -> float:
    """Seconds a step, after five to warm up."""
    times: list[float] = []

    def on_step() -> None:
        if len(times) in (4, STEPS + 4) and device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter())
        if len(times) == STEPS + 5:
            raise EnoughError

    with suppress(EnoughError):
        steps(on_step)
    return (times[-1] - times[4]) / (len(times) - 5)


if __name__ == "__main__":
    main()
