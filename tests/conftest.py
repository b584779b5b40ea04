"""Shared by all tests: a quiet, seeded TensorFlow, and data both embedded and real."""

import os
import pathlib

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A folder of prepared data sets for the whole session."""
    return str(tmp_path_factory.mktemp("tensorflow_datasets"))


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data, named by the environment variable ZOO_DATA."""
    if not (folder := os.environ.get("ZOO_DATA")):
        pytest.skip("ZOO_DATA does not name a folder of real data")
    return pathlib.Path(folder)


@pytest.fixture(scope="session")
def reviews_csv(tmp_path_factory):
    """A CSV file of 400 short reviews, learnable in seconds."""
    from recipes.datasets.grammar_reviews import reviews

    path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    lines = ["text,label"]
    short = (pair for pair in reviews("train") if len(pair[0].split()) < 12)
    for _, (text, label) in zip(range(400), short, strict=False):
        lines.append(f'"{text}",{"positive" if label else "negative"}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


TINY = {
    "embedding_dim": "6", "units": "5", "epochs": "2", "batch_size": "32", "vocab_size": "200",
    "max_length": "24", "buckets": "3", "checkpoint_every": "3",
}  # fmt: skip


@pytest.fixture(scope="session")
def tiny():
    """Options that make a training take seconds."""
    return [part for name, value in TINY.items() for part in (f"--{name.replace('_', '-')}", value)]


@pytest.fixture
def run_recipe(capsys):
    """Run a recipe in this process: `(exit status, standard output, standard error)`."""
    from recipes.sentiment import train

    def run(*argv, main=train.main):
        import keras

        capsys.readouterr()
        status = 0
        try:
            main([str(argument) for argument in argv])
        except SystemExit as leaving:
            status = leaving.code
        finally:
            keras.config.set_dtype_policy("float32")
        return status, *capsys.readouterr()

    return run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, reviews_csv, tiny):
    """A complete run on the short reviews, with attention."""
    from recipes.sentiment import train

    directory = tmp_path_factory.mktemp("finished") / "run"
    options = ["--data", str(reviews_csv), "--run", str(directory), "--pooling", "attention"]
    train.main(["train", *options, *tiny])
    return directory


@pytest.fixture(scope="session")
def little_detector():
    """Options of a run that listens for "alexa", on very little."""
    return (
        "--phrase alexa --scale 0.02 --examples 64 --batch-size 16 --epochs 2 --mining-epochs 1 "
        "--units 6 --filters 5 --num-mels 12 --num-layers 1 --checkpoint-every 2"
    ).split()


@pytest.fixture(scope="session")
def wake_run(tmp_path_factory, data_dir, little_detector):
    """A finished run of the wakeword recipe."""
    from recipes.wakeword import train as wakeword_train

    directory = tmp_path_factory.mktemp("wakeword") / "run"
    wakeword_train.main(
        ["train", *little_detector, "--data-dir", data_dir, "--run", str(directory)]
    )
    return directory


@pytest.fixture(scope="session")
def sounds(tmp_path_factory, data_dir):
    """Recordings with the phrase and without, as files of several kinds."""
    import numpy as np
    import soundfile

    from recipes.wakeword import synthetic

    clips = synthetic.load("alexa", data_dir, 0.02)["test"]
    root = tmp_path_factory.mktemp("recordings")
    for name, kind in (("with", "phrase"), ("without", "sentence")):
        (root / name).mkdir()
        chosen = [i for i, other in enumerate(clips.kinds) if other == kind][:6]
        for number, i in enumerate(chosen):
            samples = np.pad(clips.audio(i), (4_000, 4_000))
            kinds = [("wav", "PCM_16"), ("flac", "PCM_24"), ("wav", "FLOAT")]
            suffix, subtype = kinds[number % 3]
            soundfile.write(root / name / f"{number}.{suffix}", samples, 16_000, subtype)
    return root
