"""Detectors for small devices: one step of 10 ms with its state, as LiteRT or ONNX.

An export is a folder with `detector.json`, which says what to feed, `listen.py`, a loop of a few
lines that does it, and one or two model files. A quantised detector comes in two: what makes
features of samples stays in floating point, as sound has a larger range than 8 bits.
"""

import itertools
import json
import pathlib

import numpy as np

from recipes.common import exporting, listening, noises, runs, spoken_sources, tracks
from recipes.common.errors import UserError
from recipes.common.terminal import say

CHECKED_FRAMES = 1_000
CALIBRATION_FRAMES = 3_000
TOLERANCE = 1e-4
FRONT_LAST = ("features", "mask_1")  # the layer whose output the network reads


def export(run, format, quantize, trained):
    """Write a detector below `export/` of its run, and compare it with the model frame by frame.

    Args:
        run: The run directory.
        format: `"litert"`, `"onnx"` or `"savedmodel"`; the last one takes whole recordings.
        quantize: `"none"`, `"int8"` or `"int16x8"`, for LiteRT.
        trained: A `detector.Trained`.

    Returns:
        A dict of `path`, `format`, `bytes` of the model files, `largest_difference` of logits over
        a thousand frames of speech, and the summary.

    Raises:
        UserError: If a package is missing, the format cannot be quantised, or the exported model
            gives other logits.
    """
    if quantize != "none" and format != "litert":
        raise UserError(f"--quantize {quantize} needs --format litert; {format} stays in float32.")
    folder = runs.subdirectory(pathlib.Path(run), "export")
    path = folder / (format if quantize == "none" else f"{format}_{quantize}")
    sound = _speech(trained.config)
    expected = listening.of_samples(trained.model, [sound])[0][:CHECKED_FRAMES]
    with runs.replacing(path) as temporary:
        if format == "savedmodel":
            heard = _saved_model(trained.model, temporary, sound)
        else:
            temporary.mkdir()
            {"litert": _litert, "onnx": _onnx}[format](trained, temporary, quantize, sound)
            heard = listener(temporary).push(sound[: CHECKED_FRAMES * listening.HOP])
        difference = float(np.abs(heard[:CHECKED_FRAMES] - expected).max())
        if quantize == "none" and difference > TOLERANCE:
            raise UserError(
                f"The exported detector's logits differ from the model's by {difference:.1e}; "
                f"{path} was not written."
            )
    size = sum(file.stat().st_size for file in path.rglob("*.*") if file.suffix in MODEL_FILES)
    return {
        "path": str(path),
        "format": format,
        "quantize": quantize,
        "bytes": size,
        "largest_difference": difference,
        "summary": [
            f"{path}: {size / 1000:.0f} kB; over {CHECKED_FRAMES:,} frames of speech logits differ "
            f"by at most {difference:.1e}"
        ],
    }


MODEL_FILES = (".tflite", ".onnx", ".pb")


def _speech(config):
    """Sound to calibrate and compare with: validation tracks, `(N,)` float32."""
    clips, noise, _ = spoken_sources.load(config)
    pool = noise["validation"] or list(noises.pool(7, 4.0, config.seed))
    wanted = (CALIBRATION_FRAMES + CHECKED_FRAMES) * listening.HOP
    pieces, length = [], 0
    both = zip(
        tracks.of_clips(clips["validation"], 1),
        tracks.of_clips(clips["validation"], 2, 10.0, pool),
        strict=True,
    )
    for sound in itertools.chain.from_iterable(both):
        pieces.append(listening.as_float(sound.samples))
        length += len(sound.samples)
        if length > wanted:
            break
    return np.concatenate(pieces)[:wanted]


def parts_of(model):
    """A detector as two models: from samples to features, and from features to logits."""
    import keras

    names = [layer.name for layer in model.layers]
    last = next(name for name in FRONT_LAST if name in names)
    front = keras.Model(model.input, model.get_layer(last).output, name="front")
    features = keras.Input(front.output.shape[1:], name="features")
    x = features
    for layer in model.layers[names.index("norm") :]:
        x = layer(x)
    return front, keras.Model({"features": features}, x, name="network")


def _saved_model(model, path, sound):
    import keras
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    samples = {"samples": tf.TensorSpec((None, None), tf.float32, name="samples")}
    archive.add_endpoint("serve", model.call, input_signature=[samples])
    archive.write_out(path, verbose=False)
    loaded = tf.saved_model.load(str(path))
    return loaded.serve({"samples": sound[None, : CHECKED_FRAMES * listening.HOP]}).numpy()[0]


def _litert(trained, path, quantize, sound):
    import zoo

    if not exporting.installed("ai_edge_litert"):
        raise UserError("LiteRT export needs ai-edge-litert: pip install 'sequence-zoo[litert]'.")
    if quantize == "none":
        stream = zoo.streaming(trained.model)
        (path / "detector.tflite").write_bytes(_converted(stream))
        _describe(trained, path, [("detector.tflite", stream)])
        return
    front, network = map(zoo.streaming, parts_of(trained.model))
    (path / "front.tflite").write_bytes(_converted(front, half=True))
    say("Calibrating on states as they come while it listens.")
    features = _roll_out(front, sound[: CALIBRATION_FRAMES * listening.HOP])
    examples = _states_of(network, features)
    (path / "network.tflite").write_bytes(_converted(network, quantize, examples))
    _describe(trained, path, [("front.tflite", front), ("network.tflite", network)])


def _roll_out(front, samples):
    """The features of each frame, a list of `(1, 1, M)`."""
    import zoo

    states, features = zoo.initial_states(front), []
    for frame in samples.reshape(-1, 1, listening.HOP):
        outputs = front.predict_on_batch({"samples": frame, **states})
        states = {name: outputs[name] for name in states}
        features.append(outputs["logits"])
    return features


def _states_of(network, features):
    """What the network is fed frame by frame, a list of dicts: features and true states."""
    import zoo

    states, fed = zoo.initial_states(network), []
    for frame in features:
        fed.append({"features": frame, **states})
        outputs = network.predict_on_batch(fed[-1])
        states = {name: outputs[name] for name in states}
    return fed


def _converted(stream, quantize="none", examples=(), half=False):
    """The bytes of a LiteRT file of a streaming model for one stream."""
    import tempfile

    import tensorflow as tf

    from zoo.layers.recurrent import portable

    class Step(tf.Module):
        def __init__(self):
            super().__init__()
            self.stream = stream
            signature = {
                name: tf.TensorSpec((1, *tensor.shape[1:]), tensor.dtype, name=name)
                for name, tensor in stream.input.items()
            }
            self.serve = tf.function(lambda **inputs: stream(inputs)).get_concrete_function(
                **signature
            )

    with tempfile.TemporaryDirectory() as folder, portable():
        module = Step()
        tf.saved_model.save(module, folder, signatures={"serving_default": module.serve})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if half:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        if quantize != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: iter(
                examples[:: max(1, len(examples) // 1000)]
            )
            sets = tf.lite.OpsSet
            converter.target_spec.supported_ops = [
                sets.TFLITE_BUILTINS_INT8
                if quantize == "int8"
                else sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            ]
        return converter.convert()


def _onnx(trained, path, quantize, sound):
    import zoo

    missing = [n for n in ("onnx", "tf2onnx", "onnxruntime") if not exporting.installed(n)]
    if missing:
        raise UserError(
            f"ONNX export needs {' and '.join(missing)}: pip install 'sequence-zoo[onnx]'."
        )
    stream = zoo.streaming(trained.model)
    stream.predict_on_batch(
        {"samples": np.zeros((1, listening.HOP), np.float32), **zoo.initial_states(stream)}
    )
    stream.export(path / "detector.onnx", format="onnx", verbose=False)
    _describe(trained, path, [("detector.onnx", stream)])


def _describe(trained, path, models):
    """Write `detector.json` and `listen.py`."""
    described = {
        "phrase": trained.config.phrase,
        "threshold": trained.threshold,
        "sample_rate": listening.HOP * 100,
        "samples_per_step": listening.HOP,
        "models": [
            {
                "file": name,
                "input": next(iter(set(stream.input) - set(stream.output))),
                "states": {
                    state: list(stream.input[state].shape[1:])
                    for state in stream.input
                    if state in stream.output
                },
            }
            for name, stream in models
        ],
    }
    (path / "detector.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    runner = LITERT_LOOP if models[0][0].endswith(".tflite") else ONNX_LOOP
    (path / "listen.py").write_text(runner, encoding="utf-8")


LITERT_LOOP = """# arecord -f S16_LE -r 16000 -t raw | python listen.py      (needs ai-edge-litert, numpy)
import json, pathlib, sys, numpy as np
from ai_edge_litert.interpreter import Interpreter

here = pathlib.Path(__file__).parent
about = json.loads((here / "detector.json").read_text())
models, size = about["models"], 2 * about["samples_per_step"]
runners = [Interpreter(str(here / m["file"])).get_signature_runner() for m in models]
states = [{n: np.zeros((1, *s), "f4") for n, s in m["states"].items()} for m in models]
while len(chunk := sys.stdin.buffer.read(size)) == size:
    x = np.frombuffer(chunk, "<i2").astype("f4")[None] / 32768
    for i, (model, run) in enumerate(zip(models, runners)):
        out = run(**{model["input"]: x}, **states[i])
        states[i], x = {name: out[name] for name in states[i]}, out["logits"]
    if x.item() >= about["threshold"]:
        print(f"heard {about['phrase']!r}: {x.item():.2f}", flush=True)
"""
ONNX_LOOP = (
    LITERT_LOOP.replace("ai-edge-litert, numpy", "onnxruntime, numpy")
    .replace("from ai_edge_litert.interpreter import Interpreter", "import onnxruntime")
    .replace(
        'Interpreter(str(here / m["file"])).get_signature_runner()',
        'onnxruntime.InferenceSession(str(here / m["file"]))',
    )
    .replace(
        'out = run(**{model["input"]: x}, **states[i])',
        "names = [o.name for o in run.get_outputs()]\n"
        '        out = dict(zip(names, run.run(names, {model["input"]: x, **states[i]})))',
    )
)


def listener(path):
    """A `listening.Listener` of an exported detector.

    Args:
        path: The folder of the export.

    Raises:
        UserError: If there is none.
    """
    if not (path / "detector.json").exists():
        raise UserError(f"There is no exported detector in {path}; make one with the verb export.")
    described = json.loads((path / "detector.json").read_text(encoding="utf-8"))
    steps = [
        (model["input"], model["states"], _runner(path / model["file"]))
        for model in described["models"]
    ]
    zeros = {
        f"{number}/{name}": np.zeros((1, *shape), np.float32)
        for number, (_, states, _) in enumerate(steps)
        for name, shape in states.items()
    }

    def step(inputs):
        x, outputs = inputs["samples"], {}
        for number, (name, states, run) in enumerate(steps):
            given = run({name: x, **{state: inputs[f"{number}/{state}"] for state in states}})
            x = given["logits"]
            outputs |= {f"{number}/{state}": given[state] for state in states}
        return {"logits": x, **outputs}

    return listening.Listener(step, zeros, described["samples_per_step"])


def _runner(path):
    """Function from a dict of arrays to one, by the runtime that the file is for."""
    if path.suffix == ".onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return lambda inputs: dict(zip(names, session.run(names, inputs), strict=True))
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path), num_threads=1).get_signature_runner()
    return lambda inputs: runner(**inputs)
