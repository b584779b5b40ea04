"""The moving average of weights that an optimizer may keep, used where a model is measured."""

import contextlib

import keras


@contextlib.contextmanager
def averaged_weights(model):
    """Within it, the model has the moving average of its weights, if its optimizer keeps one."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)  # of loss scaling
    if not optimizer.use_ema:
        yield
        return
    variables = model.trainable_variables
    current = [keras.ops.convert_to_numpy(variable) for variable in variables]
    averages = optimizer._model_variables_moving_average
    for variable, average in zip(variables, averages, strict=True):
        variable.assign(average)
    try:
        yield
    finally:
        for variable, array in zip(variables, current, strict=True):
            variable.assign(array)


class ValidateAverage(keras.callbacks.Callback):
    """Validates with the moving average of the weights, which is what will be kept."""

    def on_test_begin(self, logs=None):
        self._context = averaged_weights(self.model)
        self._context.__enter__()

    def on_test_end(self, logs=None):
        self._context.__exit__(None, None, None)
