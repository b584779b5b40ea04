"""The parts of `benchmarks.gpu`, each in a process that the command starts and can end.

    python -m benchmarks.workers.gpu '{"tiny": false, "folder": "results"}' builders:seq2seq …

Figures go to standard output, a line of JSON for each row as soon as it is known, so that what has
been measured stays when a later step hangs.
"""

import dataclasses
import json
import os
import pathlib
import statistics
import sys
import traceback

import numpy as np

from benchmarks import builders, gpu_recipes, gpu_recurrent, turns
from recipes.common import devices, models


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of all parts.

    tiny: Whether to take the smallest sizes.
    folder: Where the parts leave files for each other.
    torch_python: Interpreter that has PyTorch.
    """

    tiny: bool
    folder: str
    torch_python: str = sys.executable

    @property
    def seconds(self):
        """Seconds of steps that one figure is the median of, about."""
        return 0.05 if self.tiny else 1.0


def machine(options, tell):
    """The GPU, or None, and the versions of what computes on it."""
    devices.import_tensorflow()
    import keras
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    build = tf.sysconfig.get_build_info()
    square = tf.ones((256, 256))
    tell(
        "machine",
        gpus=len(gpus),
        gpu=details.get("device_name"),
        compute_capability=".".join(map(str, details.get("compute_capability", ()))) or None,
        cpus=os.cpu_count(),
        tensorflow=tf.__version__,
        keras=keras.__version__,
        cuda=build.get("cuda_version"),
        cudnn=build.get("cudnn_version"),
        builders=builders.names(),
        # Long on a card for which TensorFlow brings no machine code, and only in its first process.
        first_product_seconds=turns.timed(lambda: float((square @ square)[0, 0]), 1)[0],
    )


def builder(options, tell, name):
    """Kernels, training step and decoding of a builder at its default size, and their memory."""
    sizes = builders.TINY if options.tiny else builders.USUAL
    turns.free_memory()
    model = builders.build(name, sizes)
    inputs = builders.inputs(model, sizes)
    kernels = [layer.kernel for layer in models.recurrent_layers(model)]
    tell(
        name,
        parameters=model.count_params(),
        kernels={kernel: kernels.count(kernel) for kernel in sorted(set(kernels))},
        cudnn_operations=cudnn_operations(model, inputs),
    )
    try:
        figures = training(options, model, inputs)
        tell(name, train=figures, peak_mib=turns.peak_mib(), **rates(inputs, figures["median"]))
    finally:  # decoding may work where training does not
        if "target" in inputs:
            turns.restart_peak()
            for kind, width in {"greedy": 1, "beam": 2 if options.tiny else 5}.items():
                figures = decoding(options, model, inputs, width)
                rate = inputs["target"].size / figures["median"]
                tell(name, **{kind: figures, f"{kind}_tokens_per_second": rate})
            tell(name, decoding_peak_mib=turns.peak_mib())


def training(options, model, inputs):
    """Seconds of a training step of a model."""
    import keras

    builders.compile_model(model)
    x = {name: keras.ops.convert_to_tensor(array) for name, array in inputs.items()}
    y = keras.ops.convert_to_tensor(builders.labels(model, inputs))
    return timed(options, lambda: float(model.train_on_batch(x, y)))


def decoding(options, model, inputs, width):
    """Seconds of writing as many tokens as the target has, greedily or with a beam."""
    import zoo

    steps = inputs["target"].shape[1]
    length = {"max_length": steps, "min_length": steps - 1}
    strategy = zoo.BeamSearch(width, **length) if width > 1 else zoo.Greedy(**length)
    source = {name: array for name, array in inputs.items() if name != "target"}
    return timed(options, lambda: zoo.generate(model, source, strategy))


def timed(options, step):
    """Seconds of the first call of a step, which compiles, and the median of later ones."""
    first, seconds = turns.warm_and_timed(step, options.seconds)
    return {"first": first, "median": statistics.median(seconds), "steps": len(seconds)}


def rates(inputs, seconds):
    """Rows, images, sound and tokens that are not padding, in a second."""
    found = {"rows_per_second": len(next(iter(inputs.values()))) / seconds}
    for name in ("target", "tokens"):
        if name in inputs:
            found["tokens_per_second"] = int((inputs[name] > 0).sum()) / seconds
    if "image" in inputs:
        found["images_per_second"] = len(inputs["image"]) / seconds
    if "samples" in inputs:
        found["sound_seconds_per_second"] = inputs["samples"].size / 16_000 / seconds
    return found


def cudnn_operations(model, inputs):
    """Calls of cuDNN's recurrent kernels in the graph of a training step, forward pass alone.

    A layer says which kernel it means to take; this counts what TensorFlow has been told to run.
    """
    import tensorflow as tf

    function = tf.function(lambda batch: model(batch, training=True), autograph=False)
    graph = function.get_concrete_function(inputs).graph.as_graph_def()
    nodes = [*graph.node, *(node for body in graph.library.function for node in body.node_def)]
    return sum(node.op.startswith("CudnnRNN") for node in nodes)


def reference(options, tell, name):
    """Weights, seeds, outputs and losses of a builder on the CPU, kept for `parity`."""
    model, compute = compared(options, name)
    variables = {f"variable_{i}": np.asarray(value) for i, value in enumerate(model.variables)}
    np.savez(pathlib.Path(options.folder, f"{name}.npz"), **variables, **compute())


def parity(options, tell, name):
    """Largest differences between outputs and losses here and those of `reference`.

    Once with products in full float32, and once as TensorFlow takes them on GPUs that have TF32.
    """
    import tensorflow as tf

    with np.load(pathlib.Path(options.folder, f"{name}.npz")) as arrays:
        kept = dict(arrays)
    model, compute = compared(options, name)
    variables = list(model.variables)
    found = {"largest_output": float(np.abs(kept["outputs"]).max())}
    for kind, tf32 in (("float32", False), ("tf32", True)):
        tf.config.experimental.enable_tensor_float_32_execution(tf32)
        for number, variable in enumerate(variables):
            variable.assign(kept[f"variable_{number}"])
        for what, array in compute().items():
            found[f"{what}_{kind}"] = float(np.abs(array - kept[what]).max())
    tell(name, **found)


def compared(options, name):
    """A model, and a function that computes its outputs and the losses of its first steps."""
    import keras

    sizes = builders.TINY if options.tiny else builders.STEADY
    model = builders.build(name, sizes)
    inputs = builders.inputs(model, sizes)
    labels = builders.labels(model, inputs)
    builders.compile_model(model, learning_rate=0.1)  # so that gradients show in the losses

    def compute():
        outputs = keras.ops.convert_to_numpy(model(inputs, training=False))
        losses = [float(model.train_on_batch(inputs, labels)) for _ in range(3)]
        return {"outputs": outputs, "losses": np.array(losses)}

    return model, compute


PARTS = {
    "machine": machine,
    "builders": builder,
    "recurrent": gpu_recurrent.measure,
    "reference": reference,
    "parity": parity,
    "recipes": gpu_recipes.measure,
}
OF_A_BUILDER = ("builders", "reference", "parity")  # all of them if a job names none


def main():
    """Run the jobs that the command line names, and tell how each ended."""
    options, jobs = Options(**json.loads(sys.argv[1])), sys.argv[2:]
    stream = turns.answers()

    def write(**line):
        print(json.dumps(line), file=stream, flush=True)

    for job in jobs:
        part, *names = job.split(":")
        calls = {job: names}
        if part in OF_A_BUILDER:
            devices.import_tensorflow()
            calls = {f"{part}:{name}": [name] for name in names or builders.names()}
        for call, words in calls.items():

            def tell(row, part=part, **figures):
                write(part=part, row=row, figures=figures)

            try:
                PARTS[part](options, tell, *words)
            except gpu_recurrent.LeftOut as reason:
                write(left_out=call, reason=str(reason))
            except Exception as error:
                traceback.print_exc()
                write(failed=call, reason=turns.described(error))
        write(ended=job)


if __name__ == "__main__":
    main()
