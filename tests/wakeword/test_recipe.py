"""The wakeword recipe: stages, odd input, old runs, files and streams heard alike."""

import csv
import dataclasses
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.run import Run
from recipes.common.training.history import History, Stages
from recipes.wakeword import config, report, scoring, tracks, training
from recipes.wakeword.detection import measures, triggers

soundfile = pytest.importorskip("soundfile", reason="needs the extra speech")
pytest.importorskip("espeakng_loader", reason="needs the extra speech")

ROOT = pathlib.Path(__file__).parents[2]


def test_a_run_leaves_everything(wake_run):
    metrics = json.loads((wake_run / "metrics.json").read_text())
    assert metrics["test"]["hours"] > 0
    assert set(metrics["test"]["conditions"]) == {"clean", "10 dB"}
    assert metrics["baselines"]["template"]["10 dB"]["phrases"] == metrics["test"]["phrases"]
    assert metrics["test"]["conditions"]["clean"]["near_misses"]["hours"] > 0
    assert metrics["validation"]["phrases"] > 0  # of the threshold, beside those of the epoch
    assert metrics["seconds"].keys() >= {"prepare", "train", "mining"}
    for name in ("error_curve.png", "timeline.png", "learning_curves.png"):
        assert (wake_run / name).stat().st_size > 1000


def test_metrics_and_report_describe_the_stage_that_was_kept(wake_run):
    metrics = json.loads((wake_run / "metrics.json").read_text())
    kept = metrics["stages"][metrics["kept_stage"]]
    assert metrics["stages"].keys() == {"train", "mining"}
    assert metrics["epochs"] == kept["epochs"]
    assert kept["validation"].items() <= metrics["validation"].items()
    best = [stage["validation"]["recall"] for stage in metrics["stages"].values()]
    assert (metrics["kept_stage"] == "mining") == (best[1] >= best[0])
    page = (wake_run / "report.md").read_text()
    assert f"| stage {metrics['kept_stage']}, kept |" in page
    assert "averaged over 21 rates of false alarms from 0.5 to 10 an hour" in page


class Weights:
    """A network of one number."""

    def __init__(self):
        self.value = 1

    def get_weights(self):
        return self.value

    def set_weights(self, value):
        self.value = value


@pytest.mark.parametrize("recall", [0.4, 0.5, 0.6])
def test_the_second_stage_is_kept_if_it_is_no_worse(recall, tmp_path, monkeypatch):
    def history(value):
        return History([{"epoch": 1, "val_recall": value}], "val_recall", "max")

    asked = {}

    def fit(run, sounds, model):
        asked.update(dataclasses.asdict(run.config), stage=run.stage, sounds=sounds)
        model.value = 2
        return model, history(recall)

    class Sounds:
        clips = {"train": "clips"}  # noqa: RUF012

        def with_hard_negatives(self, numbers):
            return numbers

    monkeypatch.setattr(training, "fit", fit)
    monkeypatch.setattr(training.mining, "hard_negatives", lambda run, clips, model: [3, 1])
    settings = config.Config(run=str(tmp_path), mining_epochs=4, mining_rate=5e-4)
    model = Weights()
    stages = training.fit_on_hard_negatives(
        Run("wakeword", settings), Sounds(), model, history(0.5)
    )
    assert isinstance(stages, Stages)
    assert stages.kept == ("mining" if recall >= 0.5 else "train")
    assert model.value == (2 if recall >= 0.5 else 1)
    assert stages.metrics()["validation"]["recall"] == max(recall, 0.5)
    assert (asked["stage"], asked["sounds"]) == ("mining", [3, 1])
    assert (asked["epochs"], asked["learning_rate"], asked["warmup_epochs"]) == (4, 5e-4, 0.5)


def test_summary_of_a_detector_that_hears_nothing(wake_run):
    metrics = json.loads((wake_run / "metrics.json").read_text())
    metrics["test"]["conditions"]["clean"]["latency_ms"] = {"median": None, "p95": None}
    lines = report.summary(metrics)
    assert lines[-1] == "never heard"
    assert lines[0].startswith("threshold ")
    metrics["test"]["conditions"]["clean"]["latency_ms"] = {"median": 40.0, "p95": 90.0}
    assert report.summary(metrics)[-1].startswith("heard 40.0 ms after the end of the phrase")


def test_native_code_keeps_its_chatter_to_itself(tmp_path, training):
    options = [*training("wakeword"), "--epochs", "1", "--mining-epochs", "0", "--examples", "16"]
    out = subprocess.run(
        [sys.executable, "-m", "recipes.wakeword", *options, "--run", tmp_path / "run"],
        cwd=ROOT, capture_output=True, text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("TF_")},
    )  # fmt: skip
    assert out.returncode == 0, out.stderr
    assert "epoch 1/1" in out.stderr
    assert not re.findall(r"^[IWEF]\d{4} .*", out.stderr, re.MULTILINE)
    assert "WARNING" not in out.stderr


def test_evaluate_gives_the_test_of_the_training_again(wake_run, run_recipe):
    status, out, err = run_recipe("evaluate", "--run", wake_run, "--json", recipe="wakeword")
    assert status == 0, err
    again = json.loads(out.splitlines()[-1])["test"]
    kept = json.loads((wake_run / "metrics.json").read_text())["test"]
    for condition, figures in kept["conditions"].items():
        rates = again["conditions"][condition].pop("at_rates")
        chosen = figures.pop("at_rates")["chosen_on_dev"]
        assert {rate: row["misses"] for rate, row in rates.items()} == {
            rate: row["misses"] for rate, row in chosen.items()
        }
    assert again == kept


@pytest.mark.parametrize(
    ("verb", "options", "sentence"),
    [
        ("predict", ["{}/0.wav", "--threshold", "nan"], "--threshold must be a finite number"),
        ("predict", ["{}/0.wav", "--plot", "picture.bmp"], "must name a PNG file, such as"),
        ("predict", ["{}/0.wav", "--plot", "no/where.png"], "no/where.png lies in no"),
        ("predict", ["{}/short"], "short is shorter than a frame"),
        ("evaluate", ["--negatives", "{}/short"], "short' is shorter than a frame"),
        ("evaluate", ["--noise", "{}/0.wav"], "is added to recordings; name some"),
        ("evaluate", ["--positives", "{}", "--plot", "c.png"], "--plot draws misses against"),
        ("evaluate", ["--positives", "{}", "--ratio", "1e9"], "--ratio must be from"),
        ("evaluate", ["--positives", "{}", "--threshold", "inf"], "--threshold must be a finite"),
        ("listen", ["{}/0.wav"], "0.wav is a file of sound, not raw samples"),
        ("listen", ["{}"], "Is a directory"),
    ],
)
def test_what_verbs_refuse(wake_run, sounds, verb, options, sentence, tmp_path, run_recipe):
    shutil.copytree(sounds / "with", tmp_path / "with")
    soundfile.write(tmp_path / "with" / "short", np.ones(100), 16_000, format="WAV")
    options = [option.replace("{}", str(tmp_path / "with")) for option in options]
    status, _, err = run_recipe(verb, "--run", wake_run, *options, recipe="wakeword")
    assert status == 2
    assert sentence in err
    assert "Traceback" not in err


def test_predict_names_times_and_draws(wake_run, sounds, tmp_path, run_recipe):
    files = sorted((sounds / "with").iterdir())[:2]
    status, out, err = run_recipe(
        "predict", "--run", wake_run, *files, "--plot", tmp_path / "plot.png", "--threshold",
        "-50", "--json", recipe="wakeword",
    )  # fmt: skip
    assert status == 0, err
    answers = json.loads(out.splitlines()[-1])["predictions"]
    assert [answer["file"] for answer in answers] == list(map(str, files))
    assert all(answer["detections"] for answer in answers)  # every frame reaches -50
    assert (tmp_path / "plot.png").stat().st_size > 1000


def test_predict_goes_on_after_bad_files(wake_run, sounds, tmp_path, run_recipe):
    good = sounds / "with" / "0.wav"
    broken, gone = tmp_path / "text.wav", tmp_path / "gone.wav"
    broken.write_text("no sound")
    status, out, err = run_recipe(
        "predict", "--run", wake_run, broken, good, gone, "--json", recipe="wakeword"
    )
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert [answer["file"] for answer in result["predictions"]] == [str(good)]
    assert [bad["file"] for bad in result["bad"]] == [str(broken), str(gone)]
    assert "is damaged or no sound" in result["bad"][0]["reason"]
    assert f"Skipped: {gone} cannot be read (No such file" in err
    status, out, _ = run_recipe("predict", "--run", wake_run, good, gone, recipe="wakeword")
    assert status == 0
    assert out.splitlines()[-1] == "1 of 2 files cannot be used"
    status, _, err = run_recipe("predict", "--run", wake_run, broken, gone, recipe="wakeword")
    assert status == 2
    assert f"None of 2 files can be used: {broken} is damaged" in err


@pytest.mark.parametrize(("old", "level"), [({}, 0.0), ({"masking": 0.03}, 0.03)])
def test_runs_of_before_are_read(old, level, wake_run, tmp_path, reopen):
    """The first ones had no noise floor, and later ones called it masking."""
    for name in ("model.keras", "recipe.json", "data.json", "threshold.json"):
        shutil.copy(wake_run / name, tmp_path)
    settings = json.loads((wake_run / "config.json").read_text())
    assert settings.pop("noise_floor") == 0.02
    (tmp_path / "config.json").write_text(json.dumps(settings | old))
    restored = reopen(tmp_path)
    assert restored.config.noise_floor == level
    assert restored.model.get_layer("energies").noise_floor == level


def test_the_old_name_of_the_noise_floor_is_taken():
    for option in (["--masking", "0.5"], ["--masking=0.5"]):
        _, chosen = cli.parse(option, "recipes.wakeword", config, "")
        assert chosen.settings.noise_floor == 0.5
    assert "masking" not in json.loads(configs.to_json(config.Config()))


def test_listen_hears_what_predict_hears(wake_run, sounds, run_recipe, monkeypatch, reopen):
    file = sorted((sounds / "with").glob("*.wav"))[0]
    samples = soundfile.read(file, dtype="int16")[0]
    trained = reopen(wake_run)
    scores = scoring.of_samples(trained.model, [samples])[0]
    threshold = float(np.quantile(scores, 0.9))
    expected = [(f + 1) / 100 for f in triggers.detections(scores, threshold)]
    assert trained.config.phrase == "alexa"
    raw = samples.astype("<i2").tobytes() + b"x"  # ends within a sample
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    status, out, err = run_recipe(
        "listen", "--run", wake_run, "-", "--threshold", threshold, "--json", recipe="wakeword"
    )
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["detections"] == expected
    assert result["seconds"] == pytest.approx(len(raw) / 32_000)
    assert result["unheard_bytes"] == len(raw) % 320 > 0
    assert result["message"] == (f"the sound ended within a frame: {len(raw) % 320} bytes unheard")


def test_stream_and_whole_give_the_same_figures_to_the_last_digit(wake_run, reopen):
    trained = reopen(wake_run)
    generator = np.random.default_rng(0)
    sounds = [
        tracks.Sound(str(i), generator.integers(-3000, 3000, 20_000 + 777 * i).astype(np.int16),
                     (1.0,) if i % 2 else (), "noise")
        for i in range(4)
    ]  # fmt: skip
    whole = scoring.tracks(trained.model, sounds)
    one = scoring.listener(trained.model)
    for chunk in (77, 32_000):
        streamed = scoring.stream_scores(one.anew, sounds, chunk)
        for track, other in zip(whole, streamed, strict=True):
            np.testing.assert_allclose(track.scores, other.scores, atol=1e-5)
        assert measures.measure(streamed, 0.0) == measures.measure(whole, 0.0)


def test_a_long_recording_is_heard_in_pieces(wake_run, monkeypatch, reopen):
    trained = reopen(wake_run)
    samples = np.random.default_rng(1).normal(0, 0.1, 25 * 16_000).astype(np.float32)
    whole = scoring.of_samples(trained.model, [samples])[0]
    monkeypatch.setattr(scoring, "LONGEST", 12.0), monkeypatch.setattr(scoring, "RUN_IN", 10.0)
    pieces = scoring.of_samples(trained.model, [samples])[0]
    assert len(pieces) == len(whole) == 2500
    np.testing.assert_allclose(pieces, whole, atol=0.02)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--data", "nowhere/", "--keyword", "happy"], "no file or folder nowhere/"),
        (["--validation", "folder"], "--validation is not for recordings: --validation-share"),
        (["--test", "folder"], "measured by evaluate with --positives and --negatives"),
        (["--holdout", "last"], "--holdout is not for recordings"),
        (["--keyword", "happy"], "--keyword names a word of --data"),
        (["--clip-seconds", "0.5"], "--clip-seconds must be a number of at least 1"),
        (["--positives", "nowhere", "--phrase", "not yet spoken"], "no file or folder nowhere"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(options, sentence, tmp_path, data_dir, run_recipe):
    status, _, err = run_recipe(
        "train", "--data-dir", data_dir, "--run", tmp_path / "run", *options, recipe="wakeword"
    )
    assert status == 2
    assert sentence in err
    assert "Traceback" not in err
    assert "Preparing" not in err


def test_figures_that_say_nothing_are_left_out():
    def of(phrases, alarms, hours):
        return report.line("sound", {
            "phrases": phrases, "misses": 1, "miss_rate": 1 / phrases, "interval": [0.0, 0.9],
            "hours": hours, "false_alarms": alarms, "false_alarms_per_hour": alarms / hours,
            "alarms_interval": measures.alarms_interval(alarms, hours),
        })  # fmt: skip

    few, many = of(2, 0, 2.7 / 3600), of(20, 2, 4.0)
    assert few[1] == (
        "missed 1 of 2 (too few to tell a share); "
        "0 false alarms in 2.7 s (too little sound to tell a rate)"
    )
    assert many[1] == (
        "missed 1 of 20: 5.0% (0.0% to 90.0%); 2 false alarms in 4.00 h: 0.50/h (0.06 to 1.81)"
    )
    assert of(20, 19, 0.46)[1].endswith("19 false alarms in 27.6 min: 41.30/h (24.87 to 64.50)")
    assert report.notes([many]) == []
    (note,) = report.notes([many, few])
    assert note.startswith("A share of misses is told of 10 phrases or more, a rate of false")


def test_predict_takes_folders_and_writes_a_row_a_file(wake_run, sounds, tmp_path, run_recipe):
    folder = tmp_path / "mine"
    (folder / "deeper").mkdir(parents=True)
    for number in (10, 2):
        shutil.copy(sounds / "with" / "0.wav", folder / f"{number}.wav")
    (folder / "deeper" / "linked").symlink_to(sounds / "without")
    (folder / "notes.txt").write_text("no sound")
    (tmp_path / "empty").mkdir()
    status, _, err = run_recipe(
        "predict", "--run", wake_run, folder, tmp_path / "empty", "--output", tmp_path / "out.csv",
        "--threshold", "-50", recipe="wakeword",
    )  # fmt: skip
    assert status == 0, err
    assert "empty is a folder without recordings (.wav, .flac" in err
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [pathlib.Path(row["file"]).relative_to(folder).as_posix() for row in rows]
    assert names[:2] == ["2.wav", "10.wav"]
    assert set(names[2:]) == {f"deeper/linked/{x.name}" for x in (sounds / "without").iterdir()}
    assert json.loads(rows[0]["times"])[0] == 0.01
    assert 0 < float(rows[0]["highest_probability"]) < 1
    status, _, err = run_recipe("predict", "--run", wake_run, tmp_path / "empty", recipe="wakeword")
    assert status == 2
    assert "Error: " in err


def test_a_trial_goes_on_from_a_finished_detector(
    wake_run, sounds, tmp_path, data_dir, run_recipe, reopen
):
    status, _, err = run_recipe(
        "train", "--init-from", wake_run, "--phrase", "computer", "--limit", "4", "--positives",
        sounds / "with", "--epochs", "1", "--mining-epochs", "0", "--examples", "16",
        "--learning-rate", "1e-9", "--run", tmp_path / "run", "--data-dir", data_dir,
        recipe="wakeword",
    )  # fmt: skip
    assert status == 0, err
    assert "listens for 'alexa'; its weights are trained on for 'computer'" in err
    assert "--limit 4: as many phrases are spoken for the training instead of 30" in err
    assert "train: 4 near-miss utterances, 2 recorded phrase utterances, 4 phrase" in err
    first, then = (reopen(run).model for run in (wake_run, tmp_path / "run"))
    for mine, other in zip(first.trainable_variables, then.trainable_variables, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)


@pytest.mark.parametrize("what", ["positives", "negatives", "noise"])
def test_folders_of_a_run_are_found_from_elsewhere(what, wake_run, tmp_path):
    for name in ("recipe.json", "data.json", "config.json"):
        shutil.copy(wake_run / name, tmp_path)
    (tmp_path / "mine").mkdir()
    for name, more in (
        ("data.json", {"working_directory": str(tmp_path)}),
        ("config.json", {what: "mine"}),
    ):
        (tmp_path / name).write_text(json.dumps(json.loads((tmp_path / name).read_text()) | more))
    found = Run.reopen(tmp_path, "wakeword", config.Config).config
    assert getattr(found, what) == str(tmp_path / "mine")
