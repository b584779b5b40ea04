"""`benchmarks.gpu`: all of it at the smallest sizes, without a GPU, and with parts that fail."""

import dataclasses
import importlib
import json
import os
import pathlib
import subprocess
import sys
import types

import pytest

from benchmarks import builders, gpu, gpu_recipes, gpu_recurrent
from benchmarks.workers import gpu as gpu_worker
from recipes.common import cli

ROOT = pathlib.Path(gpu.__file__).parent.parent


def settings(recipe):
    return importlib.import_module(f"recipes.{recipe}.config")


def command(*options):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", *options],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
    )  # fmt: skip


def numbers(row):
    return {
        key: value["median"] if isinstance(value, dict) and "median" in value else value
        for key, value in row.items()
    }


def test_every_part_gives_numbers_in_the_tiny_run(tmp_path):
    # One recipe, the one with the fewest settings, stands for all: each takes half a minute.
    recipe = min(gpu.recipes(), key=lambda name: len(dataclasses.fields(settings(name).Config)))
    path = tmp_path / "figures.json"
    out = command("--tiny", "--recipes", recipe, "--minutes", "20", "--json", str(path))
    found = json.loads(path.read_text())
    assert out.returncode == 0, out.stdout + out.stderr
    assert found["failed"] == {}
    figures = found["figures"]
    names = builders.names()
    assert set(figures["builders"]) == set(figures["parity"]) == set(names)
    for name, row in figures["builders"].items():
        row = numbers(row)
        assert row["train"] > 0, name
        assert row["parameters"] > 0, name
        assert row["peak_mib"] > 0, name
        if "decoding_peak_mib" in row:
            assert row["greedy"] > 0, name
            assert row["beam"] > 0, name
            assert row["beam_tokens_per_second"] > 0, name
    assert sum("beam" in row for row in figures["builders"].values()) == 5
    for name, row in figures["parity"].items():  # the same device on both sides
        assert row["outputs_float32"] == row["losses_tf32"] == 0, name
        assert row["largest_output"] > 0, name
    if found["left_out"]:
        assert found["left_out"]["recurrent"].startswith("PyTorch is not installed")
    else:
        assert [row.partition("-")[0] for row in figures["recurrent"]] == ["A", "B", "C", "D"]
        for row in figures["recurrent"].values():
            assert row["torch"]["loss"] == pytest.approx(row["zoo"]["loss"], rel=1e-2)
            assert row["ratio"] > 0
    row = figures["recipes"][recipe]
    assert row["steps"] >= 1  # a fast machine does the next one before it is stopped
    assert 0 < row["seconds"] < row["seconds_from_start"]
    for name in (*names, recipe):
        assert f" {name} |" in out.stdout.replace("`", "")


def test_without_a_gpu_one_sentence_says_so():
    out = command()
    assert out.returncode == 0, out.stderr
    assert out.stdout == gpu.NO_GPU + "\n"


def test_without_pytorch_the_comparison_is_left_out(tmp_path):
    options = gpu_worker.Options(tiny=True, folder=str(tmp_path), torch_python="false")
    with pytest.raises(gpu_recurrent.LeftOut, match="PyTorch is not installed here"):
        gpu_recurrent.measure(options, None)


WORKER = """
import json, sys, time
for job in sys.argv[1:]:
    print(json.dumps({"part": "part", "row": job, "figures": {"figure": 1}}), flush=True)
    if job == "hangs":
        time.sleep(60)
    if job == "breaks":
        raise SystemExit("what is wrong\\n")
    print(json.dumps({"ended": job}), flush=True)
"""


def test_a_process_that_breaks_or_hangs_hides_no_other():
    results = gpu.Results()
    jobs = [gpu.Job(names, 3, 0) for names in (("a", "breaks", "b"), ("hangs",), ("c",))]
    seconds = [took for _, took in gpu.measure(jobs, results, 5, [sys.executable, "-c", WORKER])]
    assert set(results.figures["part"]) == {"a", "breaks", "hangs", "c"}
    assert results.failed.keys() == {"breaks", "b", "hangs"}
    assert results.failed["breaks"] == "what is wrong"
    assert results.failed["hangs"].startswith("not done after 3 s")
    assert max(seconds) < 30


def test_a_job_leaves_time_to_those_behind_it():
    results = gpu.Results()
    jobs = [gpu.Job(("hangs",), 60, 0), gpu.Job(("a",), 60, 57)]
    list(gpu.measure(jobs, results, 1, [sys.executable, "-c", WORKER]))
    assert results.failed.keys() == {"hangs"}
    jobs = [gpu.Job(("a",), 60, 0)]
    list(gpu.measure(jobs, results, 0, [sys.executable, "-c", WORKER]))
    assert results.failed["a"] == "no time was left for it"


@pytest.mark.parametrize("is_tiny", [False, True])
@pytest.mark.parametrize("recipe", gpu.recipes())
def test_every_recipe_takes_the_settings_of_its_epoch(recipe, is_tiny, tmp_path):
    words = gpu_recipes.command_of(recipe, tmp_path, is_tiny)
    verb, options = cli.parse(words, f"recipes.{recipe}", settings(recipe), "")
    assert verb == "train"
    assert options.settings.epochs == 1
    assert options.settings.run == str(tmp_path / "run")
    assert options.settings.data_dir == str(tmp_path / "data_dir")
    options.settings.check()


def test_a_builder_whose_arguments_are_not_known_is_named():
    sizes = dataclasses.replace(builders.USUAL, arguments={"vocab_size": 10})
    with pytest.raises(ValueError, match="has no value for num_classes of rnn_classifier"):
        builders.arguments("rnn_classifier", sizes)


def test_calls_of_cudnn_are_counted_in_the_graph(monkeypatch):
    """With a GPU that is only pretended, graphs are built as for one."""
    import tensorflow as tf

    real = tf.config.list_logical_devices
    pretended = types.SimpleNamespace(name="/device:GPU:0", device_type="GPU")
    monkeypatch.setattr(
        tf.config,
        "list_logical_devices",
        lambda kind=None: real(kind) + [pretended] * (kind in (None, "GPU")),
    )
    counts = {}
    for name in ("bag_of_words_classifier", "rnn_classifier", "show_attend_and_tell"):
        model = builders.build(name, builders.TINY)
        inputs = builders.inputs(model, builders.TINY)
        counts[name] = gpu_worker.cudnn_operations(model, inputs)
    # Both directions; and none in the decoder that attends before each step.
    assert list(counts.values()) == [0, 2, 0]
