"""The captioning recipe beyond the contract of recipes: its options, its own inputs, its files."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from recipes.captioning import config, features, sources, trained
from recipes.common.pictures import encoders
from recipes.common.run import Run
from tests.captioning import contract


def result(answer):
    """The JSON object of a verb that must have succeeded."""
    status, out, err = answer
    assert status == 0, err
    return json.loads(out.splitlines()[-1])


def reopened(directory):
    return Run.reopen(directory, "captioning", config.Config)


def test_a_finished_run_holds_its_plots_and_figures(finished_run):
    for name in ("scores.png", "samples.png", "worst.png", "attention_1.png"):
        assert (finished_run / name).stat().st_size, name
    metrics = json.loads((finished_run / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"shuffled", "consensus", "nearest", "commonest"}
    assert {"bleu1", "bleu4", "cider", "rouge_l", "distinct", "vocabulary"} <= set(metrics["test"])
    gain = metrics["test"]["cider"] - metrics["baselines"]["shuffled"]["cider"]
    assert metrics["shuffle_gap"]["cider"] == pytest.approx(gain)
    assert len(metrics["samples"]) == 5
    page = (finished_run / "report.md").read_text(encoding="utf-8")
    for part in ("consensus", "worst.png", "attention_1.png", "best epoch, by cider", ".png | "):
        assert part in page


def test_evaluate_takes_captions_of_the_data_it_is_given(
    finished_run, caption, tiny, tmp_path, monkeypatch
):
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("image,caption\n" + "".join(f"{n}.png,A thing\n" for n in range(9)))
    (tmp_path / "list.txt").write_text("".join(f"{n}.png\n" for n in range(9)))
    run = shutil.copytree(finished_run, tmp_path / "run")
    settings = json.loads((run / "config.json").read_text())  # as if trained with --captions
    (run / "config.json").write_text(json.dumps(settings | {"captions": "no/such/file.txt"}))
    data = f"{tiny / 'pictures'},{tmp_path / 'list.txt'}"
    options = ["evaluate", "--run", run, "--beam", "1"]
    given = ["--captions", elsewhere]
    prepared, seen = features.prepared, []

    def noted(parts, *arguments):
        seen.append(parts["test"].captions)
        return prepared(parts, *arguments)

    monkeypatch.setattr(features, "prepared", noted)
    found = [result(caption(*options, "--json", "--data", data, *more)) for more in ([], given)]
    assert [one["examples"] for one in found] == [9, 9]
    assert seen[0][0] == ["A picture all in red .", "Nothing but red here ."]
    assert seen[1] == [["A thing"]] * 9
    status, _, err = caption(*options, *given)
    assert status == 2
    assert "--captions belongs to pictures that --data names" in err
    status, out, err = caption(*options, "--data", data)
    assert status == 0, err
    assert "9 pictures of" in out
    assert "cider, gain over shuffled pictures" in out


def test_a_run_on_kept_features_alone_is_evaluated_alike(tiny_network, caption, tiny, tmp_path):
    """Its network for images, without weights, is drawn once for features and once at the end."""
    run = tmp_path / "run"
    options = [*contract.options(tiny), "--run", run, *contract.OPTIONS, "--epochs", "1"]
    few = ["--beam", "1", "--model", "show_and_tell", "--cnn", tiny_network]
    reported = result(caption("train", *options, *few, "--json"))["test"]
    measured = result(caption("evaluate", "--run", run, "--json"))["test"]
    assert measured == pytest.approx(reported, abs=1e-4)
    found = trained.restore(reopened(run))
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    kept = features.preparation(found.run.config).make(images)
    assert kept.std() > 0
    made = found.model.get_layer("cnn").predict_on_batch(images.astype(np.float32))
    np.testing.assert_allclose(made, kept, rtol=2e-3, atol=kept.std() / 1e3)


def test_predict_captions_pictures_names_bad_ones_and_draws(finished_run, caption, tiny, tmp_path):
    bad, pictures = tmp_path / "bad.jpg", contract.inputs(tiny)
    bad.write_text("no picture")
    status, out, err = caption(
        "predict", "--run", finished_run, "--json", "--n-best", "2", "--plot",
        tmp_path / "attention.png", pictures[0], bad, pictures[1], tmp_path / "none.png",
    )  # fmt: skip
    assert status == 0, err
    found = json.loads(out.splitlines()[-1])["predictions"]
    assert [row["picture"] for row in found] == pictures
    assert all(len(row["n_best"]) == 2 for row in found)
    assert "bad.jpg is no picture" in err
    assert "none.png cannot be read: No such file" in err
    for number in (1, 2):
        assert (tmp_path / f"attention_{number}.png").stat().st_size


def test_folders_and_lists_of_names_are_captioned(
    finished_run, caption, tiny, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "new"
    folder.mkdir()
    for n in (0, 1):
        (folder / f"{n}.png").symlink_to(tiny / "pictures" / f"{n}.png")
    (folder / "notes.md").write_text("no picture")
    (folder / "more").symlink_to(tiny / "pictures")
    predict = ["predict", "--run", finished_run, "--beam", "1"]
    status, out, err = caption(*predict, folder)
    assert status == 0, err
    assert f"{folder}: 62 pictures; passed over 1 other files." in err
    lines = [line.split("\t") for line in out.splitlines()]
    assert len(lines) == 62
    assert lines[0][0] == str(folder / "0.png")
    assert all(0 < float(chance) <= 1 for _, _, chance in lines)
    (folder / "list.txt").write_text("0.png\n\n1.png\n")
    (folder / "table.csv").write_text("image,note\n0.png,a\n1.png,b\n")
    for name in ("list.txt", "table.csv"):
        found = result(caption(*predict, "--json", "--file", f"new/{name}"))["predictions"]
        assert [row["picture"] for row in found] == ["new/0.png", "new/1.png"]
    (tmp_path / "empty").mkdir()
    status, _, err = caption(*predict, "empty")
    assert status == 2
    assert "The folder empty has no pictures" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--plot", "nowhere/x.png", "a.png"], "which is no folder"),
        (["--plot", "x.gif", "a.png"], "--plot must name a PNG file"),
        (["--n-best", "0", "a.png"], "--n-best must be at least 1; got 0"),
        (["--beam", "-1", "a.png"], "--beam must be at least 0; got -1"),
        (["no.png"], "The picture no.png cannot be read: No such file"),
    ],
)
def test_predict_refuses_with_one_sentence(options, message, finished_run, caption):
    status, out, err = caption("predict", "--run", finished_run, *options)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_an_exported_captioner_needs_nothing_of_this_package(finished_run, caption):
    exported = result(caption("export", "--run", finished_run, "--json"))
    code = (
        "import sys, numpy as np, tensorflow as tf; model = tf.saved_model.load(sys.argv[1]); "
        "out = model.serve(tf.zeros((2, 32, 32, 3))); assert out['tokens'].shape[0] == 2; "
        "assert 'zoo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, exported["path"]], cwd="/", check=True)


def test_old_names_of_options_and_settings_are_taken(finished_run, caption, training, tmp_path):
    """As `--draws` and `--together` were called, on the command line and in files."""
    run = shutil.copytree(finished_run, tmp_path / "run")
    settings = json.loads((run / "config.json").read_text())
    for old, new in (("draws", "captions_per_picture"), ("together", "captions_per_row")):
        settings[old] = settings.pop(new)
    (run / "config.json").write_text(json.dumps(settings))
    assert reopened(run).config.captions_per_row == 2
    options = training("captioning")
    for old, new in (("draws", "captions-per-picture"), ("together", "captions-per-row")):
        options[options.index(f"--{new}")] = f"--{old}"
    status, _, err = caption("train", *options, "--run", run)
    assert status == 0, err
    assert "is complete" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cnn", "ResNet51"], r"--cnn ResNet51 is no .* near are ResNet50, .*keras\.io/api"),
        (["--cnn", "MobileNetV2", "--cnn-weights", "no.h5"], "--cnn-weights no.h5: there is no"),
        (["--cnn", "Xception", "--cnn-weights", "", "--image-size", "48"], "pictures of 48 x 48"),
    ],
)
def test_a_network_that_cannot_be_had_is_named_at_once(
    options, message, caption, tmp_path, monkeypatch
):
    monkeypatch.setattr(sources, "load", None)  # no picture is read
    errors = []
    for more in ([], ["--train-cnn"]):
        command = ["train", "--data", tmp_path, "--run", tmp_path / "run", *options, *more]
        status, _, err = caption(*command)
        assert status == 2, err
        errors.append(err.splitlines()[-1])
    assert errors[0] == errors[1]
    assert re.search(message, errors[0])


@pytest.mark.parametrize("fault", ["no captions", "no pictures", "no room"])
def test_bad_data_and_a_full_disk_are_found_before_weights_are_fetched(
    fault, caption, tiny, tiny_network, tmp_path, monkeypatch
):
    built = encoders.build_encoder

    def offline(shape, cnn, weights, seed):
        assert weights != "imagenet", "weights were fetched"
        return built(shape, cnn, weights, seed)

    monkeypatch.setattr(encoders, "build_encoder", offline)
    root = shutil.copytree(tiny / "pictures", tmp_path / "pictures")
    message = "has no file of captions"
    if fault == "no captions":
        (root / "captions.txt").unlink()
    elif fault == "no pictures":
        message = r"Of 22 pictures looked at, \d+ cannot be used: .*\.png is no picture\. Mend them"
        for path in sorted(root.glob("*.png"))[:9]:
            path.write_text(f"{path.name} is a text")
    else:
        message = r"Arrays of 60 pictures need 0\.0 GB and .*cache has 0\.0 GB free; .*--cache"
        usage = shutil.disk_usage(tmp_path)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=60 * 200))
    options = ["--cnn", tiny_network, "--image-size", "32", "--cache", tmp_path / "cache"]
    status, _, err = caption("train", "--data", root, "--run", tmp_path / "run", *options)
    assert status == 2, err
    assert re.search(message, err)
    assert not (tmp_path / "run").exists()


def test_sizes_follow_the_number_of_pictures_where_they_are_left_open():
    """Those of many pictures are the ones with which figures of Flickr8k were made."""
    assert config.Config().sized(5_000) == {
        "vocab_size": 2_500, "embedding_dim": 256, "units": 512, "attention_dim": 256, "epochs": 10,
        "patience": 3,
    }  # fmt: skip
    few = config.Config(epochs=3).sized(500)
    assert "epochs" not in few
    assert few["units"] < 512
    assert config.Config.embedded().sized(10) == {}
