"""The video recipe for the contract of recipes: tiny clips, settings, inputs, odd input."""

import numpy as np

from tests.video import clips

OPTIONS = (
    "--task both --frames 6 --image-size 12 --filters 4 --frame-dim 6 --units 5 --epochs 2 "
    "--batch-size 16 --checkpoint-every 2"
).split()


def data(folder):
    """Write 60 GIFs of squares that grow or shrink, events beside each: it is big."""
    generator = np.random.default_rng(0)
    for number in range(60):
        steps = np.sort(generator.choice(np.arange(2, 9), 4 + number % 3, replace=False))
        label = ("grows", "shrinks")[number % 2]
        sizes = steps if label == "grows" else steps[::-1]
        path = folder / "clips" / label / f"{number:02d}.gif"
        clips.write_gif(path, clips.square(sizes, seed=number))
        big = np.flatnonzero(sizes > 5)
        rows = [f"{big[0] / 10},{big[-1] / 10 + 0.1},big"] if len(big) else []
        path.with_suffix(".csv").write_text("\n".join(["start,end,label", *rows]) + "\n")
    (folder / "empty").mkdir()
    clips.write_gif(folder / "one" / "grows" / "1.gif", clips.square([2, 4, 6]))


def options(folder):
    """Options that name the data and a folder for its frames."""
    return ["--data", str(folder / "clips"), "--cache", str(folder / "cache")]


def inputs(folder):
    """Arguments of `predict`."""
    return [str(folder / "clips" / name) for name in ("grows/00.gif", "shrinks/01.gif")]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    data, cache = options(folder)[:2], options(folder)[2:]
    return [
        ([*cache, "--data", f"{folder}/none"], "There is no folder"),
        ([*cache, "--data", str(folder / "empty")], "has no clips: neither videos"),
        ([*cache, "--data", str(folder / "one")], "too few distinct examples"),
        ([*data, *cache, "--group", "(g"], "--group (g is no regular expression"),
        ([*data, *cache, "--labels", "grows"], "has the unknown label 'shrinks'"),
        ([*data, *cache, "--cnn", "ResNet51"], "near are ResNet50"),
        ([*data, *cache, "--train-cnn"], "--train-cnn is for a network of keras.applications"),
        ([*data, *cache, "--fps", "-1"], "--fps must be a number of at least 0"),
        ([*data, *cache, "--frames", "0"], "--frames must be at least 1"),
    ]
