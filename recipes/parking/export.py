"""Export a controller: one step with its states, as SavedModel, ONNX or LiteRT."""

import json

import keras
import numpy as np
import tensorflow as tf

import zoo
from recipes.common import storage
from recipes.common.export import (
    SUFFIXES,
    check_difference,
    check_installed,
    litert_runner,
    write_function,
)
from recipes.parking import driving, measure, scenes, simulator
from recipes.parking.car import ANGLES, SECONDS, SPEEDS, STEERING
from recipes.parking.trained import restore

NEXT = "_next"  # ends the names of new states, as no name may be both an input and an output
STEPS = 100  # whose logits are compared


def export(run, format):
    """Write a step of a controller below `export/` of its run, with a description.

    The exported model takes `sensors`, `(1, 1, S)` float32, and the states before the step, zeros
    at first, and gives `logits`, `(1, 1, 30)`, and the states after it. `controller.json` says what
    the numbers are.

    Args:
        run: The finished run.
        format: `"savedmodel"`, `"onnx"` or `"litert"`.

    Returns:
        `result, lines`: a dict of `path`, `format` and `largest_difference` of logits over a run,
        and lines for people.

    Raises:
        UserError: If a package that the format needs is not installed.
    """
    if format != "savedmodel":
        check_installed(format)
    model = restore(run, for_export=True).model
    runs = driving.drive(driving.Network(model), scenes.scene("test", 0, 0), measure.noise())
    sensors = runs.sensors[:, :STEPS]
    expected = np.asarray(model({"sensors": sensors}, training=False))[0]
    stream = zoo.streaming(model)
    path = storage.make(run.exports) / format
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        step = WRITERS[format](stream, temporary)
        found = _driven(step, stream, sensors[0])
        difference = float(np.abs(found - expected).max() / max(1, np.abs(expected).max()))
        check_difference(difference)
        (temporary / "controller.json").write_text(
            json.dumps(_description(stream), indent=2) + "\n", encoding="utf-8"
        )
    lines = [
        f"{path}: over {STEPS} steps its logits differ from the trained model's by at most "
        f"{difference:.1e}"
    ]
    return {"path": str(path), "format": format, "largest_difference": difference}, lines


def _driven(step, stream, sensors):
    """Logits of a step model called one step after the other, `(T, 30)`."""
    states, found = zoo.initial_states(stream), []
    for now in sensors:
        outputs = step({"sensors": now[None, None], **states})
        states = {name: np.asarray(outputs[name + NEXT]) for name in states}
        found.append(np.asarray(outputs["logits"])[0, 0])
    return np.stack(found)


def _description(stream):
    """All that a program must know to drive with the exported step."""
    names = [f"range {number}" for number in range(1, simulator.RANGES + 1)]
    return {
        "seconds_per_step": SECONDS,
        "sensors": [
            *(
                {"name": name, "place": place, "degrees": degrees, "metres_of_1": reach}
                for name, (*place, degrees, reach) in zip(
                    names, simulator.SENSORS.tolist(), strict=True
                )
            ),
            {"name": "speed", "metres_a_second_of_1": float(SPEEDS[-1])},
            {"name": "angle of the wheels", "radians_of_1": STEERING},
        ],
        "logits": {
            "meaning": "one for each pair, speeds in the order here, for each the angles in theirs",
            "speeds, metres a second": np.round(SPEEDS.astype(float), 6).tolist(),
            "angles of the wheels, radians": np.round(ANGLES.astype(float), 6).tolist(),
        },
        "states": {
            name: {"next": name + NEXT, "shape": [1, *stream.input[name].shape[1:]]}
            for name in stream.input
            if name in stream.output
        },
    }


def _serve(stream):
    def serve(inputs):
        outputs = stream(inputs, training=False)
        return {name + NEXT * (name in stream.input): x for name, x in outputs.items()}

    return serve


def _signature(stream):
    return {
        name: tf.TensorSpec((1, *tensor.shape[1:]), tf.float32, name=name)
        for name, tensor in stream.input.items()
    }


def _write_saved_model(stream, path):
    archive = keras.export.ExportArchive()
    archive.track(stream)
    archive.add_endpoint("serve", _serve(stream), input_signature=[_signature(stream)])
    archive.write_out(path, verbose=False)
    loaded = tf.saved_model.load(str(path))
    return lambda inputs: loaded.serve(inputs)


def _write_onnx(stream, path):
    import onnxruntime

    path = path / f"controller{SUFFIXES['onnx']}"
    write_function(_serve(stream), stream.variables, _signature(stream), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(names, inputs), strict=True))


def _write_litert(stream, path):
    path = path / f"controller{SUFFIXES['litert']}"
    write_function(_serve(stream), stream.variables, _signature(stream), path)
    run = litert_runner(path)
    return lambda inputs: run(**inputs)


WRITERS = {"savedmodel": _write_saved_model, "onnx": _write_onnx, "litert": _write_litert}
