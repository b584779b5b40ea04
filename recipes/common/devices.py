"""What the computation runs on: a quiet start of TensorFlow, seeds, precision, all GPUs."""

import contextlib
import functools
import os
import signal
import sys
import tempfile

# Three quarters of the time for compiling loops on CPUs, and steps as fast; and sums joined to what
# they add up, not given to a library in whose set-up a step has crashed (see
# `zoo.layers.xla_parts.row_sums`). Products stay with that library, which is the faster one.
XLA_FLAGS = "--xla_cpu_use_fusion_emitters=false --xla_cpu_experimental_ynn_fusion_type=-reduce"


def import_tensorflow():
    """Import TensorFlow without its chatter, and whole: a signal waits until it is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        with _quiet():
            import tensorflow as tf

            if tf.__version__.startswith("2.21."):  # XLA ends a process over a flag it lacks
                os.environ.setdefault("XLA_FLAGS", XLA_FLAGS)
            tf.config.list_physical_devices()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start(config, gpus=True):
    """Import TensorFlow and apply seed, precision and determinism.

    Args:
        config: Settings; `seed`, `precision` and `deterministic` count.
        gpus: Whether to use the GPUs of the host, or leave them to other processes.
    """
    import_tensorflow()
    import keras
    import tensorflow as tf

    if not gpus:
        with contextlib.suppress(RuntimeError):  # too late, if this process has used them
            tf.config.set_visible_devices([], "GPU")
    with _quiet():
        tf.config.list_logical_devices()
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def _quiet():
    """Hold back what native code writes to standard error, unless the block fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Keeps the memory of one step for the next; to fetch it anew costs a fifth of a training.
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")
    keep_freed_memory()
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def keep_freed_memory():
    """Tell the C library not to hand back what XLA's loops ask for again in every step.

    That is large blocks, the end of the heap, and the heaps of threads when they are empty. Pages
    fetched anew made a step of a small translator take 66 ms instead of 49 (single runs).
    """
    import ctypes

    with contextlib.suppress(AttributeError, OSError):  # another library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)
        mallopt(M_TRIM_THRESHOLD, LARGEST_BLOCK)
        mallopt(M_TOP_PAD, SPARE)


M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # of malloc.h
LARGEST_BLOCK, SPARE = 1 << 30, 1 << 28


@functools.cache
def strategy(kind="GPU"):
    """The distribution over the devices of this host that are of a kind.

    `MirroredStrategy` keeps a copy of the weights on each and splits every batch among them; with
    one device or none there is nothing to distribute. One strategy serves all models of a process,
    as the collective operations of several would be mistaken for each other.
    """
    import tensorflow as tf

    devices = [device.name for device in tf.config.list_logical_devices(kind)]
    return (
        tf.distribute.MirroredStrategy(devices)
        if len(devices) > 1
        else tf.distribute.get_strategy()
    )


def count():
    """How many devices share a batch."""
    import_tensorflow()
    with _quiet():
        return strategy().num_replicas_in_sync


KERNELS = {"cudnn": "cuDNN", "xla": "zoo's loop", "keras": "Keras' loop"}


def describe(model, jit):
    """Which devices and which recurrent kernel a training of this model uses, as a line."""
    import keras
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    kernels = sorted({layer.kernel for layer in recurrent_layers(model)})
    precision = keras.config.dtype_policy().name
    if "xla" in kernels and precision.startswith("mixed"):
        precision += f", {_of_loops(precision)}"
    where = f"{len(gpus)} GPU{'s' * (len(gpus) > 1)}" if gpus else f"CPU, {os.cpu_count()} cores"
    return (
        f"{model.name}: {model.count_params():,} parameters; {where}; recurrent kernel: "
        f"{', '.join(KERNELS[kernel] for kernel in kernels) or 'none'}; "
        f"XLA for the whole model {'on' if jit else 'off'}; {precision}"
    )


def recurrent_layers(model):
    """The layers of `zoo.layers.recurrent`, however deep in wrappers and models."""
    for layer in model._flatten_layers():
        if hasattr(layer, "cell") and hasattr(layer, "kernel"):
            yield layer


def _of_loops(precision):
    """What the recurrent loops on a CPU make of a mixed policy, for people."""
    from zoo.layers import xla_parts

    units = xla_parts.bfloat16_units()
    if precision == "mixed_bfloat16" and units:
        return f"products of recurrent loops in bfloat16 (the processor has {units})"
    found = f"the processor has {units or 'no unit for bfloat16'}"
    return f"recurrent loops in float32 ({found})"


def give_up_cudnn(model):
    """Make recurrent layers use Keras' own loop, which XLA compiles and every device runs."""
    for layer in recurrent_layers(model):
        layer.use_cudnn = False
        layer.supports_jit = True
    for layer in model._flatten_layers():
        if hasattr(layer, "forward_layer"):
            layer.supports_jit = True
