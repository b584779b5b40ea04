"""Two devices give the losses of one. Virtual CPUs, in a process of its own, stand for GPUs."""

import csv
import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from recipes.common import cli, devices
import tensorflow as tf

count, data, run = int(sys.argv[1]), sys.argv[2], sys.argv[3]
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
of_kind = devices.distribution
devices.distribution = lambda: of_kind("CPU")
cli.main("recipes.sentiment", [
    "train", "--data", data, "--run", run, "--units", "6", "--embedding-dim", "6", "--epochs", "3",
    "--vocab-size", "200", "--max-length", "24", "--buckets", "2", "--dropout", "0",
    "--embedding-dropout", "0", "--word-dropout", "0", "--gradients",
])
with devices.distribution().scope():
    print(json.dumps(tf.distribute.get_strategy().num_replicas_in_sync))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("distribution")


@pytest.fixture(scope="module")
def histories(reviews_csv, folder):
    found = {}
    for count in (1, 2):
        run = folder / str(count)
        out = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(count), str(reviews_csv), str(run)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert out.returncode == 0, out.stderr
        assert json.loads(out.stdout.splitlines()[-1]) == count
        header, *rows = (run / "history.csv").read_text().splitlines()
        found[count] = [
            dict(zip(header.split(","), map(float, row.split(",")), strict=True)) for row in rows
        ]
    return found


def test_two_replicas_give_the_losses_of_one(histories):
    assert len(histories[1]) == len(histories[2]) == 3
    for one, two in zip(histories[1], histories[2], strict=True):
        assert two == pytest.approx(one, abs=2e-4)


@pytest.mark.usefixtures("histories")
def test_gradients_are_of_the_whole_batch_whatever_the_number_of_replicas(folder):
    norms = {}
    for count in (1, 2):
        with (folder / str(count) / "gradients.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["of"] == "epoch"]
        norms[count] = [float(row["gradient_norm"]) for row in rows]
    assert len(norms[1]) == 3
    # Of two, the first one's share stands for both; a half of a batch has the noisier gradient.
    assert sum(norms[2]) == pytest.approx(sum(norms[1]), rel=0.5)
    assert norms[2] != norms[1]
