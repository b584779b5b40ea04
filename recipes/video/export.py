"""Export the networks of a run as SavedModel or LiteRT, with their labels."""

import keras
import numpy as np
import tensorflow as tf

import zoo
from recipes.common import storage
from recipes.common.export import check_difference, check_installed, litert_runner, write_function
from recipes.video.trained import restore

CHECKED = 3  # clips of random pixels


def export(run, format):
    """Write the networks of a run below `export/`, a folder for each format.

    `"savedmodel"`: for each job a folder `clip` or `frames`; `serve` takes `frames`, `(B, T, H, W,
    3)` float32 from 0 to 255, and, but for causal frame labels, `lengths` `(B,)` int32, and gives
    logits.

    `"litert"`: `clip.tflite` takes a clip of as many frames as in the training, and its length.
    `frames.tflite` takes one frame and the states before it, and gives its logits and the states
    after; at first these are zeros. If the network looks ahead, it takes clips too.

    Args:
        run: The finished run.
        format: The format.

    Returns:
        `result, lines`: a dict of `path`, `format` and `largest_difference` of logits by job, and
        lines for people.

    Raises:
        UserError: If a package that the format needs is not installed.
    """
    if format != "savedmodel":
        check_installed(format)
    trained = restore(run, for_export=True)
    path = storage.make(run.exports) / format
    differences = {}
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        for name, job in trained.jobs.items():
            write = _write_saved_model if format == "savedmodel" else _write_litert
            differences[name] = write(job, temporary, name)
            check_difference(differences[name])
            labels = "\n".join(job.labels) + "\n"
            (temporary / f"{name}.txt").write_text(labels, encoding="utf-8")
    lines = [
        f"{path}, {name}: its logits differ from the trained model's by at most {difference:.1e}"
        for name, difference in differences.items()
    ]
    return {"path": str(path), "format": format, "largest_difference": differences}, lines


def _examples(job):
    """Clips of random pixels, of several lengths."""
    generator, config = np.random.default_rng(0), job.config
    for number in range(CHECKED):
        frames = generator.integers(0, 256, (1, config.frames, *config.size, 3))
        given = {"frames": frames.astype(np.float32)}
        if "lengths" in job.inputs:
            given["lengths"] = np.array([max(1, config.frames - 3 * number)], np.int32)
        yield given


def _largest(job, apply):
    return max(
        float(np.abs(np.asarray(job.model.predict_on_batch(given)) - apply(given)).max())
        for given in _examples(job)
    )


def _write_saved_model(job, folder, name):
    specs = {"frames": tf.TensorSpec((None, None, *job.config.size, 3), tf.float32, name="frames")}
    if "lengths" in job.inputs:
        specs["lengths"] = tf.TensorSpec((None,), tf.int32, name="lengths")
    archive = keras.export.ExportArchive()
    archive.track(job.model)
    archive.add_endpoint("serve", job.model.call, input_signature=[specs])
    archive.write_out(folder / name, verbose=False)
    loaded = tf.saved_model.load(str(folder / name))
    return _largest(job, lambda given: np.asarray(loaded.serve(given)))


def _write_litert(job, folder, name):
    path = folder / f"{name}.tflite"
    if job.is_live:
        return _write_step(job, path)
    specs = {"frames": tf.TensorSpec((1, job.config.frames, *job.config.size, 3), tf.float32)}
    if "lengths" in job.inputs:
        specs["lengths"] = tf.TensorSpec((1,), tf.int32)

    def serve(inputs):
        return {"logits": job.model(inputs, training=False)}

    write_function(serve, job.model.variables, specs, path)
    run = litert_runner(path)
    return _largest(job, lambda given: run(**given)["logits"])


def _write_step(job, path):
    """A network of one frame a call; no name may be of an input and an output."""
    stream = zoo.streaming(job.model)
    states = zoo.initial_states(stream)
    specs = {"frames": tf.TensorSpec((1, 1, *job.config.size, 3), tf.float32)}
    specs |= {name: tf.TensorSpec(state.shape, tf.float32) for name, state in states.items()}

    def serve(inputs):
        outputs = stream(inputs, training=False)
        return {"logits": outputs["logits"], **{f"new_{name}": outputs[name] for name in states}}

    write_function(serve, stream.variables, specs, path)
    run = litert_runner(path)

    def apply(given):
        now, found = states, []
        for frame in given["frames"][0]:
            outputs = run(frames=frame[None, None], **now)
            now = {name: outputs[f"new_{name}"] for name in states}
            found.append(outputs["logits"])
        return np.concatenate(found, 1)

    return _largest(job, apply)
