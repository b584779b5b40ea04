"""The video recipe: labels live as of the whole, answers, kept features, export and other data."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax

from recipes.common import models
from recipes.common.run import Run
from recipes.video import export, live, predict, reading
from recipes.video.config import Config
from recipes.video.network import build_model
from recipes.video.trained import TrainedJob, restore
from tests.video import clips


def run_of(directory):
    return Run.reopen(directory, "video", Config)


def answer(result):
    status, out, err = result
    assert status == 0, err
    return json.loads(out.splitlines()[-1])


@pytest.fixture(scope="module")
def trained(finished):
    return restore(run_of(finished("video")))


def test_live_labels_are_those_of_the_whole_clip(trained):
    job = trained.jobs["frames"]
    frames = np.random.default_rng(0).integers(0, 256, (11, 12, 12, 3)).astype(np.uint8)
    logits = job.model.predict_on_batch({"frames": frames[None].astype(np.float32)})[0]
    whole = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    found = np.stack(list(live.LiveLabels.of(job.model, steps=4).probabilities(iter(frames))))
    np.testing.assert_allclose(found, whole, atol=1e-5)


def test_a_label_comes_before_later_frames_are_read(trained):
    asked = []

    def frames():
        for number in range(8):
            asked.append(number)
            yield np.zeros((12, 12, 3), np.uint8)

    next(live.LiveLabels.of(trained.jobs["frames"].model, steps=2).probabilities(frames()))
    assert asked == [0, 1]


def test_events_have_times_and_probabilities():
    rows = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [1.0, 0.0]])
    (event,) = predict.events_of(rows, np.array([0.05, 0.15, 0.25, 0.35]), ["none", "up"])
    assert event == {"label": "up", "start": 0.1, "end": 0.3, "probability": pytest.approx(0.7)}


def test_predict_takes_folders_names_bad_clips_and_draws_strips(finished, tmp_path, run_recipe):
    clips.write_gif(tmp_path / "clips" / "a.gif", clips.square([2, 3, 5, 7, 8]))
    clips.write_folder(tmp_path / "clips" / "b", clips.square([8, 5, 3]))
    (tmp_path / "clips" / "c.gif").write_text("no GIF")
    plot = tmp_path / "strip.png"
    arguments = "predict", "--run", finished("video"), tmp_path / "clips"
    status, out, err = run_recipe(*arguments, "--plot", plot, "--json", recipe="video")
    assert status == 0, err
    found = json.loads(out.splitlines()[-1])["predictions"]
    assert [row["video"].rpartition("/")[2] for row in found] == ["a.gif", "b"]
    for row in found:
        assert row["label"] in ("grows", "shrinks")
        assert sum(row["probabilities"].values()) == pytest.approx(1)
        assert isinstance(row["events"], list)
    assert "c.gif is no GIF.\n1 of 3 clips cannot be used." in err
    for number in (1, 2):
        with Image.open(tmp_path / f"strip_{number}.png") as picture:
            assert picture.width > 1000
    only_bad = run_recipe(*arguments[:3], tmp_path / "clips" / "c.gif", recipe="video")
    assert only_bad[0] == 2
    assert only_bad[2].strip().endswith("c.gif is no GIF.")


def test_videos_are_labelled_as_their_frames(trained, tmp_path, run_recipe, monkeypatch):
    pytest.importorskip("av", reason="needs the extra video")
    path = clips.write_video(tmp_path / "a.mp4", clips.square([2, 3, 5, 7, 8] * 4, side=48))
    directory = trained.run.directory
    found = answer(run_recipe("predict", "--run", directory, "--json", path, recipe="video"))
    job = trained.jobs["frames"]
    times = (np.arange(20) + 0.5) / 10
    frames = np.stack(list(reading.frames_at(path, times, (12, 12), 1))).astype(np.float32)
    logits = job.model.predict_on_batch({"frames": frames[None]})[0]
    labels = [job.labels[number] for number in logits.argmax(-1)]
    for event in found["predictions"][0]["events"]:
        middle = (event["start"] + event["end"]) / 2
        assert labels[int(middle * 10)] == event["label"]
    monkeypatch.setattr(reading.importlib.util, "find_spec", lambda name: None)
    status, _, err = run_recipe("predict", "--run", directory, path, recipe="video")
    assert status == 2
    assert "takes PyAV: pip install 'sequence-zoo[video]'" in err


def test_litert_labels_clips_and_single_frames(trained, run_recipe):
    pytest.importorskip("ai_edge_litert", reason="needs the extra litert")
    directory = trained.run.directory
    options = "--format", "litert", "--json"
    found = answer(run_recipe("export", "--run", directory, *options, recipe="video"))
    assert set(found["largest_difference"]) == {"clip", "frames"}
    assert max(found["largest_difference"].values()) < 1e-4
    folder = directory / "export" / "litert"
    assert (folder / "frames.txt").read_text() == "none\nbig\n"
    assert {path.name for path in folder.glob("*.tflite")} == {"clip.tflite", "frames.tflite"}


def test_other_data_is_measured_and_unknown_labels_refused(finished, tmp_path, run_recipe):
    for number, label in enumerate(("grows", "shrinks")):
        path = clips.write_gif(tmp_path / "a" / label / "1.gif", clips.square([3, 5, 7 + number]))
        path.with_suffix(".csv").write_text("0,0.1,big\n")
    arguments = "evaluate", "--run", finished("video"), "--json", "--data"
    found = answer(run_recipe(*arguments, tmp_path / "a", recipe="video"))
    assert found["examples"] == 2
    assert found["test"]["frames"]["events"] == 2
    shutil.copytree(tmp_path / "a" / "grows", tmp_path / "a" / "runs")
    status, _, err = run_recipe(*arguments, tmp_path / "a", recipe="video")
    assert status == 2
    assert "runs/1.gif has the label 'runs', which the training part does not have" in err


def test_features_of_a_frozen_network_are_kept_and_the_run_reads_pixels(
    training, once, tmp_path, run_recipe
):
    options = [*training("video"), "--run", tmp_path / "run", "--cache", tmp_path / "cache"]
    options += "--task clip --cnn MobileNet --image-size 32 --limit 12 --epochs 1 --mirror".split()
    metrics = answer(run_recipe("train", *options, "--json", recipe="video"))
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 4  # three parts, and one mirrored
    model = restore(run_of(tmp_path / "run")).model
    assert model.input["frames"].shape == (None, None, 32, 32, 3)
    measured = answer(run_recipe("evaluate", "--run", tmp_path / "run", "--json", recipe="video"))
    assert measured["test"]["clip"]["crossentropy"] == pytest.approx(
        metrics["test"]["clip"]["crossentropy"], rel=1e-4
    )
    # The whole network, from pixels, says the same as that which read features.
    gif = clips.write_gif(tmp_path / "a.gif", clips.square([2, 3, 5, 7, 8]))
    predicted = answer(
        run_recipe("predict", "--run", tmp_path / "run", "--json", gif, recipe="video")
    )
    assert 0.5 <= predicted["predictions"][0]["probability"] <= 1


def test_frames_of_other_videos_are_read_at_the_rate_of_the_training(trained, tmp_path, run_recipe):
    steps = clips.square([2, 3, 5, 7, 8])
    slow = clips.write_gif(tmp_path / "slow.gif", steps)
    between = np.stack([255 - steps, steps], 1).reshape(-1, 16, 16, 3)
    fast = clips.write_gif(tmp_path / "fast.gif", between, milliseconds=50)
    directory = trained.run.directory
    found = answer(run_recipe("predict", "--run", directory, "--json", slow, fast, recipe="video"))
    one, other = found["predictions"]
    assert trained.jobs["frames"].config.fps == 10
    assert one["events"] == other["events"]


def test_a_network_that_looks_ahead_reads_stretches_and_exports_whole(tmp_path):
    pytest.importorskip("ai_edge_litert", reason="needs the extra litert")
    config = Config(
        task="frames", frames=4, image_size=12, filters=4, frame_dim=5, units=6, bidirectional=True
    )
    model = build_model(config, {"frame_shape": (12, 12, 3), "num_classes": 3}, whole=True)
    job = TrainedJob(config, ["none", "up", "down"], model)
    frames = np.random.default_rng(0).integers(0, 256, (6, 12, 12, 3)).astype(np.uint8)
    found = live.by_windows(job, iter(frames))
    assert found.shape == (6, 3)
    given = {"frames": frames[None, 4:].astype(np.float32), "lengths": np.array([2], np.int32)}
    logits = model.predict_on_batch(given)[0]
    np.testing.assert_allclose(found[4:], softmax(logits, -1), atol=1e-6)
    assert not job.is_live
    models.give_up_cudnn(model)
    for write in (export._write_litert, export._write_saved_model):
        assert write(job, tmp_path, "frames") < 1e-4
