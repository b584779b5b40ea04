"""Exports of a detector: the same logits and figures, and a loop that listens with them."""

import io
import json
import pathlib
import runpy
import shutil
import sys

import pytest

pytest.importorskip("soundfile", reason="needs the extra speech")
pytest.importorskip("espeakng_loader", reason="needs the extra speech")


@pytest.fixture
def moved(wake_run, tmp_path):
    """A copy of the finished run, in another place than it was trained in."""
    kept = shutil.ignore_patterns("checkpoints", "tensorboard", "mining", "export")
    return pathlib.Path(shutil.copytree(wake_run, tmp_path / "moved", ignore=kept))


@pytest.fixture
def figures_of(moved, sounds, run_recipe):
    """Function from a backend to the result of `evaluate` on the recordings."""

    def evaluate(backend, *options):
        status, out, err = run_recipe(
            "evaluate", "--run", moved, "--positives", sounds / "with", "--negatives",
            sounds / "without", "--backend", backend, "--json", *options, recipe="wakeword",
        )  # fmt: skip
        assert status == 0, err
        return json.loads(out.splitlines()[-1])

    return evaluate


def exported(run_recipe, run, form, quantize="none"):
    status, out, err = run_recipe(
        "export", "--run", run, "--format", form, "--quantize", quantize, "--json",
        recipe="wakeword",
    )  # fmt: skip
    assert status == 0, err
    return json.loads(out.splitlines()[-1])


def test_all_backends_give_the_same_figures(moved, sounds, figures_of, run_recipe):
    exported(run_recipe, moved, "litert")
    noise = "--noise", sounds / "without"
    found = [figures_of(backend, *noise)["test"] for backend in ("model", "stream", "litert")]
    assert found[0]["phrases"] == 6
    assert set(found[0]["conditions"]["as recorded"]["at_rates"]) == {"0.1", "0.5", "1", "2"}
    assert found[0] == found[1] == found[2]
    (moved / "export" / "litert" / "detector.tflite").write_bytes(b"none")
    for backend, sentence in (
        ("onnx", f"no exported detector in {moved / 'export' / 'onnx'}"),
        ("litert", "is damaged"),
    ):
        status, _, err = run_recipe(
            "evaluate", "--run", moved, "--negatives", sounds / "without", "--backend", backend,
            recipe="wakeword",
        )  # fmt: skip
        assert status == 2
        assert sentence in err


def test_a_saved_model_counts_its_weights(moved, figures_of, run_recipe):
    result = exported(run_recipe, moved, "savedmodel")
    path = pathlib.Path(result["path"])
    weights = sum(file.stat().st_size for file in path.glob("variables/variables.data-*"))
    assert weights > 4 * 500
    everything = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    assert result["bytes"] == everything
    assert result["largest_difference"] < 1e-4
    assert figures_of("savedmodel")["test"] == figures_of("model")["test"]


@pytest.mark.parametrize(
    ("form", "quantize"),
    [("litert", "none"), ("onnx", "none"), ("litert", "int8"), ("litert", "int16x8")],
)
def test_exports_agree_with_the_model(
    moved, form, quantize, figures_of, run_recipe, monkeypatch, capsys
):
    result = exported(run_recipe, moved, form, quantize)
    path = pathlib.Path(result["path"])
    assert result["largest_difference"] < (1e-4 if quantize == "none" else 1.0)
    models = [file for file in path.iterdir() if file.suffix in (".tflite", ".onnx")]
    assert result["bytes"] == sum(file.stat().st_size for file in models) > 1000
    described = json.loads((path / "detector.json").read_text())
    assert len(described["models"]) == len(models) == (1 if quantize == "none" else 2)
    if quantize != "none":  # it has a threshold of its own, which evaluate takes
        assert figures_of(f"litert_{quantize}")["threshold"] == described["threshold"]
    described["threshold"] = -1e9  # so that the loop fires at once, and never again
    (path / "detector.json").write_text(json.dumps(described))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(2 * 160 * 250 + 11))))
    runpy.run_path(str(path / "listen.py"))
    assert capsys.readouterr().out.count("heard 'alexa'") == 1
