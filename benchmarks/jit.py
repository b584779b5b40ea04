"""XLA for the whole model or not: a training step of every builder, both ways in turn.

    python -m benchmarks.jit [--rounds 5] [--builders wakeword_detector ...]

What `jit_compile` is set to in the recipes is decided by this, not by `"auto"`. Both models of a
builder have the same weights and live in one process, in which their steps take turns, in reversed
order every other round.
"""

import argparse
import statistics

import numpy as np

from benchmarks import turns

BATCH = 64


def cases(zoo):
    """For each builder the model, its inputs and its labels, sequences of usual lengths."""
    rng = np.random.default_rng(0)

    def ids(steps, size):
        return rng.integers(4, size, (BATCH, steps)).astype("int32")

    pairs = {"source": ids(30, 8000), "target": ids(30, 8000)}
    words = {"image": rng.standard_normal((BATCH, 7, 7, 1280), "float32"), "target": ids(16, 2500)}
    sound = {"samples": rng.uniform(-0.1, 0.1, (BATCH, 32_000)).astype("float32")}
    heard = rng.integers(0, 2, (BATCH, 200)).astype("float32")
    text, label = {"tokens": ids(200, 10_000)}, rng.integers(0, 2, BATCH)
    image = {"cnn": None, "units": 512, "embedding_dim": 256}
    return {
        "rnn_classifier": (
            lambda: zoo.rnn_classifier(10_000, 2, bidirectional=True, pooling="max"), text, label,
        ),
        "bag_of_words_classifier": (lambda: zoo.bag_of_words_classifier(10_000, 2), text, label),
        **{
            name: (lambda name=name: getattr(zoo, name)(8000, 8000), pairs, ids(30, 8000))
            for name in ("seq2seq", "luong_seq2seq", "bahdanau_seq2seq")
        },
        **{
            name: (
                lambda name=name: getattr(zoo, name)((7, 7, 1280), 2500, **image),
                words, ids(16, 2500),
            )
            for name in ("show_and_tell", "show_attend_and_tell")
        },
        "wakeword_detector": (zoo.wakeword_detector, sound, heard),
    }  # fmt: skip


def steps_of(build, inputs, labels):
    """A training step without XLA for the whole model, and one with it."""
    import keras

    steps = []
    for jit in (False, True):
        keras.utils.set_random_seed(0)
        model = build()
        loss = (
            keras.losses.BinaryCrossentropy(from_logits=True)
            if labels.dtype == "float32"
            else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        model.compile(keras.optimizers.SGD(1e-3), loss, jit_compile=jit)
        steps.append(lambda model=model: float(model.train_on_batch(inputs, labels)))
    return steps


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--builders", nargs="*", default=[], help="only these; all by default")
    arguments = parser.parse_args()
    import zoo

    chosen = {
        name: case
        for name, case in cases(zoo).items()
        if name in arguments.builders or not arguments.builders
    }
    if unknown := set(arguments.builders) - set(chosen):
        parser.error(f"there is no case for {', '.join(sorted(unknown))}")
    print(
        "| builder | off, ms: median | on, ms: median | on over off |", "| --- " * 4 + "|", sep="\n"
    )
    for name, case in chosen.items():
        steps = steps_of(*case)
        counts = [max(1, round(1 / min(turns.timed(step, 2)))) for step in steps]
        seconds = [[], []]
        for number in range(arguments.rounds):
            for side in (0, 1) if number % 2 == 0 else (1, 0):
                seconds[side] += turns.timed(steps[side], counts[side])
        off, on = (statistics.median(times) for times in seconds)
        row = f"| `{name}` | {off * 1e3:.1f} | {on * 1e3:.1f} | {on / off:.2f} |"
        print(row, flush=True)


if __name__ == "__main__":
    main()
