"""Clipping by the global norm of the gradient, and how often it happens."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="recipes")
class ClippedAdam(keras.optimizers.Adam):
    """Adam that scales a gradient whose norm, over all weights together, is too large.

    `clipped`, `norms` and `counted` are variables, so that a checkpoint holds them: the number of
    scaled gradients, the sum of all norms and their number since `rate` was last asked.

    Reference: Pascanu, Mikolov & Bengio (2013), "On the difficulty of training recurrent neural
    networks", https://arxiv.org/abs/1211.5063, section 3.2.

    Args:
        learning_rate: As of Adam.
        clip_norm: Largest norm; 0 for any.
        **options: Those of Adam.
    """

    def __init__(self, learning_rate=1e-3, clip_norm=1.0, **options):
        super().__init__(learning_rate, **options)
        self.clip_norm = clip_norm

    def build(self, variables):
        """Make the variables of Adam and the counts."""
        super().build(variables)
        if not hasattr(self, "counted"):
            self.clipped, self.norms, self.counted = (
                self.add_variable((), "zeros", dtype="float32", name=name)
                for name in ("clipped", "norms", "counted")
            )

    def apply(self, grads, trainable_variables=None):
        """One step of Adam with the gradients as they are after clipping."""
        # Several rows of an embedding's gradient may be of one token, and only their sum counts.
        grads = [tf.convert_to_tensor(grad) for grad in grads]
        if not self.built:
            self.build(trainable_variables)
        norm = tf.linalg.global_norm(grads)
        if self.clip_norm:
            scale = self.clip_norm / tf.maximum(norm, self.clip_norm)
            grads = [grad * tf.cast(scale, grad.dtype) for grad in grads]
            self.clipped.assign_add(tf.cast(norm > self.clip_norm, "float32"))
        self.norms.assign_add(norm)
        self.counted.assign_add(1.0)
        super().apply(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        """The step of one variable: in one pass over it where it has a single copy."""
        if self.amsgrad or tf.distribute.has_strategy():
            super().update_step(gradient, variable, learning_rate)
            return
        place, dtype = self._get_variable_index(variable), variable.dtype
        count = tf.cast(self.iterations.value + 1, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, dtype), count),
            beta2_power=tf.pow(tf.cast(self.beta_2, dtype), count),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(self.beta_1, dtype),
            beta2=tf.cast(self.beta_2, dtype),
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )

    def rate(self):
        """Share of gradients that were clipped and the mean norm since this was last asked."""
        count = max(1.0, float(self.counted.numpy()))
        found = float(self.clipped.numpy()) / count, float(self.norms.numpy()) / count
        for variable in (self.clipped, self.norms, self.counted):
            variable.assign(0.0)
        return found

    def get_config(self):
        return {**super().get_config(), "clip_norm": self.clip_norm}


class ClipRate(keras.callbacks.Callback):
    """Adds to the logs of each epoch the share of clipped gradients and the mean of their norms."""

    def on_epoch_end(self, epoch, logs=None):
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        logs["clip_rate"], logs["gradient_norm"] = optimizer.rate()
