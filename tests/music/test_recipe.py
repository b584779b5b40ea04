"""Music as a user writes it: on from a piece, under a melody, measured, transposed."""

import json
import math

import numpy as np
import pytest

from recipes.common.run import Run
from recipes.music import baselines, data, events, harmony, measure, midi, sources, writing
from recipes.music.config import Config
from recipes.music.trained import restore

MELODY = [72, 74, 76, 77, 76, -1, 74, 72]


@pytest.fixture(scope="module")
def run(finished):
    return Run.reopen(finished("music"), "music", Config)


def frames_of(path):
    return midi.read(path, 1)


def predict(run_recipe, finished, *options):
    status, out, err = run_recipe(
        "predict", "--run", finished("music"), "--json", *options, recipe="music"
    )
    assert status == 0, err
    return json.loads(out.splitlines()[-1])["predictions"]


def test_a_training_leaves_music_and_its_measures(finished):
    directory = finished("music")
    metrics = json.loads((directory / "metrics.json").read_text())
    for name in ("surprise.png", "measures.png", "roll.png", *metrics["files"]):
        assert (directory / name).stat().st_size, name
    assert {name.rpartition(".")[2] for name in metrics["files"]} == {"mid", "wav"}
    assert metrics["written"].keys() == metrics["real"].keys()
    assert metrics["written"]["pieces"] == writing.SAMPLES
    assert metrics["baselines"].keys() == {"ngrams", "frames"}


def test_pieces_have_the_length_and_go_to_the_files_asked_for(finished, run_recipe, tmp_path):
    places = {kind: tmp_path / f"out.{kind}" for kind in ("mid", "wav", "png")}
    found = predict(
        run_recipe, finished, "--length", "6", "--count", "2", "--midi", places["mid"],
        "--wav", places["wav"], "--plot", places["png"],
    )  # fmt: skip
    assert [len(piece["frames"]) for piece in found] == [6, 6]
    for number, piece in enumerate(found, start=1):
        assert piece["midi"] == str(tmp_path / f"out-{number}.mid")
        assert all((tmp_path / f"out-{number}.{kind}").stat().st_size for kind in places)
        if piece["frames"][0] and piece["frames"][-1]:
            assert frames_of(piece["midi"]) == [tuple(frame) for frame in piece["frames"]]
    again = predict(run_recipe, finished, "--length", "6", "--count", "2")
    assert [piece["frames"] for piece in again] == [piece["frames"] for piece in found]


@pytest.mark.parametrize("shift", [3])
def test_a_piece_is_gone_on_with_in_its_own_key(run, shift, finished, run_recipe, tmp_path):
    theme = [tuple(key + shift for key in frame) for frame in [(48, 55, 64, 72), (53, 60, 69, 77)]]
    midi.write(tmp_path / "theme.mid", theme, 1, 80)
    options = ["--prime", tmp_path / "theme.mid", "--length", "4", "--midi", tmp_path / "on.mid"]
    (piece,) = predict(run_recipe, finished, *options)
    assert frames_of(tmp_path / "on.mid")[:2] == theme
    shift = piece["transposed"]
    read = writing.moved(theme, shift)
    model = restore(run).model
    (frames, score), = writing.go_on(model, run, read, 4, temperature=1.0, seed=0)  # fmt: skip
    assert writing.moved(frames, -shift) == [tuple(frame) for frame in piece["frames"]]
    assert piece["nats_per_frame"] == pytest.approx(-score / 4)


@pytest.mark.parametrize("shift", [0, 13])
def test_voices_are_written_under_a_melody(shift, finished, run_recipe, tmp_path):
    melody = [() if key < 0 else (key + shift,) for key in MELODY]
    midi.write(tmp_path / "melody.mid", melody, 1, 80)
    options = ["--harmonise", tmp_path / "melody.mid", "--midi", tmp_path / "chorale.mid"]
    options += ["--width", "16"]
    (piece,) = predict(run_recipe, finished, *options)
    frames = [tuple(frame) for frame in piece["frames"]]
    assert [frame[-1:] for frame in frames] == melody
    assert {len(frame) for frame in frames if frame} <= {3, 4}
    assert frames_of(tmp_path / "chorale.mid") == frames


def test_a_melody_out_of_reach_is_told_to_be_one(run, capsys):
    writing.shift_of(run, [(60,), (62,)])
    assert "no piece of the training" not in capsys.readouterr().err
    writing.shift_of(run, [(1,), (2,), (1,)])
    assert "no piece of the training has any" in capsys.readouterr().err


def test_of_several_ways_to_harmonise_the_likeliest_comes_first(run):
    model, melody = restore(run).model, MELODY[:4]
    found = writing.harmonise(model, run, melody, count=3, width=16)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert len({str(frames) for frames, _ in found}) == 3
    nats = measure.event_nats(model, [frames for frames, _ in found])
    for (_, score), (of_events, _) in zip(found, nats, strict=True):
        # The network gives some probability to what may not come; the measure does not.
        assert -score > of_events.sum()


def test_nats_are_those_of_a_loop_over_the_events(run):
    model = restore(run).model
    pieces = [[(48, 55, 64, 72), (), (50, 57)], [(60,)]]
    total = notes = 0.0
    for piece in pieces:
        text = [events.BEGIN, *events.encode(piece), events.END]
        logits = model.predict_on_batch({"tokens": np.array([text])})[0].astype(float)
        for read, written, row in zip(text, text[1:], logits, strict=False):
            p = np.exp(row) * measure.LEGAL[read]
            total -= math.log(p[written] / p.sum())
            if written != events.END:
                p[events.END] = 0
                notes -= math.log(p[written] / p.sum())
    found = measure.measure(model, pieces)
    assert found["nats_per_frame"] == pytest.approx(notes / 4, rel=1e-4)
    assert found["nats_per_piece"] == pytest.approx(total / 2, rel=1e-4)


def test_pieces_are_transposed_anew_in_each_epoch_within_their_reach():
    pieces = [[(48, 60), (50, 62)], [(50, 61), (40, 70)], [(43, 55)]]
    ids, starts = data._joined(pieces)
    streams = data.Transposed(ids, starts, 2, 4, shifts=data.room(pieces), seed=3)
    plain = data.Streams(ids, starts, 2, 4, seed=3)
    assert len(streams) == len(plain)
    seen = [set(), set(), set()]
    for epoch in range(120):
        order, usual = streams.order(epoch), plain.order(epoch)
        np.testing.assert_array_equal(order[..., 1:], usual[..., 1:])
        for copy, piece in zip(order[..., 0].flat, usual[..., 0].flat, strict=True):
            if piece < 0:
                continue
            first, last = streams.starts[copy : copy + 2]
            (shift,) = {
                new - old
                for new, old in zip(
                    streams.ids[first:last].astype(int),
                    ids[starts[piece] : starts[piece + 1]].astype(int),
                    strict=True,
                )
                if old != events.NEXT
            }
            seen[piece].add(shift)
    assert seen == [set(range(-6, 6)), {0}, set(range(-3, 6))]
    some = data.Transposed(ids, starts, 2, 4, shifts=data.room(pieces), until=2, seed=3)
    assert [(some.order(n) == streams.order(n)).all() for n in (0, 1, 2)] == [True, True, False]
    copies = set(some.order(5)[..., 0].flat) - {-1}
    found = {tuple(some.ids[some.starts[copy] : some.starts[copy + 1]]) for copy in copies}
    assert found == {tuple(events.encode(piece)) for piece in pieces}


def test_the_frame_model_reads_transposed_pieces_in_the_first_epochs():
    pieces = [[(48, 60)] * 3, [(40, 70)] * 40, [(43, 55)] * 140]
    frames = baselines.Frames(pieces, 2, seed=3, until=50)
    assert [len(chunk) - 1 for chunk in frames.chunks] == [3, 40, 128, 12]
    seen = [set() for _ in frames.chunks]
    for epoch in range(60):
        indices = np.concatenate(frames.order(epoch))
        assert sorted(indices[:, 0]) == [0, 1, 2, 3]
        for chunk, shift in indices:
            seen[chunk].add(shift)
        if epoch >= 50:
            assert not indices[:, 1].any()
    assert seen == [set(range(-6, 6)), {0}, set(range(-3, 6)), set(range(-3, 6))]
    read, labels, weights = frames.batch(np.array([[0, 2], [1, 0]]))
    assert read["roll"].shape == labels.shape == (2, 64, events.KEYS)  # a multiple of 32
    assert weights.sum(1).tolist() == [3, 40]
    assert not read["roll"][:, 0].any()
    np.testing.assert_array_equal(labels[0, :3], events.rolls([(50, 62)] * 3))
    assert {shift for _, shift in np.concatenate(baselines.Frames(pieces, 2, 3).order())} == {0}


def test_pieces_that_share_a_key_are_not_transposed():
    shared = [[(48, 55, 64), (53, 60, 69), (55, 59, 62), (48, 55, 64)]] * 3
    assert data.decide("auto", shared)[0] == "off"
    assert data.decide("on", shared)[0] == "on"
    assert data.decide("auto", harmony.transposed(shared[:1]))[0] == "on"


def test_bad_files_of_a_folder_are_counted_and_named(contract, once, tmp_path):
    made = once("music_data", contract("music").data)
    for name in ("theme.mid", "cut.mid", "drums.mid"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    with pytest.raises(Exception, match=r"2 of 3 files .* file cut.mid is damaged"):
        sources.load_one(str(tmp_path), Config(), 2)
    part = sources.load_one(str(tmp_path), Config(bad_share=0.7), 2)
    assert part.frames == [[(60,), (60,), (64,), (64,), (67,), (67,), (72,), (72,)]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--harmonise", "theme.mid", "--prime", "theme.mid"], "exclude each other"),
        (["--harmonise", "drums.mid"], "drums.mid has no notes, drums apart"),
        (["cut.mid"], "cut.mid is damaged or no MIDI file"),
        (["--midi", "out.txt"], "--midi must name a .mid file; got out.txt"),
        (["--wav", "no/out.wav"], "--wav no/out.wav: there is no folder no"),
        (["--plot", "out.jpg"], "--plot must name a PNG file"),
        (["--top-p", "2"], "--top-p must be"),
    ],
)
def test_predict_refuses_in_a_sentence(
    options, message, finished, contract, once, run_recipe, monkeypatch
):
    monkeypatch.chdir(once("music_data", contract("music").data))
    status, _, err = run_recipe("predict", "--run", finished("music"), *options, recipe="music")
    assert status == 2
    assert message in err


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_exported_steps_agree(format, finished, run_recipe, tmp_path):
    status, out, err = run_recipe(
        "export", "--run", finished("music"), "--format", format, "--to", tmp_path, "--json",
        recipe="music",
    )  # fmt: skip
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["largest_difference"] < 1e-4


def test_published_rolls_are_read(real_data):
    for name, grid, pieces in (("quarter", 1, 229), ("16th", 4, 229)):
        config = Config(data=str(real_data / "jsb_chorales" / f"jsb-chorales-{name}.json"))
        parts, about = sources.load(config)
        assert about["frames_per_quarter"] == grid
        assert len(parts["train"]) + len(parts["validation"]) == pieces
        assert len(parts["test"]) == 76
        setting, _ = data.decide("auto", parts["train"].frames)
        assert setting == ("off" if name == "quarter" else "on")
