"""The wakeword recipe end to end, on little: train, resume, evaluate, predict, listen, export."""

import io
import json
import shutil
import sys

import numpy as np
import pytest

from recipes import wakeword
from recipes.common import detection, detector, listening, tracks

soundfile = pytest.importorskip("soundfile", reason="needs the extra speech")
pytest.importorskip("espeakng_loader", reason="needs the extra speech")

LITTLE = [
    "--phrase", "alexa", "--scale", "0.02", "--examples", "64", "--batch-size", "16",
    "--epochs", "2", "--mining-epochs", "1", "--units", "6", "--filters", "5", "--num-mels", "12",
    "--num-layers", "1", "--checkpoint-every", "2",
]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory, data_dir):
    """A finished run on very little."""
    directory = tmp_path_factory.mktemp("wakeword") / "run"
    wakeword.main(["train", *LITTLE, "--data-dir", data_dir, "--run", str(directory)])
    return directory


@pytest.fixture(scope="module")
def folder(tmp_path_factory, data_dir):
    """Recordings with the phrase and without, as files of several kinds."""
    from recipes.common import spoken

    clips = spoken.load("alexa", data_dir, 0.02)["test"]
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


def test_a_run_leaves_everything(finished):
    metrics = json.loads((finished / "metrics.json").read_text())
    assert metrics["test"]["hours"] > 0
    assert set(metrics["test"]["conditions"]) == {"clean", "10 dB"}
    assert metrics["baselines"]["template"]["10 dB"]["phrases"] == metrics["test"]["phrases"]
    assert metrics["test"]["conditions"]["clean"]["near_misses"]["hours"] > 0
    for name in ("report.md", "error_curve.png", "timeline.png", "learning_curves.png"):
        assert (finished / name).stat().st_size > 1000
    assert "alexa" in (finished / "report.md").read_text()


def test_a_training_that_was_cut_off_ends_the_same(finished, tmp_path, data_dir, monkeypatch):
    from recipes.common import training
    from recipes.common.errors import Interrupted

    options = [*LITTLE, "--data-dir", data_dir, "--run", str(tmp_path / "run")]
    heard = training.Session.on_train_batch_end

    def stop(self, batch, logs=None):
        if self.epoch == 1 and self.step == 1:
            self.signal = 15
        heard(self, batch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(training.Session, "on_train_batch_end", stop)
        with pytest.raises((SystemExit, Interrupted)):
            wakeword.main(["train", *options])
    wakeword.main(["train", *options])
    for name in ("metrics.json", "threshold.json"):
        one, other = (json.loads((run / name).read_text()) for run in (finished, tmp_path / "run"))
        one.pop("seconds", None)
        other.pop("seconds", None)
        assert one == other


def test_evaluate_gives_the_test_of_the_training_again(finished, run_recipe):
    status, out, err = run_recipe("evaluate", "--run", finished, "--json", main=wakeword.main)
    assert status == 0, err
    again = json.loads(out.splitlines()[-1])["test"]
    kept = json.loads((finished / "metrics.json").read_text())["test"]
    for condition, figures in kept["conditions"].items():
        rates = again["conditions"][condition].pop("at_rates")
        chosen = figures.pop("at_rates")["chosen_on_dev"]
        assert {rate: row["misses"] for rate, row in rates.items()} == {
            rate: row["misses"] for rate, row in chosen.items()
        }
    assert again == kept


def test_all_backends_give_the_same_figures(finished, folder, tmp_path, run_recipe):
    status, _, err = run_recipe("export", "--run", finished, main=wakeword.main)
    assert status == 0, err
    moved = tmp_path / "moved"
    finished = shutil.move(shutil.copytree(finished, tmp_path / "run"), moved)
    found = []
    for backend in ("model", "stream", "litert"):
        status, out, err = run_recipe(
            "evaluate", "--run", finished, "--positives", folder / "with", "--negatives",
            folder / "without", "--noise", folder / "without", "--backend", backend, "--json",
            main=wakeword.main,
        )  # fmt: skip
        assert status == 0, err
        found.append(json.loads(out.splitlines()[-1])["test"])
    assert found[0]["phrases"] == 6
    assert set(found[0]["conditions"]["as recorded"]["at_rates"]) == {"0.1", "0.5", "1", "2"}
    assert found[0] == found[1] == found[2]
    status, _, err = run_recipe(
        "evaluate", "--run", moved, "--negatives", folder / "without", "--backend", "onnx",
        main=wakeword.main,
    )  # fmt: skip
    assert status == 2
    assert f"no exported detector in {moved / 'export' / 'onnx'}" in err
    (moved / "export" / "litert" / "detector.tflite").write_bytes(b"none")
    status, _, err = run_recipe(
        "evaluate", "--run", moved, "--negatives", folder / "without", "--backend", "litert",
        main=wakeword.main,
    )  # fmt: skip
    assert status == 2
    assert "is damaged" in err


@pytest.mark.parametrize(
    ("verb", "options", "sentence"),
    [
        ("predict", ["{}/0.wav", "--threshold", "nan"], "--threshold must be a finite number"),
        ("predict", ["{}/0.wav", "--plot", "picture.bmp"], "must name a PNG file, such as"),
        ("predict", ["{}/0.wav", "--plot", "no/where.png"], "no/where.png lies in no"),
        ("predict", ["{}/short"], "short is shorter than a frame"),
        ("evaluate", ["--negatives", "{}/short"], "short' is shorter than a frame"),
        ("evaluate", ["--noise", "{}/0.wav"], "--noise"),
        ("evaluate", ["--positives", "{}", "--ratio", "1e9"], "--ratio must be from"),
        ("evaluate", ["--positives", "{}", "--threshold", "inf"], "--threshold must be a finite"),
        ("listen", ["{}/0.wav"], "0.wav is a file of sound, not raw samples"),
        ("listen", ["{}"], "Is a directory"),
    ],
)
def test_what_verbs_refuse(finished, folder, verb, options, sentence, run_recipe):
    soundfile.write(folder / "with" / "short", np.ones(100), 16_000, format="WAV")
    options = [option.replace("{}", str(folder / "with")) for option in options]
    status, _, err = run_recipe(verb, "--run", finished, *options, main=wakeword.main)
    assert status == 2
    assert sentence in err
    assert "Traceback" not in err


FORMS = [("onnx", "none"), ("savedmodel", "none"), ("litert", "int8"), ("litert", "int16x8")]


@pytest.mark.parametrize("form", FORMS)
def test_exports_agree_with_the_model(finished, form, run_recipe):
    status, out, err = run_recipe(
        "export", "--run", finished, "--format", form[0], "--quantize", form[1], "--json",
        main=wakeword.main,
    )  # fmt: skip
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["largest_difference"] < (1e-4 if form[1] == "none" else 1.0)
    assert result["bytes"] > 1000


def test_the_loop_beside_an_export_listens(finished, run_recipe, monkeypatch, capsys):
    status, _, err = run_recipe("export", "--run", finished, main=wakeword.main)
    assert status == 0, err
    path = finished / "export" / "litert"
    described = json.loads((path / "detector.json").read_text())
    described["threshold"] = -1e9  # so that it fires once a second
    (path / "detector.json").write_text(json.dumps(described))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(2 * 160 * 250 + 11))))
    source = (path / "listen.py").read_text()
    exec(compile(source, "listen.py", "exec"), {"__file__": str(path / "listen.py")})
    assert capsys.readouterr().out.count("heard 'alexa'") == 3


def test_predict_names_times_and_draws(finished, folder, tmp_path, run_recipe):
    files = sorted((folder / "with").iterdir())[:2]
    status, out, err = run_recipe(
        "predict", "--run", finished, *files, "--plot", tmp_path / "plot.png", "--threshold",
        "-50", "--json", main=wakeword.main,
    )  # fmt: skip
    assert status == 0, err
    answers = json.loads(out.splitlines()[-1])["predictions"]
    assert [answer["file"] for answer in answers] == list(map(str, files))
    assert all(answer["detections"] for answer in answers)  # every frame reaches -50
    assert (tmp_path / "plot.png").stat().st_size > 1000
    broken = tmp_path / "text.wav"
    broken.write_text("no sound")
    status, _, err = run_recipe("predict", "--run", finished, broken, main=wakeword.main)
    assert status == 2
    assert "text.wav" in err


def test_listen_hears_what_predict_hears(finished, folder, run_recipe, monkeypatch):
    file = sorted((folder / "with").glob("*.wav"))[0]
    samples = soundfile.read(file, dtype="int16")[0]
    config = detector.Config(**json.loads((finished / "config.json").read_text()))
    trained = wakeword.restore(str(finished))
    scores = listening.of_samples(trained.model, [samples])[0]
    threshold = float(np.quantile(scores, 0.9))
    expected = [(f + 1) / 100 for f in detection.detections(scores, threshold)]
    assert config.phrase == "alexa"
    raw = samples.astype("<i2").tobytes() + b"x"  # ends within a sample
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    status, out, err = run_recipe(
        "listen", "--run", finished, "-", "--threshold", threshold, "--json", main=wakeword.main
    )
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["detections"] == expected
    assert result["seconds"] == pytest.approx(len(raw) / 32_000)


def test_stream_and_whole_give_the_same_figures_to_the_last_digit(finished):
    trained = wakeword.restore(str(finished))
    generator = np.random.default_rng(0)
    sounds = [
        tracks.Sound(str(i), generator.integers(-3000, 3000, 20_000 + 777 * i).astype(np.int16),
                     (1.0,) if i % 2 else (), "noise")
        for i in range(6)
    ]  # fmt: skip
    whole = listening.tracks(trained.model, sounds)
    for chunk in (77, 1_600, 32_000):
        heard = listening.stream_scores(lambda: listening.listener(trained.model), sounds, chunk)
        for one, other in zip(whole, heard, strict=True):
            np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
        assert detection.measure(heard, 0.0) == detection.measure(whole, 0.0)


def test_a_long_recording_is_heard_in_pieces(finished, monkeypatch):
    trained = wakeword.restore(str(finished))
    samples = np.random.default_rng(1).normal(0, 0.1, 25 * 16_000).astype(np.float32)
    whole = listening.of_samples(trained.model, [samples])[0]
    monkeypatch.setattr(listening, "LONGEST", 12.0), monkeypatch.setattr(listening, "RUN_IN", 10.0)
    pieces = listening.of_samples(trained.model, [samples])[0]
    assert len(pieces) == len(whole) == 2500
    np.testing.assert_allclose(pieces, whole, atol=0.02)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--phrase", "..."], "cannot be spoken"),
        (["--data", "nowhere/", "--keyword", "happy"], "neither a file nor a name"),
        (["--keyword", "happy"], "--keyword names a word of --data"),
        (["--data", "speech_commands"], "needs --keyword"),
        (["--clip-seconds", "0.5"], "--clip-seconds must be at least 1"),
        (["--positives", "nowhere", "--phrase", "not yet spoken"], "no file or folder nowhere"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(options, sentence, tmp_path, data_dir, run_recipe):
    status, _, err = run_recipe(
        "train", *LITTLE, "--data-dir", data_dir, "--run", tmp_path / "run", *options,
        main=wakeword.main,
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
    config = wakeword.Config(data=str(tmp_path / "words"), keyword="happy", test_share=0.25)
    from recipes.common import spoken_sources

    clips, noise, _ = spoken_sources.load(config)
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
        spoken_sources.load(wakeword.Config(data=str(tmp_path / "words"), keyword="sheila"))
