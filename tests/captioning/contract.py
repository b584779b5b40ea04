"""The captioning recipe for the contract of recipes: tiny data, settings, inputs, odd input."""

import numpy as np
from PIL import Image

OPTIONS = (
    "--epochs 2 --embedding-dim 6 --units 5 --attention-dim 4 --image-dim 6 --vocab-size 60 "
    "--buckets 1 --max-length 20 --batch-size 16 --checkpoint-every 3 --captions-per-picture 2 "
    "--captions-per-row 2 --beam 2 --cnn small --cnn-weights= --image-size 32 --augment-share 0.1 "
    "--average 0.9"
).split()
COLORS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 60, 220), "white": (250,) * 3}


def data(folder):
    """Write 60 plain pictures with two captions each."""
    root, generator, lines = folder / "pictures", np.random.default_rng(0), []
    root.mkdir()
    for n in range(60):
        name = list(COLORS)[n % 4]
        pixels = np.array(COLORS[name]) + generator.integers(-20, 20, (24, 24, 3))
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(root / f"{n}.png")
        lines += [f"{n}.png#0\tA picture all in {name} .", f"{n}.png#1\tNothing but {name} here ."]
    (root / "captions.txt").write_text("\n".join(lines) + "\n")
    (folder / "latin.txt").write_bytes("caf\u00e9.png\n".encode("latin-1"))


def options(folder):
    """Options that name the data and a folder for its pixels."""
    return ["--data", str(folder / "pictures"), "--cache", str(folder / "cache")]


def inputs(folder):
    """Arguments of `predict`."""
    return [str(folder / "pictures" / f"{n}.png") for n in (0, 1)]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    data, cache = options(folder)[:2], options(folder)[2:]
    latin = f"{folder / 'pictures'},{folder / 'latin.txt'}"
    return [
        ([*data, *cache, "--cnn", "small"], "--cnn small has no weights to start from"),
        ([*data, *cache, "--cnn", "ResNet51"], "near are ResNet50"),
        ([*data, *cache, "--cnn", "MobileNet", "--cnn-weights", "no.h5"], "there is no such"),
        ([*data, *cache, "--image-size", "8"], "--image-size must be at least 32"),
        ([*data, *cache, "--fine-tune-epochs", "-1"], "--fine-tune-epochs must be at least 0"),
        (
            [*data, *cache, "--draws", "3", "--together", "2"],
            "must be a multiple of --captions-per",
        ),
        ([*OPTIONS, *cache, "--data", f"{folder}/none/"], "There is no folder"),
        ([*OPTIONS, *cache, "--data", str(folder)], "has no file of captions"),
        ([*OPTIONS, *cache, "--data", latin], "is not UTF-8: line 1 has the byte 0xe9"),
    ]
