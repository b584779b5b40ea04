"""Models of runs: saved, loaded, and made fit for other machines."""

from recipes.common.errors import UserError
from recipes.common.storage import replacing


def recurrent_layers(model):
    """The layers of `zoo.layers.recurrent`, however deep in wrappers and models."""
    for layer in model._flatten_layers():
        if hasattr(layer, "cell") and hasattr(layer, "kernel"):
            yield layer


def give_up_cudnn(model):
    """Make recurrent layers use Keras' own loop, which XLA compiles and every device runs."""
    for layer in recurrent_layers(model):
        layer.use_cudnn = False
        layer.supports_jit = True
    for layer in model._flatten_layers():
        if hasattr(layer, "forward_layer"):
            layer.supports_jit = True


def save(model, path):
    """Write a `.keras` file so that it is complete or as it was before.

    It goes without the loss and the metrics: to load it takes `zoo` and nothing of the recipes. It
    goes without the optimizer's state too, which is twice as large and kept in checkpoints.
    """
    compiled, model.compiled = model.compiled, False
    optimizer, model.optimizer = getattr(model, "optimizer", None), None
    try:
        with replacing(path) as temporary:
            # Keras wants the suffix at the end of the name, where the temporary name has it too.
            model.save(temporary)
    finally:
        model.compiled, model.optimizer = compiled, optimizer


def load_weights(model, path, misfit="are damaged or of another model; train the run anew"):
    """Give a model the weights of a file.

    Args:
        model: The model.
        path: The file.
        misfit: The end of the sentence for weights that do not fit.

    Raises:
        UserError: If the file is missing, damaged, or of another model.
    """
    if not path.exists():
        raise UserError(
            f"The run directory {path.parent} lacks {path.name}: its training has not finished. "
            "Give the train command again; it goes on where it was."
        )
    try:
        model.load_weights(path)
    except Exception as error:
        raise UserError(f"The weights in {path} {misfit}.") from error


def copy_weights(source, target):
    """Give layers of one model the weights of another's of the same names; only one has a CNN."""
    names = {layer.name for layer in target.layers}
    for layer in source.layers:
        if layer.weights and layer.name in names:
            target.get_layer(layer.name).set_weights(layer.get_weights())
