"""A line for people on what a training computes with."""

import os

import keras
import tensorflow as tf

from recipes.common import models
from zoo.layers.xla import parts

KERNELS = {"cudnn": "cuDNN", "xla": "zoo's loop", "keras": "Keras' loop"}


def describe(model, jit):
    """A line on the devices, the recurrent kernel and the precision of a training."""
    gpus = tf.config.list_physical_devices("GPU")
    kernels = sorted({layer.kernel for layer in models.recurrent_layers(model)})
    precision = keras.config.dtype_policy().name
    if "xla" in kernels and precision.startswith("mixed"):
        precision += f", {_of_loops(precision)}"
    where = f"{len(gpus)} GPU{'s' * (len(gpus) > 1)}" if gpus else f"CPU, {os.cpu_count()} cores"
    return (
        f"{model.name}: {model.count_params():,} parameters; {where}; recurrent kernel: "
        f"{', '.join(KERNELS[kernel] for kernel in kernels) or 'none'}; "
        f"XLA for the whole model {'on' if jit else 'off'}; {precision}"
    )


def _of_loops(precision):
    """The precision of the recurrent loops on a CPU under a mixed policy, for people."""
    units = parts.bfloat16_units()
    if precision == "mixed_bfloat16" and units:
        return f"products of recurrent loops in bfloat16 (the processor has {units})"
    found = f"the processor has {units or 'no unit for bfloat16'}"
    return f"recurrent loops in float32 ({found})"
