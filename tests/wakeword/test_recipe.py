"""The wakeword recipe end to end, on little: train, resume, evaluate, predict, listen, export."""

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

from recipes.wakeword import config as wakeword_config
from recipes.wakeword import scoring, tracks, train
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
    for name in ("report.md", "error_curve.png", "timeline.png", "learning_curves.png"):
        assert (wake_run / name).stat().st_size > 1000
    assert "alexa" in (wake_run / "report.md").read_text()


def test_a_training_that_was_cut_off_ends_the_same(
    wake_run, tmp_path, data_dir, little_detector, monkeypatch
):
    from recipes.common.errors import Interrupted
    from recipes.common.training import fit

    options = [*little_detector, "--data-dir", data_dir, "--run", str(tmp_path / "run")]
    heard = fit.Session.on_train_batch_end

    def stop(self, batch, logs=None):
        if self.epoch == 1 and self.step == 1:
            self.signal = 15
        heard(self, batch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(fit.Session, "on_train_batch_end", stop)
        with pytest.raises((SystemExit, Interrupted)):
            train.main(["train", *options])
    train.main(["train", *options])
    for name in ("metrics.json", "threshold.json"):
        one, other = (json.loads((run / name).read_text()) for run in (wake_run, tmp_path / "run"))
        one.pop("seconds", None)
        other.pop("seconds", None)
        assert one == other


def test_native_code_keeps_its_chatter_to_itself(tmp_path, data_dir, little_detector):
    options = [*little_detector, "--epochs", "1", "--mining-epochs", "0"]
    out = subprocess.run(
        [
            sys.executable, "-m", "recipes.wakeword", *options, "--data-dir", data_dir,
            "--run", tmp_path / "run",
        ],
        cwd=ROOT, capture_output=True, text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("TF_")},
    )  # fmt: skip
    assert out.returncode == 0, out.stderr
    assert "epoch 1/1" in out.stderr
    assert not re.findall(r"^[IWEF]\d{4} .*", out.stderr, re.MULTILINE)


def test_evaluate_gives_the_test_of_the_training_again(wake_run, run_recipe):
    status, out, err = run_recipe("evaluate", "--run", wake_run, "--json", main=train.main)
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
        ("evaluate", ["--noise", "{}/0.wav"], "--noise"),
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
    status, _, err = run_recipe(verb, "--run", wake_run, *options, main=train.main)
    assert status == 2
    assert sentence in err
    assert "Traceback" not in err


def test_predict_names_times_and_draws(wake_run, sounds, tmp_path, run_recipe):
    files = sorted((sounds / "with").iterdir())[:2]
    status, out, err = run_recipe(
        "predict", "--run", wake_run, *files, "--plot", tmp_path / "plot.png", "--threshold",
        "-50", "--json", main=train.main,
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
        "predict", "--run", wake_run, broken, good, gone, "--json", main=train.main
    )
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert [answer["file"] for answer in result["predictions"]] == [str(good)]
    assert [bad["file"] for bad in result["bad"]] == [str(broken), str(gone)]
    assert "is damaged or no sound" in result["bad"][0]["reason"]
    assert f"Skipped: {gone} cannot be read (No such file" in err
    status, out, _ = run_recipe("predict", "--run", wake_run, good, gone, main=train.main)
    assert status == 0
    assert out.splitlines()[-1] == "1 of 2 files cannot be used"
    status, _, err = run_recipe("predict", "--run", wake_run, broken, gone, main=train.main)
    assert status == 2
    assert f"None of 2 files can be used: {broken} is damaged" in err


def test_a_run_from_before_masking_goes_without_it(wake_run, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(wake_run, old)
    settings = json.loads((old / "config.json").read_text())
    assert settings.pop("masking") == 0.02
    (old / "config.json").write_text(json.dumps(settings))
    restored = train.restore(str(old))
    assert restored.config.masking == restored.model.get_layer("energies").noise_floor == 0


def test_listen_hears_what_predict_hears(wake_run, sounds, run_recipe, monkeypatch):
    file = sorted((sounds / "with").glob("*.wav"))[0]
    samples = soundfile.read(file, dtype="int16")[0]
    config = wakeword_config.DetectorConfig(**json.loads((wake_run / "config.json").read_text()))
    trained = train.restore(str(wake_run))
    scores = scoring.of_samples(trained.model, [samples])[0]
    threshold = float(np.quantile(scores, 0.9))
    expected = [(f + 1) / 100 for f in triggers.detections(scores, threshold)]
    assert config.phrase == "alexa"
    raw = samples.astype("<i2").tobytes() + b"x"  # ends within a sample
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    status, out, err = run_recipe(
        "listen", "--run", wake_run, "-", "--threshold", threshold, "--json", main=train.main
    )
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["detections"] == expected
    assert result["seconds"] == pytest.approx(len(raw) / 32_000)
    assert result["unheard_bytes"] == len(raw) % 320 > 0
    assert result["message"] == (f"the sound ended within a frame: {len(raw) % 320} bytes unheard")


def test_stream_and_whole_give_the_same_figures_to_the_last_digit(wake_run):
    trained = train.restore(str(wake_run))
    generator = np.random.default_rng(0)
    sounds = [
        tracks.Sound(str(i), generator.integers(-3000, 3000, 20_000 + 777 * i).astype(np.int16),
                     (1.0,) if i % 2 else (), "noise")
        for i in range(6)
    ]  # fmt: skip
    whole = scoring.tracks(trained.model, sounds)
    for chunk in (77, 1_600, 32_000):
        heard = scoring.stream_scores(lambda: scoring.listener(trained.model), sounds, chunk)
        for one, other in zip(whole, heard, strict=True):
            np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
        assert measures.measure(heard, 0.0) == measures.measure(whole, 0.0)


def test_a_long_recording_is_heard_in_pieces(wake_run, monkeypatch):
    trained = train.restore(str(wake_run))
    samples = np.random.default_rng(1).normal(0, 0.1, 25 * 16_000).astype(np.float32)
    whole = scoring.of_samples(trained.model, [samples])[0]
    monkeypatch.setattr(scoring, "LONGEST", 12.0), monkeypatch.setattr(scoring, "RUN_IN", 10.0)
    pieces = scoring.of_samples(trained.model, [samples])[0]
    assert len(pieces) == len(whole) == 2500
    np.testing.assert_allclose(pieces, whole, atol=0.02)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--phrase", "..."], "cannot be spoken"),
        (
            ["--data", "nowhere/", "--keyword", "happy", "--phrase", "hey computer"],
            "neither a file nor a name",
        ),
        (["--data", "nowhere/", "--keyword", "happy"], "--keyword names the word to listen for"),
        (["--validation", "folder"], "--validation is not for recordings: --validation-share"),
        (["--test", "folder"], "measured by evaluate with --positives and --negatives"),
        (["--holdout", "last"], "--holdout is not for recordings"),
        (["--keyword", "happy"], "--keyword names a word of --data"),
        (["--data", "speech_commands"], "needs --keyword"),
        (["--clip-seconds", "0.5"], "--clip-seconds must be at least 1"),
        (
            ["--positives", "nowhere", "--phrase", "not yet spoken"],
            "no file or folder nowhere",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    options, sentence, tmp_path, data_dir, little_detector, run_recipe
):
    status, _, err = run_recipe(
        "train", *little_detector, "--data-dir", data_dir, "--run", tmp_path / "run", *options,
        main=train.main,
    )  # fmt: skip
    assert status == 2
    assert sentence in err
    assert "Traceback" not in err
    assert "Preparing" not in err


def test_words_by_folder_are_split_by_speaker(tmp_path, run_recipe, data_dir):
    generator = np.random.default_rng(0)
    for word in ("happy", "bird"):
        (tmp_path / "words" / word).mkdir(parents=True)
        for speaker in range(24):
            for take in range(2):
                sound = np.zeros(12_000)
                sound[3_000:9_000] = generator.normal(0, 0.1, 6_000)
                name = f"{speaker:04x}_nohash_{take}.wav"
                soundfile.write(tmp_path / "words" / word / name, sound, 16_000)
    (tmp_path / "words" / "_background_noise_").mkdir()
    soundfile.write(
        tmp_path / "words" / "_background_noise_" / "hiss.wav",
        generator.normal(0, 0.1, 64_000),
        16_000,
    )
    config = wakeword_config.Config(data=str(tmp_path / "words"), keyword="happy", test_share=0.25)
    from recipes.wakeword import sources

    clips, noise, _ = sources.load(config)
    speakers = {
        part: {text.partition("_nohash_")[0] for text in clips[part].texts} for part in clips
    }
    assert sum(map(len, clips.values())) == 96
    assert not speakers["train"] & speakers["test"]
    assert not speakers["train"] & speakers["validation"]
    assert all(noise[part] for part in noise)
    assert set(clips["test"].kinds) == {"phrase", "word"}
    assert config.words == "happy"
    with pytest.raises(Exception, match="no folder 'sheila'"):
        sources.load(wakeword_config.Config(data=str(tmp_path / "words"), keyword="sheila"))
