"""Training steps of the two sides of a benchmark: Adam, gradients clipped by their global norm."""

THREADS = 2
LEARNING_RATE = 1e-3


def prepare_zoo():
    """Let TensorFlow use `THREADS`, keep memory as recipes do, and begin from a fixed seed."""
    import keras
    import tensorflow as tf

    from recipes.common import devices

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    devices.keep_freed_memory()
    keras.utils.set_random_seed(0)


def prepare_torch():
    """Let PyTorch use `THREADS`, and begin from a fixed seed."""
    import torch

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)


def zoo_step(model, loss_of, clip_norm):
    """A compiled step of a Keras model: a function of arrays that gives the loss.

    Args:
        model: The model, built.
        loss_of: The scalar loss, a tensor, of the arrays as tensors.
        clip_norm: Largest norm of all gradients together.
    """
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=clip_norm)
    optimizer.build(model.trainable_variables)

    @tf.function(autograph=False)
    def step(*arrays):
        with tf.GradientTape() as tape:
            loss = loss_of(*arrays)
        sources = model.trainable_variables
        optimizer.apply(tape.gradient(loss, [v.value for v in sources]), sources)
        return loss

    return lambda *arrays: float(step(*map(tf.constant, arrays)))


def torch_step(model, loss_of, clip_norm):
    """A step of a PyTorch model, as `zoo_step`."""
    import torch

    # Keras' epsilon, so that both sides take the same steps.
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, eps=1e-7)

    def step(*arrays):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(*map(torch.from_numpy, arrays))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
        return float(loss.detach())

    return step
