"""Every bad input gets one clear sentence and exit status 2; odd but good input simply works."""

import gzip
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

import pytest

ROWS = "".join(f"text number {i},{'good' if i % 2 else 'bad'}\n" for i in range(60))


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


FILES = {
    "empty.csv": ("", ["empty.csv is empty"]),
    "header_only.csv": ("text,label\n", ["header_only.csv", "no rows"]),
    "no_label.csv": (
        "text,stars\n" + "".join(f"text {i},{i}\n" for i in range(60)),
        ["no_label.csv", "no column 'label'", "text, stars"],
    ),
    "no_header.tsv": ("fine film\t1\t2\n" * 9, ["no column 'text'", "--header"]),
    "one_class.csv": (
        "text,label\n" + "".join(f"word{i},good\n" for i in range(50)),
        ["one_class.csv", "single label 'good'"],
    ),
    "one_example.csv": ("text,label\nword,good\n", ["one_example.csv", "too few"]),
    "cp1252.csv": (
        f"text,label\n{ROWS}".encode() + "caf\u00e9,good\n".encode("cp1252"),
        ["cp1252.csv is not UTF-8", "line 62", "0xe9", "byte 4"],
    ),
    "short_rows.csv": (f"text,label\n{ROWS}" + "lonely\n" * 9, ["9 of 69", "line 62 has 1 fields"]),
    "empty_text.csv": (f"text,label\n{ROWS}" + ",good\n" * 9, ["line 62 has an empty 'text'"]),
    "extra_fields.csv": (
        f"text,label\n{ROWS}" + "good film, but slow,pos\n" * 9, ["line 62 has 3 fields"],
    ),
    "twice.csv": ("text,label,text\na,b,c\n", ["twice.csv has 2 columns 'text'"]),
    "utf32.csv": (f"text,label\n{ROWS}".encode("utf-32"), ["utf32.csv is UTF-32"]),
    "utf16.csv": (f"text,label\n{ROWS}".encode("utf-16"), ["utf16.csv is UTF-16"]),
    "quote.csv": (f'text,label\n{ROWS}"never closed,good\n', ["quote.csv", "line 62"]),
    "not_gzip.csv.gz": (f"text,label\n{ROWS}", ["not_gzip.csv.gz", "not gzip"]),
    "cut.csv.gz": (gzip.compress(f"text,label\n{ROWS * 50}".encode())[:-200], ["cut.csv.gz"]),
}  # fmt: skip


def refused(result, *words):
    status, _, err = result
    assert "Traceback" not in err
    message = err.strip().splitlines()[-1]
    assert status == 2, err
    assert message.startswith("Error: ")
    for word in words:
        assert word in message, message


@pytest.mark.parametrize("name", FILES)
def test_bad_files(name, tmp_path, run_recipe):
    content, words = FILES[name]
    path = write(tmp_path / name, content)
    refused(run_recipe("train", "--data", path, "--run", tmp_path / "run"), *words)


def test_missing_file_and_directory(tmp_path, run_recipe):
    run = ["--run", tmp_path / "run"]
    refused(run_recipe("train", "--data", tmp_path / "no.csv", *run), "no file", "no.csv")
    refused(run_recipe("train", "--data", tmp_path, *run), "has no folders of .txt files")


def test_unknown_catalogue_name_suggests_the_nearest(tmp_path, run_recipe):
    result = run_recipe("train", "--data", "imbd_reviews", "--run", tmp_path / "run")
    refused(result, "imbd_reviews", "imdb_reviews")
    result = run_recipe("train", "--data", "mnist", "--run", tmp_path / "run2")
    refused(result, "mnist has no text with a class label", "image")


def test_catalogue_name_that_is_not_here_without_a_network(tmp_path, run_recipe, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    started = time.monotonic()
    options = ["--data", "imdb_reviews", "--data-dir", tmp_path, "--run", tmp_path / "run"]
    refused(run_recipe("train", *options), "imdb_reviews is not in", "cannot be reached")
    assert time.monotonic() - started < 10


def test_labels_unseen_in_training(tmp_path, run_recipe, finished_run):
    path = write(tmp_path / "other.csv", "text,label\nfine,positive\nso so,neutral\n")
    result = run_recipe("evaluate", "--run", finished_run, "--data", path)
    refused(result, "other.csv, line 3", "'neutral'", "'negative', 'positive'")


@pytest.mark.parametrize("verb", ["evaluate", "predict", "export"])
def test_run_directories_of_no_use(verb, tmp_path, run_recipe, finished_run):
    refused(run_recipe(verb, "--run", tmp_path / "nowhere"), "no run directory")
    other = tmp_path / "other"
    shutil.copytree(finished_run, other)
    (other / "recipe.json").write_text('{"recipe": "translation"}')
    refused(run_recipe(verb, "--run", other), "of the recipe 'translation'")
    for name, content in {
        "recipe.json": "{", "config.json": "[]", "data.json": "{}", "tokenizer.model": "",
        "model.keras": (finished_run / "model.keras").read_bytes()[:5000],
    }.items():  # fmt: skip
        damaged = tmp_path / f"damaged-{name}"
        shutil.copytree(finished_run, damaged)
        write(damaged / name, content)
        refused(run_recipe(verb, "--run", damaged, *["x"] * (verb == "predict")), name)
        (damaged / name).unlink()
        refused(run_recipe(verb, "--run", damaged, *["x"] * (verb == "predict")), name)


def test_a_run_is_not_overwritten_by_another(tmp_path, run_recipe, finished_run, reviews_csv, tiny):
    changed = ["train", "--data", reviews_csv, "--run", finished_run, *tiny]
    result = run_recipe(*changed, "--pooling", "mean", "--seed", "4")
    refused(result, "pooling: 'attention' -> 'mean'", "seed: 0 -> 4")
    write(tmp_path / "precious.txt", "keep me")
    refused(run_recipe("train", "--data", reviews_csv, "--run", tmp_path), "precious.txt")
    refused(run_recipe("train", "--run", tmp_path / "precious.txt"), "is a file")


def test_changed_data_does_not_go_on(tmp_path, run_recipe, finished_run, reviews_csv, tiny):
    copy, data = tmp_path / "run", write(tmp_path / "reviews.csv", reviews_csv.read_bytes())
    shutil.copytree(finished_run, copy)
    (copy / "metrics.json").unlink()
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "data": str(data)}))
    data.write_text(data.read_text() + "a new review,positive\n")
    options = ["--data", data, "--run", copy, "--pooling", "attention", "--balance", *tiny]
    refused(run_recipe("train", *options), "The data is not what the run", "sha256")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"unit": 3}', ["unknown key 'unit'", "did you mean units?"]),
        ('{"zzz": 3}', ["unknown key 'zzz'", "known are"]),
        ('{"units": "many"}', ["units must be of type int"]),
        ('{"cell": "lsmt"}', ["cell must be one of lstm, gru, rnn, irnn"]),
        ("{", ["not valid JSON"]),
        ("[1]", ["one JSON object"]),
    ],
)
def test_bad_config_files(content, words, tmp_path, run_recipe):
    path = write(tmp_path / "best.json", content)
    refused(run_recipe("train", "--config", path, "--run", tmp_path / "run"), "best.json", *words)
    refused(run_recipe("train", "--config", tmp_path / "no.json"), "no config file")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--units", "-1"), ("--dropout", "1.5"), ("--learning-rate", "-1"), ("--test-share", "1"),
     ("--seed", "-3"), ("--learning-rate", "nan"), ("--validation-share", "0")],
)  # fmt: skip
def test_senseless_values(option, value, tmp_path, run_recipe):
    refused(run_recipe("train", option, value, "--run", tmp_path / "run"), option)


def test_options_that_exclude_each_other(tmp_path, run_recipe):
    refused(run_recipe("train", "--jit", "--run", tmp_path / "run"), "--no-deterministic")


def test_places_that_cannot_be_written(tmp_path, run_recipe, reviews_csv, tiny):
    write(tmp_path / "file", "")
    for verb in ("train", "tune"):
        result = run_recipe(verb, "--data", reviews_csv, "--run", tmp_path / "file" / "run", *tiny)
        refused(result, "cannot be made")
        if verb == "tune":
            refused(run_recipe(verb, "--run", tmp_path / "file"), "cannot be made")
    result = run_recipe("train", "--data-dir", "/dev/null/x", "--run", tmp_path / "run", *tiny)
    refused(result, "could not be prepared in /dev/null/x", "--data-dir")
    refused(run_recipe("train", "--data", "x" * 300, "--run", tmp_path / "run"), "neither a file")


def test_a_refused_vocabulary_does_not_block_the_directory(tmp_path, run_recipe, reviews_csv, tiny):
    options = ["train", "--data", reviews_csv, "--run", tmp_path / "run", *tiny]
    refused(run_recipe(*options, "--vocab-size", "5"), "No tokenizer of 5 pieces", "--vocab-size")
    status, _, err = run_recipe(*options)
    assert status == 0, err


def test_two_trainings_in_one_directory(tmp_path, run_recipe, reviews_csv, tiny):
    import fcntl

    run = tmp_path / "run"
    run.mkdir()
    with (run / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        result = run_recipe("train", "--data", reviews_csv, "--run", run, *tiny)
        refused(result, "Another process is training in")


def test_changed_data_is_not_measured_as_the_test_part(
    tmp_path, run_recipe, finished_run, reviews_csv
):
    run, data = tmp_path / "run", write(tmp_path / "reviews.csv", reviews_csv.read_bytes())
    shutil.copytree(finished_run, run)
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "data": str(data)}))
    assert run_recipe("evaluate", "--run", run)[0] == 0
    data.write_text(data.read_text() + "a new review,positive\n")
    refused(run_recipe("evaluate", "--run", run), "is not what it was", "--data")


def test_arguments_that_are_not_utf8(finished_run, run_recipe):
    refused(run_recipe("predict", "--run", finished_run, "na\udcefve"), "is not UTF-8")


def test_unreadable_standard_input(finished_run, run_recipe):
    out = subprocess.run(
        [sys.executable, "-m", "recipes.sentiment", "predict", "--run", finished_run],
        input=b"fine\nna\xefve\n", capture_output=True, check=False,
    )  # fmt: skip
    assert out.returncode == 2
    assert b"Line 2 of standard input is not UTF-8: it has the byte 0xef at byte 3" in out.stderr


def test_a_full_disk(tmp_path, reviews_csv, tiny):
    """A run on a small file system: one sentence, and what was saved is whole."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", small], capture_output=True
    ).returncode  # fmt: skip
    if not mounted:
        pytest.skip("mounting a small file system needs rights this user lacks")
    try:
        command = [sys.executable, "-m", "recipes.sentiment", "train", "--data", reviews_csv]
        out = subprocess.run(
            [*command, "--run", small / "run", *tiny], capture_output=True, text=True, check=False
        )
        assert out.returncode == 2, out.stderr
        assert "Error: the disk is full" in out.stderr
        assert "Traceback" not in out.stderr
        for path in (small / "run" / "checkpoints").glob("step-*"):
            from recipes.common.training.checkpoints import _is_whole

            assert _is_whole(path)
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.parametrize(
    "text",
    ["word " * 200_000, "x" * 1_000_000, "\U0001f600 \U0001f1e9\U0001f1ea great", "", " ",
     "\u05e1\u05e8\u05d8 \u05d8\u05d5\u05d1 \u0641\u064a\u0644\u0645", "\u200f\u202e", "a\x00b"],
    ids=["1 MB of words", "1 MB in one word", "emoji", "empty", "blank", "right to left",
         "marks only", "NUL"],
)  # fmt: skip
def test_odd_texts_simply_work(text, finished_run, run_recipe):
    status, out, err = run_recipe("predict", "--run", finished_run, "--json", text)
    assert status == 0, err
    (prediction,) = json.loads(out.splitlines()[-1])["predictions"]
    assert prediction["label"] in ("negative", "positive")
    assert 0.5 <= prediction["probability"] <= 1


def test_odd_texts_in_training_simply_work(tmp_path, run_recipe, tiny):
    odd = ["long " * 200_000, "\U0001f600\U0001f44d", "\u05e1\u05e8\u05d8 \u05d8\u05d5\u05d1"]
    lines = [f"{text},good" for text in odd] + ROWS.splitlines()
    path = write(tmp_path / "odd.csv", "\ufefftext,label\r\n" + "\r\n".join(lines))
    status, _, err = run_recipe("train", "--data", path, "--run", tmp_path / "run", *tiny)
    assert status == 0, err
    assert pathlib.Path(tmp_path / "run" / "report.md").exists()


def test_a_few_bad_rows_are_counted_and_skipped(tmp_path, run_recipe, tiny):
    path = write(tmp_path / "some.csv", f"text,label\n{ROWS}lonely\n")
    options = ["--data", path, "--run", tmp_path / "run", "--bad-share", "0.05", *tiny]
    status, _, err = run_recipe("train", *options)
    assert status == 0, err
    assert "Skipped: 1 of 61 rows" in err
    assert "line 62 has 1 fields instead of 2" in err
