"""Detectors for small devices: one step of 10 ms with its state, as LiteRT or ONNX.

An export is a folder with `detector.json`, which says what to feed, `listen.py`, a loop of a few
lines that does it, and one or two model files. A quantised detector comes in two: what makes
features of samples stays in floating point, as sound has a larger range than 8 bits.
"""

import dataclasses
import itertools
import pathlib
import tempfile
import warnings

import numpy as np

from recipes.common import export as common_export
from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.sound import noises
from recipes.common.sound import samples as sound_samples
from recipes.common.terminal import tell
from recipes.wakeword import exported, scoring, sources, tracks
from recipes.wakeword.detection import triggers

CHECKED_FRAMES = 1_000
CALIBRATION_FRAMES = 3_000
MATCHED_TRACKS = 80  # of phrases, by which a quantised detector gets its threshold
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
    folder = storage.subdirectory(pathlib.Path(run), "export")
    path = folder / (format if quantize == "none" else f"{format}_{quantize}")
    sound = _speech(trained.config)
    expected = scoring.of_samples(trained.model, [sound])[0][:CHECKED_FRAMES]
    with storage.replacing(path) as temporary:
        if format == "savedmodel":
            heard = _saved_model(trained.model, temporary, sound)
        else:
            temporary.mkdir()
            {"litert": _litert, "onnx": _onnx}[format](trained, temporary, quantize, sound)
            heard = exported.listener(temporary).push(sound[: CHECKED_FRAMES * sound_samples.HOP])
        difference = float(np.abs(heard[:CHECKED_FRAMES] - expected).max())
        if not np.isfinite(difference) or (quantize == "none" and difference > TOLERANCE):
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


def _validation(config):
    """The tracks of validation, as spoken and with noise by turns."""
    clips, noise, _ = sources.load(config)
    pool = noise["validation"] or list(noises.pool(7, 4.0, config.seed))
    both = itertools.zip_longest(  # pauses are drawn, so one may have more tracks
        tracks.of_clips(clips["validation"], 1),
        tracks.of_clips(clips["validation"], 2, 10.0, pool),
    )
    return (sound for pair in both for sound in pair if sound is not None)


def _speech(config):
    """Sound to calibrate and compare with: validation tracks, `(N,)` float32."""
    wanted = (CALIBRATION_FRAMES + CHECKED_FRAMES) * sound_samples.HOP
    pieces, length = [], 0
    for sound in _validation(config):
        pieces.append(sound_samples.as_float(sound.samples))
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
    return loaded.serve({"samples": sound[None, : CHECKED_FRAMES * sound_samples.HOP]}).numpy()[0]


def _litert(trained, path, quantize, sound):
    import zoo

    if not common_export.installed("ai_edge_litert"):
        raise UserError("LiteRT export needs ai-edge-litert: pip install 'sequence-zoo[litert]'.")
    if quantize == "none":
        stream = zoo.streaming(trained.model)
        (path / "detector.tflite").write_bytes(_converted(stream))
        exported.describe(trained, path, [("detector.tflite", stream)])
        return
    front, network = map(zoo.streaming, parts_of(trained.model))
    (path / "front.tflite").write_bytes(_converted(front, half=True))
    tell("Calibrating on states as they come while it listens.")
    features = _roll_out(front, sound[: CALIBRATION_FRAMES * sound_samples.HOP])
    examples = _states_of(network, features)
    (path / "network.tflite").write_bytes(_converted(network, quantize, examples))
    files = [("front.tflite", front), ("network.tflite", network)]
    exported.describe(trained, path, files)
    threshold = _matched_threshold(trained, exported.listener(path))
    tell(
        f"Its threshold is {threshold:.3f} instead of {trained.threshold:.3f}: there it hears as "
        "many phrases of validation as the model."
    )
    exported.describe(dataclasses.replace(trained, threshold=threshold), path, files)


def _matched_threshold(trained, listener):
    """Where a detector with other logits hears as many phrases as the model at its threshold."""
    sounds = [sound for sound in _validation(trained.config) if sound.ends][:MATCHED_TRACKS]
    peaks, others = (
        np.sort(triggers.phrase_peaks(triggers.line_up(heard, triggers.RULES)))[::-1]
        for heard in (
            scoring.tracks(trained.model, sounds),
            scoring.stream_scores(listener.anew, sounds),
        )
    )
    heard = int((peaks >= trained.threshold).sum())
    if heard in (0, len(peaks)):
        return float(trained.threshold + np.median(others - peaks))
    return float((others[heard - 1] + others[heard]) / 2)


def _roll_out(front, samples):
    """The features of each frame, a list of `(1, 1, M)`."""
    import zoo

    states, features = zoo.initial_states(front), []
    for frame in samples.reshape(-1, 1, sound_samples.HOP):
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
    import keras
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(stream)
    inputs = {
        name: tf.TensorSpec((1, *tensor.shape[1:]), tensor.dtype, name=name)
        for name, tensor in stream.input.items()
    }
    archive.add_endpoint("serve", stream.call, input_signature=[inputs])
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.experimental_enable_resource_variables = False  # weights become constants
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
        with warnings.catch_warnings():
            # The converter itself warns of the interpreter that it calibrates with.
            warnings.filterwarnings("ignore", r"\s*Warning: tf.lite.Interpreter", UserWarning)
            return converter.convert()


def _onnx(trained, path, quantize, sound):
    import zoo

    missing = [n for n in ("onnx", "tf2onnx", "onnxruntime") if not common_export.installed(n)]
    if missing:
        raise UserError(
            f"ONNX export needs {' and '.join(missing)}: pip install 'sequence-zoo[onnx]'."
        )
    import tensorflow as tf
    import tf2onnx

    from zoo.layers.recurrent import portable

    stream = zoo.streaming(trained.model)
    names = sorted(stream.input)
    signature = [
        tf.TensorSpec((1, *stream.input[name].shape[1:]), tf.float32, name=name) for name in names
    ]

    @tf.function(autograph=False)
    def serve(*inputs):
        outputs = stream(dict(zip(names, inputs, strict=True)))
        return {f"{name}{exported.NEXT * (name in names)}": x for name, x in outputs.items()}

    with portable():
        model, _ = tf2onnx.convert.from_function(serve, signature, opset=17)
    (path / "detector.onnx").write_bytes(model.SerializeToString())
    exported.describe(trained, path, [("detector.onnx", stream)])
