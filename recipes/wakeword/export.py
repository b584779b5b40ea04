"""Export a detector: one step of 10 ms with its state, as LiteRT or ONNX, or as SavedModel.

A step comes in a folder with `detector.json`, which says how to feed it, `listen.py`, a loop of a
few lines that does it, and one or two model files. A quantised detector comes in two: the part that
makes features of samples stays in floating point, as sound has a larger range than 8 bits.
"""

import dataclasses
import tempfile
import warnings

import keras
import numpy as np
import tensorflow as tf

import zoo
from recipes.common import devices, storage
from recipes.common.errors import UserError
from recipes.common.export import TOLERANCE, check_installed
from recipes.common.sound.samples import HOP
from recipes.common.terminal import tell
from recipes.wakeword import calibration, exported, scoring
from recipes.wakeword.calibration import CALIBRATION_FRAMES, CHECKED_FRAMES
from recipes.wakeword.trained import restore
from zoo.layers.recurrent import portable

FRONT_LAST = ("features", "mask_1")  # the layer whose output the network reads


def export(run, format, quantize="none"):
    """Write a detector below `export/` of its run, and compare it with the model frame by frame.

    Args:
        run: The finished run.
        format: `"litert"`, `"onnx"` or `"savedmodel"`; the last one takes whole recordings.
        quantize: `"none"`, `"int8"` or `"int16x8"`, for LiteRT.

    Returns:
        `result, lines`: a dict of `path`, `format`, `quantize`, `bytes` of the models and
        `largest_difference` of logits over a thousand frames of speech, and lines for people.

    Raises:
        UserError: If a package is missing, the format cannot be quantised, or the exported model
            gives other logits.
    """
    if quantize != "none" and format != "litert":
        raise UserError(f"--quantize {quantize} needs --format litert; {format} stays in float32.")
    if format != "savedmodel":
        check_installed(format)
    trained = restore(run, for_export=True)
    folder = storage.make(run.exports)
    path = folder / (format if quantize == "none" else f"{format}_{quantize}")
    sound = calibration.sound(run.config)
    expected = scoring.of_samples(trained.model, [sound])[0][:CHECKED_FRAMES]
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        if format == "savedmodel":
            found = _saved_model(trained.model, temporary, sound)
        else:
            {"litert": _litert, "onnx": _onnx}[format](trained, temporary, quantize, sound)
            found = exported.listener(temporary).push(sound[: CHECKED_FRAMES * HOP])
        difference = float(np.abs(found[:CHECKED_FRAMES] - expected).max())
        if not np.isfinite(difference) or (quantize == "none" and difference > TOLERANCE):
            raise UserError(
                f"The exported detector's logits differ from the model's by {difference:.1e}; "
                f"{path} was not written."
            )
    size = _bytes(path)
    result = {
        "path": str(path),
        "format": format,
        "quantize": quantize,
        "bytes": size,
        "largest_difference": difference,
    }
    return result, [
        f"{path}: {size / 1000:.0f} kB; over {CHECKED_FRAMES:,} frames of speech logits differ by "
        f"at most {difference:.1e}"
    ]


def _bytes(path):
    """The bytes of an export without its description and its loop: of a SavedModel, all of it."""
    aside = {path / "detector.json", path / "listen.py"}
    return sum(
        file.stat().st_size for file in path.rglob("*") if file.is_file() and file not in aside
    )


def parts_of(model):
    """A detector as two models: from samples to features, and from features to logits."""
    names = [layer.name for layer in model.layers]
    last = next(name for name in FRONT_LAST if name in names)
    front = keras.Model(model.input, model.get_layer(last).output, name="front")
    features = keras.Input(front.output.shape[1:], name="features")
    x = features
    for layer in model.layers[names.index("norm") :]:
        x = layer(x)
    return front, keras.Model({"features": features}, x, name="network")


def _saved_model(model, path, sound):
    archive = keras.export.ExportArchive()
    archive.track(model)
    samples = {"samples": tf.TensorSpec((None, None), tf.float32, name="samples")}
    archive.add_endpoint("serve", model.call, input_signature=[samples])
    archive.write_out(path, verbose=False)
    loaded = tf.saved_model.load(str(path))
    return loaded.serve({"samples": sound[None, : CHECKED_FRAMES * HOP]}).numpy()[0]


def _litert(trained, path, quantize, sound):
    if quantize == "none":
        stream = zoo.streaming(trained.model)
        (path / "detector.tflite").write_bytes(_converted(stream))
        exported.describe(trained, path, [("detector.tflite", stream)])
        return
    front, network = map(zoo.streaming, parts_of(trained.model))
    (path / "front.tflite").write_bytes(_converted(front, half=True))
    tell("Calibrating on states as they come while it listens.")
    features = calibration.features(front, sound[: CALIBRATION_FRAMES * HOP])
    examples = calibration.inputs(network, features)
    (path / "network.tflite").write_bytes(_converted(network, quantize, examples))
    files = [("front.tflite", front), ("network.tflite", network)]
    exported.describe(trained, path, files)
    threshold = calibration.matched_threshold(trained, exported.listener(path))
    tell(
        f"Its threshold is {threshold:.3f} instead of {trained.threshold:.3f}: there it hears as "
        "many phrases of validation as the model."
    )
    exported.describe(dataclasses.replace(trained, threshold=threshold), path, files)


def _converted(stream, quantize="none", examples=(), half=False):
    """The bytes of a LiteRT file of a streaming model for one stream.

    Args:
        stream: The streaming model.
        quantize: As for `export`.
        examples: Inputs by which the ranges of quantised numbers are chosen.
        half: True to keep weights in float16.
    """
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
            fewer = examples[:: max(1, len(examples) // 1000)]
            converter.representative_dataset = lambda: iter(fewer)
            sets = tf.lite.OpsSet
            converter.target_spec.supported_ops = [
                sets.TFLITE_BUILTINS_INT8
                if quantize == "int8"
                else sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            ]
        with warnings.catch_warnings():
            # The converter itself warns of the interpreter that it calibrates with.
            warnings.filterwarnings("ignore", r"\s*Warning: tf.lite.Interpreter", UserWarning)
            with devices.quiet():
                return converter.convert()


def _onnx(trained, path, quantize, sound):
    import tf2onnx

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
