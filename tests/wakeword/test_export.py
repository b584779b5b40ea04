"""Exports of a detector: the same logits and figures, and a loop that listens with them."""

import io
import json
import pathlib
import shutil
import sys

import pytest

from recipes.wakeword import train

pytest.importorskip("soundfile", reason="needs the extra speech")
pytest.importorskip("espeakng_loader", reason="needs the extra speech")


def test_all_backends_give_the_same_figures(wake_run, sounds, tmp_path, run_recipe):
    status, _, err = run_recipe("export", "--run", wake_run, main=train.main)
    assert status == 0, err
    moved = tmp_path / "moved"
    wake_run = shutil.move(shutil.copytree(wake_run, tmp_path / "run"), moved)
    found = []
    for backend in ("model", "stream", "litert"):
        status, out, err = run_recipe(
            "evaluate", "--run", wake_run, "--positives", sounds / "with", "--negatives",
            sounds / "without", "--noise", sounds / "without", "--backend", backend, "--json",
            main=train.main,
        )  # fmt: skip
        assert status == 0, err
        found.append(json.loads(out.splitlines()[-1])["test"])
    assert found[0]["phrases"] == 6
    assert set(found[0]["conditions"]["as recorded"]["at_rates"]) == {"0.1", "0.5", "1", "2"}
    assert found[0] == found[1] == found[2]
    status, _, err = run_recipe(
        "evaluate", "--run", moved, "--negatives", sounds / "without", "--backend", "onnx",
        main=train.main,
    )  # fmt: skip
    assert status == 2
    assert f"no exported detector in {moved / 'export' / 'onnx'}" in err
    (moved / "export" / "litert" / "detector.tflite").write_bytes(b"none")
    status, _, err = run_recipe(
        "evaluate", "--run", moved, "--negatives", sounds / "without", "--backend", "litert",
        main=train.main,
    )  # fmt: skip
    assert status == 2
    assert "is damaged" in err


FORMS = [
    ("litert", "none"),
    ("onnx", "none"),
    ("savedmodel", "none"),
    ("litert", "int8"),
    ("litert", "int16x8"),
]


@pytest.mark.parametrize("form", FORMS)
def test_exports_agree_with_the_model(wake_run, sounds, form, run_recipe, monkeypatch, capsys):
    status, out, err = run_recipe(
        "export", "--run", wake_run, "--format", form[0], "--quantize", form[1], "--json",
        main=train.main,
    )  # fmt: skip
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["largest_difference"] < (1e-4 if form[1] == "none" else 1.0)
    assert result["bytes"] > 1000
    if form[1] != "none":  # it has a threshold of its own, which evaluate takes
        described = json.loads((pathlib.Path(result["path"]) / "detector.json").read_text())
        status, out, err = run_recipe(
            "evaluate", "--run", wake_run, "--positives", sounds / "with", "--json", "--backend",
            f"litert_{form[1]}", main=train.main,
        )  # fmt: skip
        assert status == 0, err
        assert json.loads(out.splitlines()[-1])["threshold"] == described["threshold"]
    if form[0] == "savedmodel":
        found = []
        for backend in ("model", "savedmodel"):
            status, out, err = run_recipe(
                "evaluate", "--run", wake_run, "--positives", sounds / "with", "--negatives",
                sounds / "without", "--backend", backend, "--json", main=train.main,
            )  # fmt: skip
            assert status == 0, err
            found.append(json.loads(out.splitlines()[-1])["test"])
        assert found[0] == found[1]
    else:
        the_loop_beside_it_listens(pathlib.Path(result["path"]), monkeypatch, capsys)


def the_loop_beside_it_listens(path, monkeypatch, capsys):
    described = json.loads((path / "detector.json").read_text())
    assert len(described["models"]) == (2 if path.name.startswith("litert_") else 1)
    described["threshold"] = -1e9  # so that it fires at once, and never again
    (path / "detector.json").write_text(json.dumps(described))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(2 * 160 * 250 + 11))))
    source = (path / "listen.py").read_text()
    exec(compile(source, "listen.py", "exec"), {"__file__": str(path / "listen.py")})
    assert capsys.readouterr().out.count("heard 'alexa'") == 1
