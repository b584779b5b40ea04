"""The captioning recipe from a folder of pictures to an exported model, at the smallest size."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from recipes.captioning import features as captioning_features
from recipes.captioning import sources, train
from recipes.common.pictures import catalog

ROOT = pathlib.Path(__file__).parents[2]
TINY = (
    "--epochs 2 --embedding-dim 6 --units 5 --attention-dim 4 --image-dim 6 --vocab-size 60 "
    "--buckets 1 --max-length 20 --batch-size 16 --checkpoint-every 3 --draws 2 --beam 2"
).split()
SMALL = ["--cnn", "small", "--cnn-weights", "", "--image-size", "32"]
FROZEN = ["--cnn", "MobileNetV2", "--cnn-weights", "", "--image-size", "32"]
COLORS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 60, 220), "white": (250,) * 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A hundred plain pictures with two captions each."""
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    lines = []
    for n in range(100):
        name = list(COLORS)[n % 4]
        noise = rng.integers(-20, 20, (24, 24, 3))
        pixels = np.clip(np.array(COLORS[name]) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(root / f"{n}.png")
        lines += [f"{n}.png#0\tA picture all in {name} .", f"{n}.png#1\tNothing but {name} here ."]
    (root / "captions.txt").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory, folder, cache):
    """A complete run with attention on features of a frozen network, then fine-tuned."""
    run = tmp_path_factory.mktemp("captioning") / "run"
    train.main(
        ["train", "--data", str(folder), "--run", str(run), "--cache", cache, *TINY, *FROZEN,
         "--fine-tune-epochs", "1", "--self-critical-epochs", "1", "--augment-share", "0.1",
         "--average", "0.9"]
    )  # fmt: skip
    return run


@pytest.fixture
def caption(run_recipe):
    """Run the recipe in this process."""
    return lambda *argv: run_recipe(*argv, main=train.main)


def test_a_finished_run_holds_everything(finished):
    for name in (
        "config.json", "model.keras", "tokenizer.model", "history.csv", "metrics.json", "report.md",
        "data.json", "learning_curves.png", "scores.png", "samples.png", "worst.png",
        "attention_1.png", "checkpoints", "fine_tune", "self_critical",
    ):  # fmt: skip
        assert (finished / name).exists(), name
    metrics = json.loads((finished / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"shuffled", "consensus", "nearest", "commonest"}
    assert {"bleu1", "bleu4", "cider", "rouge_l", "distinct", "vocabulary"} <= set(metrics["test"])
    gap = metrics["test"]["cider"] - metrics["baselines"]["shuffled"]["cider"]
    assert metrics["shuffle_gap"]["cider"] == pytest.approx(gap)
    page = (finished / "report.md").read_text(encoding="utf-8")
    for part in ("python -m recipes.captioning train", "SHA-256", "consensus", "worst.png"):
        assert part in page


def test_evaluate_gives_the_numbers_of_the_report(finished, caption, folder):
    status, out, err = caption("evaluate", "--run", finished, "--json")
    assert status == 0, err
    measured = json.loads(out.splitlines()[-1])
    reported = json.loads((finished / "metrics.json").read_text())
    for name in ("test", "shuffle_gap"):
        assert measured[name] == pytest.approx(reported[name], abs=1e-4)
    status, out, err = caption("evaluate", "--run", finished, "--data", folder, "--beam", "1")
    assert status == 0, err
    assert "100 pictures" in out


def test_evaluate_takes_captions_of_the_data_it_is_given(finished, caption, folder, tmp_path):
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("image,caption\n" + "".join(f"{n}.png,A thing\n" for n in range(9)))
    (tmp_path / "list.txt").write_text("".join(f"{n}.png\n" for n in range(9)))
    run = shutil.copytree(finished, tmp_path / "run")
    settings = json.loads((run / "config.json").read_text())  # as if trained with --captions
    (run / "config.json").write_text(json.dumps(settings | {"captions": "no/such/file.txt"}))
    data = f"{folder},{tmp_path / 'list.txt'}"
    options = ["evaluate", "--run", run, "--json", "--beam", "1"]
    scores = []
    for more in ([], ["--captions", elsewhere]):
        status, out, err = caption(*options, "--data", data, *more)
        assert status == 0, err
        scores.append(json.loads(out.splitlines()[-1]))
    assert [found["examples"] for found in scores] == [9, 9]
    assert scores[0]["test"] != scores[1]["test"]
    status, _, err = caption(*options, "--captions", elsewhere)
    assert status == 2
    assert "--captions belongs to pictures that --data names" in err


def test_a_run_on_kept_features_alone_is_evaluated_alike(caption, folder, cache, tmp_path):
    """Its network for images, without weights, is drawn once for features and once at the end."""
    run = tmp_path / "run"
    options = ["--data", folder, "--run", run, "--cache", cache, *TINY, "--epochs", "1",
               "--cnn", "VGG16", "--cnn-weights", "", "--image-size", "32"]  # fmt: skip
    status, out, err = caption("train", *options, "--json")
    assert status == 0, err
    reported = json.loads(out.splitlines()[-1])["test"]
    status, out, err = caption("evaluate", "--run", run, "--json")
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["test"] == pytest.approx(reported, abs=1e-4)
    trained = train.restore(run)
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    kept = captioning_features.preparation(trained.config).make(images)
    assert kept.std() > 0
    features = trained.model.get_layer("cnn").predict_on_batch(images.astype(np.float32))
    np.testing.assert_allclose(features, kept, rtol=2e-3, atol=kept.std() / 1e3)


def test_predict_captions_pictures_names_bad_ones_and_draws(finished, caption, folder, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("no picture")
    plot = tmp_path / "attention.png"
    status, out, err = caption(
        "predict", "--run", finished, "--json", "--n-best", "2", "--plot", plot,
        folder / "0.png", bad, folder / "1.png", tmp_path / "none.png",
    )  # fmt: skip
    assert status == 0, err
    found = json.loads(out.splitlines()[-1])["predictions"]
    assert [row["picture"] for row in found] == [str(folder / "0.png"), str(folder / "1.png")]
    assert all(len(row["n_best"]) == 2 for row in found)
    assert "bad.jpg is no picture" in err
    assert "none.png cannot be read: No such file" in err
    status, _, err = caption(
        "predict", "--run", finished, "--plot", tmp_path / "none" / "x.png", folder / "0.png"
    )
    assert status == 2
    assert "which is no folder" in err
    status, _, err = caption("predict", "--run", finished, bad)
    assert status == 2
    assert err.count("\n") == 1


def test_the_same_command_shows_the_results_again(finished, caption):
    page = (finished / "report.md").read_text(encoding="utf-8")
    command = next(line for line in page.splitlines() if line.startswith("python -m"))
    status, _, err = caption(*shlex.split(command)[3:])
    assert status == 0, err
    assert "is complete" in err


def test_exports_write_what_the_run_writes(finished, caption):
    status, out, err = caption("export", "--run", finished, "--json")
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    code = (
        "import sys, numpy as np, tensorflow as tf; model = tf.saved_model.load(sys.argv[1]); "
        "out = model.serve(tf.zeros((2, 32, 32, 3))); assert out['tokens'].shape[0] == 2; "
        "assert 'zoo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, result["path"]], cwd="/", check=True)
    status, _, err = caption("export", "--run", finished, "--format", "onnx")
    assert status == 2
    assert "no form for" in err


def test_from_pixels_a_killed_training_ends_with_the_same_weights(folder, cache, tmp_path):
    def command(run):
        return [
            sys.executable, "-m", "recipes.captioning", "train", "--data", str(folder), "--run",
            str(tmp_path / run), "--cache", cache, *TINY, *SMALL, "--augment-share", "0.1",
            "--model", "show_and_tell", "--dropout", "0.3",
        ]  # fmt: skip

    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(command("whole"), cwd=ROOT, env=environment, check=True, capture_output=True)
    # Killed as soon as its first checkpoint is there.
    process = subprocess.Popen(
        command("killed"), cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None:
        if list((tmp_path / "killed").glob("checkpoints/step-*")):
            process.kill()
            break
    process.wait()
    subprocess.run(command("killed"), cwd=ROOT, env=environment, check=True, capture_output=True)
    histories = [(tmp_path / run / "history.csv").read_text() for run in ("whole", "killed")]
    assert histories[0] == histories[1]


def test_clear_errors(caption, folder, tmp_path):
    for options, message in (
        (["--cnn", "small"], "--cnn small has no weights to start from"),
        (["--cnn", "ResNet51"], "cnn must be 'small' or one of"),
        (["--cnn", "MobileNetV2", "--cnn-weights", str(tmp_path / "no.h5")], "cannot be built"),
        (["--image-size", "8"], "--image-size must be at least 32"),
        (["--fine-tune-epochs", "-1"], "--fine-tune-epochs must be at least 0"),
    ):
        status, _, err = caption("train", "--data", folder, "--run", tmp_path / "run", *options)
        assert status == 2, err
        assert message in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cnn", "ResNet51"], "--cnn ResNet51 with .* cnn must be 'small' or one of"),
        (["--cnn", "MobileNetV2", "--cnn-weights", "no.h5"], "with --cnn-weights no.h5 cannot be"),
        (["--cnn", "Xception", "--cnn-weights", "", "--image-size", "48"], "pictures of 48 x 48"),
    ],
)
def test_a_network_that_cannot_be_had_is_named_at_once(
    options, message, caption, folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(sources, "load", None)  # no picture is read
    errors = []
    for more in ([], ["--train-cnn"]):
        command = ["train", "--data", folder, "--run", tmp_path / "run", *options, *more]
        status, _, err = caption(*command)
        assert status == 2, err
        errors.append(err.splitlines()[-1])
    assert errors[0] == errors[1]
    assert re.search(message, errors[0])


def test_catalogue_sets_have_their_captions_found():
    import tensorflow_datasets as tfds

    features = tfds.features
    image = features.Image(shape=(None, None, 3))
    coco = features.FeaturesDict(
        {"image": image, "captions": features.Sequence({"id": np.int64, "text": features.Text()})}
    )
    assert catalog.keys_of("coco_captions", coco) == ("image", "captions", "text")
    plain = features.FeaturesDict({"image": image, "captions": features.Sequence(features.Text())})
    assert catalog.keys_of("scenes", plain) == ("image", "captions", None)
