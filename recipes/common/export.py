"""Export of trained models, as far as all recipes do it alike."""

import importlib.util
import tempfile

import keras
import tensorflow as tf

from recipes.common import devices
from recipes.common.errors import UserError
from zoo.layers.recurrent import portable

TOLERANCE = 1e-4
SUFFIXES = {"onnx": ".onnx", "litert": ".tflite"}  # of formats that are one file
NEEDED = {"onnx": ("onnx", "tf2onnx", "onnxruntime"), "litert": ("ai_edge_litert",)}
OPSET = 17  # of ONNX; runtimes since 2022 know it


def installed(package):
    """True if a package can be imported."""
    return importlib.util.find_spec(package) is not None


def check_installed(format):
    """Refuse a format whose packages are missing.

    Raises:
        UserError: If one is, with the command that installs it.
    """
    missing = [name.replace("_", "-") for name in NEEDED[format] if not installed(name)]
    if missing:
        label = {"onnx": "ONNX", "litert": "LiteRT"}[format]
        raise UserError(
            f"{label} export needs {' and '.join(missing)}: pip install 'sequence-zoo[{format}]'."
        )


def check_difference(difference):
    """Refuse a file that computes something else.

    Args:
        difference: The largest of its logits from the trained model's.

    Raises:
        UserError: If it is above `TOLERANCE`.
    """
    if not difference <= TOLERANCE:
        raise UserError(
            f"The exported model's logits differ from the trained one's by {difference:.1e}, "
            f"more than {TOLERANCE:.0e}; nothing was written."
        )


def write_module(module, path):
    """Write a `tf.Module` whose function is `serve` as SavedModel, and load what was written.

    Returns:
        The loaded function.
    """
    with portable():
        tf.saved_model.save(module, str(path), signatures={"serving_default": module.serve})
    loaded = tf.saved_model.load(str(path))
    return lambda inputs: loaded.serve(inputs)  # which keeps its variables alive


def write_function(function, variables, signature, path):
    """Write a function of named arrays as one file, ONNX or LiteRT by the suffix of its path.

    Args:
        function: Takes a dict of arrays, gives one; no name may be in both.
        variables: The weights that it reads; the file has them as constants.
        signature: A `tf.TensorSpec` for each input by name.
        path: The file.

    Raises:
        UserError: If ONNX has no form for a part of it.
    """
    constants = [(variable, keras.ops.convert_to_numpy(variable)) for variable in variables]
    specs = [tf.TensorSpec(s.shape, s.dtype, name=name) for name, s in signature.items()]

    @tf.function(input_signature=specs, autograph=False)
    def serve(*inputs):
        # LiteRT cannot read variables inside of loops.
        with keras.StatelessScope(state_mapping=constants):
            return function(dict(zip(signature, inputs, strict=True)))

    write = _write_onnx if path.suffix == SUFFIXES["onnx"] else _write_litert
    with portable():
        write(serve, specs, path)


def _write_onnx(serve, specs, path):
    import onnx
    import tf2onnx

    model, _ = tf2onnx.convert.from_function(serve, specs, opset=OPSET)
    # Constants of layers, as those of Keras' `Normalization`, come out as inputs of the graph.
    concrete = serve.get_concrete_function()
    names = [tensor.name for tensor in concrete.inputs[len(specs) :]]
    for name, tensor in zip(names, concrete.captured_inputs, strict=True):
        model.graph.initializer.append(onnx.numpy_helper.from_array(tensor.numpy(), name))
    inputs = [value for value in model.graph.input if value.name not in names]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError:
        raise UserError(
            "ONNX has no form for a part of this model, such as a convolution in groups, as "
            "ConvNeXt has; use another --format."
        ) from None
    path.write_bytes(model.SerializeToString())


def _write_litert(serve, specs, path):
    module = tf.Module()
    module.serve = serve
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures={"serving_default": serve})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        with devices.quiet():
            path.write_bytes(converter.convert())


def litert_runner(path):
    """A LiteRT file as a function of named arrays, which gives a dict of arrays."""
    from ai_edge_litert.interpreter import Interpreter

    with devices.quiet():
        interpreter = Interpreter(str(path), num_threads=1)
        interpreter.allocate_tensors()  # else its note on XNNPACK comes with the first call
        return interpreter.get_signature_runner()
