"""Truncated backpropagation through time: states go on from chunk to chunk, gradients do not."""

import keras
import tensorflow as tf

from recipes.common import devices, models
from recipes.common.training import crossentropy
from recipes.common.training.clipping import ClippedAdam
from recipes.common.training.optimizer import cosine


class TruncatedBPTT(keras.Model):
    """A language model that reads `data.streams.Streams` and keeps the states between batches.

    The states are variables, so that a checkpoint holds them; those of validation are others than
    those of training. No gradient passes through them.

    Reference: Williams & Peng (1990), "An efficient gradient-based algorithm for on-line training
    of recurrent network trajectories", https://doi.org/10.1162/neco.1990.2.4.490: `BPTT(h; h')`,
    here with `h` the `back` and `h'` the `steps` of the streams.

    Args:
        model: A model of `zoo.rnn_language_model`.
        batch_size: Streams of the training, on all devices together.
        validation_batch_size: Streams of the validation.
        steps: Tokens that the states move on by in a training step; those of a batch if 0.
    """

    def __init__(self, model, batch_size, validation_batch_size=1, steps=0, **kwargs):
        super().__init__(name=f"{model.name}_in_streams", **kwargs)
        self.inner, self.steps = model, steps
        self.decoder = model.get_layer("decoder")
        self.carried = {
            True: self._make_states("training", batch_size // devices.count()),
            False: self._make_states("validation", validation_batch_size // devices.count()),
        }
        self.built = True  # the model is

    def _make_states(self, name, rows):
        return [
            keras.Variable(
                "zeros",
                (rows, *shape),
                dtype="float32",
                trainable=False,
                autocast=False,
                # Each device has the states of its own streams.
                aggregation="only_first_replica",
                synchronization="on_read",
                name=f"{name}_state_{number}",
            )
            for number, shape in enumerate(self.decoder.state_shapes(None), start=1)
        ]

    def count_params(self):
        """The number of parameters of the language model: the states are none."""
        return self.inner.count_params()

    def call(self, inputs, training=False):
        tokens, carried = inputs["tokens"], self.carried[bool(training)]
        states = [tf.where(inputs["fresh"][:, None], 0.0, state) for state in carried]
        states = self.decoder.group_states(map(tf.stop_gradient, states))
        length = tokens.shape[1]
        steps = self.steps or length
        if not training or steps == length:
            # What follows the end of a document is padding, and then the stream is fresh.
            logits, states = self.decoder.teacher_forced(tokens, (states, ()), training)
            self._keep(carried, states)
            return logits
        mask = tokens != 0  # before the beginning of a document there is padding too
        parts = []
        for part in (slice(None, steps), slice(steps, None)):
            logits, states = self.decoder.teacher_forced(
                tokens[:, part], (states, ()), training, mask[:, part]
            )
            if not parts:
                self._keep(carried, states)
            parts.append(logits)
        return tf.concat(parts, 1)

    def _keep(self, carried, states):
        for variable, state in zip(carried, tf.nest.flatten(states), strict=True):
            variable.assign(tf.cast(state, "float32"))


def compile_model(model, config, steps_per_epoch):
    """Compile a `TruncatedBPTT` with Adam, a warm-up, cosine decay, and clipping by global norm.

    Args:
        model: The model.
        config: A `config.LanguageModel`.
        steps_per_epoch: Training steps of an epoch.
    """
    if config.jit:
        models.give_up_cudnn(model)
    model.compile(
        ClippedAdam(
            cosine(config, steps_per_epoch),
            # Each replica clips its share of a gradient before the shares are added up.
            clip_norm=config.clip_norm / devices.count(),
            beta_2=config.beta_2,
            weight_decay=config.weight_decay or None,
            use_ema=config.average > 0,
            ema_momentum=config.average,
            ema_overwrite_frequency=None,
        ),
        crossentropy.SmoothedCrossentropy(),
        weighted_metrics=[crossentropy.metric()],
        jit_compile=config.jit,
    )
