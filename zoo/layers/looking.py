"""Recurrent networks over glimpses: one that reads a picture, one that reads objects in turn."""

import keras
from keras import layers, ops

from zoo.layers.composed import ComposedLayer
from zoo.layers.glimpses import GlimpseSensor, Locator, channels_first
from zoo.layers.recurrent import recurrent_layer


class Looking(ComposedLayer):
    """Base of layers that look at a picture step by step.

    Args:
        glimpse_size: Height and width of a glimpse's patches, pixels.
        scales: Patches of a glimpse, each twice as wide as the one before.
        glimpse_dim: Width of a glimpse's vector.
        units: Width of a recurrent state.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        location_std: Standard deviation of the locations drawn in training.
        locations: `"reinforced"`, `"differentiable"` or `"random"`, see `Locator`.
        dropout: Share of features dropped from each glimpse's vector.
        seed: Seed of the locations.
    """

    def __init__(
        self,
        *,
        glimpse_size,
        scales,
        glimpse_dim,
        units,
        cell,
        location_std,
        locations,
        dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.settings = {
            "glimpse_size": glimpse_size,
            "scales": scales,
            "glimpse_dim": glimpse_dim,
            "units": units,
            "cell": cell,
            "location_std": location_std,
            "locations": locations,
            "dropout": dropout,
            "seed": seed,
        }
        self.units = units
        self.reinforced = locations == "reinforced"
        self.dropout = layers.Dropout(dropout, seed=seed, name="dropout")
        self.sensor = GlimpseSensor(glimpse_size, scales, name="sensor")
        self.locator = Locator(max(16, units // 2), location_std, locations, seed, name="locator")
        if self.reinforced:
            self.baseline = layers.Dense(1, dtype="float32", name="baseline")

    def build_shared(self):
        """Build the layers of this class."""
        self.locator.build((None, self.units))
        if self.reinforced:
            self.baseline.build((None, None, self.units))
        self.built = True

    def zeros(self, image, layer):
        """The first states of a recurrent layer."""
        shape = (ops.shape(image)[0], self.units)
        sizes = layer.cell.state_size
        count = len(sizes) if isinstance(sizes, list | tuple) else 1
        return [ops.zeros(shape, layer.compute_dtype) for _ in range(count)]

    def given(self, steps, **more):
        """The dict of outputs.

        Args:
            steps: A `(location, log_probability, state)` for each glimpse; the baseline of its
                reward is read from that state, which was there before it.
            **more: The layer's own outputs.
        """
        locations, log_probabilities, states = zip(*steps, strict=True)
        found = {**more, "locations": ops.stack(locations, 1)}  # (B, T, 2)
        if self.reinforced:
            found["log_probabilities"] = ops.stack(log_probabilities, 1)  # (B, T)
            found["baselines"] = self.baseline(ops.stack(states, 1))[:, :, 0]  # (B, T)
        return found

    def get_config(self):
        return {**super().get_config(), **self.settings}


@keras.saving.register_keras_serializable(package="zoo")
class RecurrentAttention(Looking):
    """A recurrent layer that reads one glimpse a step and says where the next one is taken.

    Reference: Mnih et al. (2014), "Recurrent models of visual attention",
    https://arxiv.org/abs/1406.6247, section 3.1.

    Args:
        glimpses: Number of glimpses.
        **settings: Those of `Looking`.

    Inputs:
        image: `(B, H, W, C)`.

    Outputs:
        A dict of `states`, `(B, T, units)`, after each glimpse, and `locations`, `(B, T, 2)`, and
        where they are reinforced `log_probabilities` and `baselines`, `(B, T)`.
    """

    def __init__(self, glimpses, **settings):
        super().__init__(**settings)
        self.glimpses = glimpses
        width = self.settings["glimpse_dim"]
        self.what = layers.Dense(max(1, width // 2), activation="relu", name="what")
        self.where = layers.Dense(max(1, width // 2), activation="relu", name="where")
        self.both = layers.Dense(width, activation="relu", name="both")
        self.core = recurrent_layer(self.settings["cell"], self.units, name="core")

    def build(self, image_shape):
        patch = self.settings["glimpse_size"] ** 2 * self.settings["scales"] * image_shape[-1]
        self.what.build((None, patch))
        self.where.build((None, 2))
        self.both.build((None, self.what.units + self.where.units))
        self.core.build((None, None, self.both.units))
        self.build_shared()

    def call(self, image, training=False):
        picture = channels_first(image)
        states = self.zeros(image, self.core)
        steps, after = [], []
        for _ in range(self.glimpses):
            before = states[0]
            if self.reinforced:
                # What the reward says of the locations is too noisy for a state that classifies.
                before = ops.stop_gradient(before)
            location, log_probability = self.locator(before, training=training)
            steps.append((location, log_probability, before))
            patches = self.sensor(picture, location)
            what = self.what(ops.reshape(patches, (-1, self.what.kernel.shape[0])))
            glimpse = self.both(ops.concatenate([what, self.where(location)], -1))
            glimpse = self.dropout(glimpse, training=training)
            _, states = self.core.cell(glimpse, states)
            after.append(states[0])
        return self.given(steps, states=ops.stack(after, 1))

    def get_config(self):
        return {**super().get_config(), "glimpses": self.glimpses}


@keras.saving.register_keras_serializable(package="zoo")
class MultiObjectAttention(Looking):
    """Two recurrent layers: the lower one reads glimpses and labels, the upper one says where.

    What the first glimpse is taken by comes with the states of the upper layer; the lower one, from
    which labels are read, knows of the picture what the glimpses show. Where locations are
    reinforced, no gradient passes from the upper layer to the lower one.

    Reference: Ba, Mnih & Kavukcuoglu (2015), "Multiple object recognition with visual attention",
    https://arxiv.org/abs/1412.7755, section 3.

    Args:
        objects: Labels to read.
        glimpses: Glimpses before each of them.
        filters: Width of the two convolutions over a glimpse.
        **settings: Those of `Looking`.

    Inputs:
        image: `(B, H, W, C)`.
        states: List of the upper layer's first states, `(B, units)`; empty where locations are
            random, as there is no upper layer.

    Outputs:
        A dict of `states`, `(B, T, units)`, of the lower layer after each glimpse, `T` being
        `objects * glimpses`, and `locations`, `(B, T, 2)`, and where they are reinforced
        `log_probabilities` and `baselines`, `(B, T)`.
    """

    def __init__(self, objects, glimpses, filters, **settings):
        super().__init__(**settings)
        self.objects, self.glimpses, self.filters = objects, glimpses, filters
        options = {
            "padding": "same", "data_format": "channels_last", "activation": "relu",
        }  # fmt: skip
        self.fine = layers.Conv2D(filters, 3, **options, name="fine")
        self.coarse = layers.Conv2D(filters, 3, strides=2, **options, name="coarse")
        width = self.settings["glimpse_dim"]
        self.what = layers.Dense(width, activation="relu", name="what")
        # Ones, as a glimpse times next to nothing would teach nothing.
        self.where = layers.Dense(width, "relu", bias_initializer="ones", name="where")
        self.lower = recurrent_layer(self.settings["cell"], self.units, name="lower")
        self.upper = None
        if self.settings["locations"] != "random":
            self.upper = recurrent_layer(self.settings["cell"], self.units, name="upper")

    def build(self, image_shape, states_shape=None):
        size, scales = self.settings["glimpse_size"], self.settings["scales"]
        self.fine.build((None, size, size, scales * image_shape[-1]))
        self.coarse.build((None, size, size, self.filters))
        self.what.build((None, (-(-size // 2)) ** 2 * self.filters))
        self.where.build((None, 2))
        self.lower.build((None, None, self.what.units))
        if self.upper:
            self.upper.build((None, None, self.units))
        self.build_shared()

    def call(self, image, states, training=False):
        picture = channels_first(image)
        lower = self.zeros(image, self.lower)
        upper = [ops.cast(state, self.compute_dtype) for state in states] or lower
        steps, after = [], []
        for _ in range(self.objects * self.glimpses):
            location, log_probability = self.locator(upper[0], training=training)
            steps.append((location, log_probability, upper[0]))
            patches = self.coarse(self.fine(self.sensor(picture, location)))
            what = self.what(ops.reshape(patches, (-1, self.what.kernel.shape[0])))
            glimpse = self.dropout(what * self.where(location), training=training)
            seen, lower = self.lower.cell(glimpse, lower)
            after.append(seen)
            if self.upper:
                below = ops.stop_gradient(seen) if self.reinforced else seen
                _, upper = self.upper.cell(below, upper)
        return self.given(steps, states=ops.stack(after, 1))

    def get_config(self):
        own = {"objects": self.objects, "glimpses": self.glimpses, "filters": self.filters}
        return {**super().get_config(), **own}
