"""What the computation runs on: a quiet start of TensorFlow, seeds, precision, all GPUs."""

import contextlib
import functools
import os
import signal
import sys
import tempfile


def import_tensorflow():
    """Import TensorFlow without its chatter, and whole: a signal waits until it is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        with _quiet():
            import tensorflow as tf

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


def describe(model, jit):
    """Which devices and which recurrent kernel a training of this model uses, as a line."""
    import keras
    import tensorflow as tf

    from zoo.layers.recurrent import meets_cudnn_conditions

    gpus = tf.config.list_physical_devices("GPU")
    recurrent = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)
    ]
    if not recurrent:
        kernel = "none"
    elif all(map(meets_cudnn_conditions, recurrent)):
        kernel = "cuDNN" if gpus else "Keras' loop (cuDNN's conditions are met, no GPU is here)"
    else:
        kernel = "Keras' loop (not of cuDNN's kind)"
    where = f"{len(gpus)} GPU{'s' * (len(gpus) > 1)}" if gpus else f"CPU, {os.cpu_count()} cores"
    return (
        f"{model.name}: {model.count_params():,} parameters; {where}; recurrent kernel: {kernel}; "
        f"XLA {'on' if jit else 'off'}; {keras.config.dtype_policy().name}"
    )


def give_up_cudnn(model):
    """Make recurrent layers use Keras' own loop, which XLA compiles and every device runs."""
    for layer in model.layers:
        for part in (
            getattr(layer, "forward_layer", layer), getattr(layer, "backward_layer", layer),
        ):  # fmt: skip
            if hasattr(part, "use_cudnn"):
                part.use_cudnn = False
                part.supports_jit = layer.supports_jit = True
