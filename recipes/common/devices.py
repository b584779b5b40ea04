"""Devices: a quiet start of TensorFlow, seeds, precision, and all GPUs of the host."""

import contextlib
import functools
import os
import signal
import sys
import tempfile

from recipes.common.errors import UserError
from recipes.common.terminal import tell

# Three quarters of the time for compiling loops on CPUs, and steps as fast; and sums joined to what
# they add up, not given to a library in whose set-up a step has crashed (see
# `zoo.layers.xla_parts.row_sums`). Products stay with that library, which is the faster one.
XLA_FLAGS = "--xla_cpu_use_fusion_emitters=false --xla_cpu_experimental_ynn_fusion_type=-reduce"


def choose_tensorflow():
    """Make Keras use TensorFlow, whatever a user's settings say; TensorFlow imports parts of Keras.

    Raises:
        UserError: If Keras has been imported with another backend.
    """
    if "keras" in sys.modules:
        backend = sys.modules["keras"].backend.backend()
        if backend != "tensorflow":
            raise UserError(
                f"Recipes train with TensorFlow, and Keras was imported with {backend}; start anew "
                "with KERAS_BACKEND=tensorflow."
            )
        return
    if (asked := os.environ.get("KERAS_BACKEND", "tensorflow")) != "tensorflow":
        tell(f"KERAS_BACKEND={asked} is for the builders of zoo; recipes train with TensorFlow.")
    os.environ["KERAS_BACKEND"] = "tensorflow"


def import_tensorflow():
    """Import TensorFlow without its chatter, and whole: a signal waits until it is done."""
    choose_tensorflow()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        with quiet():
            import tensorflow as tf

            if tf.__version__.startswith("2.21."):  # XLA ends a process over a flag it lacks
                os.environ.setdefault("XLA_FLAGS", XLA_FLAGS)
            tf.config.list_physical_devices()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start(config, gpus=True, threads=0):
    """Import TensorFlow and apply seed, precision and determinism.

    Args:
        config: Settings; `seed`, `precision` and `deterministic` count.
        gpus: Whether to use the GPUs of the host, or leave them to other processes.
        threads: Threads of an operation; 0 for as many as there are cores.
    """
    import_tensorflow()
    import keras
    import tensorflow as tf

    # A user's keras.json may say otherwise.
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")

    with contextlib.suppress(RuntimeError):  # too late, if this process has used them
        if not gpus:
            tf.config.set_visible_devices([], "GPU")
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.get_logger().setLevel("ERROR")  # retracing is bounded by the number of padded lengths
    with quiet():
        tf.config.list_logical_devices()
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def quiet():
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
    Heaps are few, as each one keeps what its threads have freed: with eight a core, the memory of a
    detector's training grew from 1.5 to 2.1 GB within three epochs.
    """
    import ctypes

    with contextlib.suppress(AttributeError, OSError):  # another library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)
        mallopt(M_TRIM_THRESHOLD, LARGEST_BLOCK)
        mallopt(M_TOP_PAD, SPARE)
        mallopt(M_ARENA_MAX, HEAPS)


M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -2, -3, -8  # of malloc.h
LARGEST_BLOCK, SPARE, HEAPS = 1 << 30, 1 << 28, 2


@functools.cache
def distribution(kind="GPU"):
    """The distribution over the devices of this host that are of a kind.

    `MirroredStrategy` keeps a copy of the weights on each and splits every batch among them; with
    one device or none there is nothing to distribute. One strategy serves all models of a process,
    as the collective operations of several get in each other's way.
    """
    import tensorflow as tf

    devices = [device.name for device in tf.config.list_logical_devices(kind)]
    return (
        tf.distribute.MirroredStrategy(devices)
        if len(devices) > 1
        else tf.distribute.get_strategy()
    )


def has_gpu():
    """True if TensorFlow may use a GPU."""
    import tensorflow as tf

    with quiet():
        return bool(tf.config.list_logical_devices("GPU"))


def count():
    """Number of devices that share a batch."""
    import_tensorflow()
    with quiet():
        return distribution().num_replicas_in_sync
