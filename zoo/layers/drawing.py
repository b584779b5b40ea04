"""The layer of DRAW: reads a picture and writes it on a canvas, stroke by stroke."""

from typing import NamedTuple

import keras
from keras import layers, ops

from zoo.layers import gaussian_grid
from zoo.layers.composed import ComposedLayer, kernel_of
from zoo.layers.recurrent import choose_kernel


class Stroke(NamedTuple):
    """One step of the network but for its products: sizes, and functions of arrays.

    channels, height, width: Of the picture; a flat one has its pixels channel by channel.
    units: Width of the states.
    latent_dim: Width of the latent vector.
    read_size, write_size: Filters along each side of the grid; 0 for the whole picture.
    """

    channels: int
    height: int
    width: int
    units: int
    latent_dim: int
    read_size: int
    write_size: int

    @property
    def pixels(self):
        """Numbers of a flat picture, `P`."""
        return self.channels * self.height * self.width

    @property
    def window_width(self):
        """Numbers that place the window to read from."""
        return gaussian_grid.NUM_PARAMETERS if self.read_size else 0

    @property
    def read_width(self):
        """Numbers that are read, of the picture and of what is missing, `R`."""
        return 2 * (self.channels * self.read_size**2 if self.read_size else self.pixels)

    @property
    def write_width(self):
        """Numbers that the decoder writes, those that place its window before them, `O`."""
        if not self.write_size:
            return self.pixels
        return gaussian_grid.NUM_PARAMETERS + self.channels * self.write_size**2

    def read(self, picture, canvas, window):
        """The encoder's view of the picture and of what the canvas lacks, `(B, R)`."""
        images = ops.stack([picture, picture - ops.sigmoid(canvas)], axis=1)  # (B, 2, P)
        if self.read_size:
            images = ops.reshape(images, (-1, 2 * self.channels, self.height, self.width))
            images = gaussian_grid.read(images, window, self.read_size)
        return ops.reshape(images, (-1, self.read_width))

    def cell(self, gates, c):
        """The states of an LSTM from the sums before its gates, `(B, 4U)`: `h, c`."""
        i, f, g, o = ops.split(gates, 4, axis=1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        return ops.sigmoid(o) * ops.tanh(c), c

    def sample(self, posterior, noise):
        """The latent vector, `(B, Z)`: means and logarithms of deviations, and normal noise."""
        mean, log_deviation = ops.split(posterior, 2, axis=1)
        return mean + ops.exp(log_deviation) * noise

    def write(self, canvas, written):
        """The canvas with what the decoder writes, `(B, P)`."""
        if self.write_size:
            sides = (self.channels, self.write_size, self.write_size)
            patch = ops.reshape(written[:, gaussian_grid.NUM_PARAMETERS :], (-1, *sides))
            placed = written[:, : gaussian_grid.NUM_PARAMETERS]
            written = gaussian_grid.write(patch, placed, self.height, self.width)
            written = ops.reshape(written, (-1, self.pixels))
        return canvas + written


@keras.saving.register_keras_serializable(package="zoo")
class Drawing(ComposedLayer):
    """Variational autoencoder that reads and writes in strokes.

    Called with pictures `(B, H, W, C)` from 0 to 1, and their labels `(B,)` if there are classes.
    In a training the latent vectors are drawn from the posterior; at inference they are its means.

    Args:
        image_shape: `(H, W, C)` of every picture.
        units: Width of the states of encoder and decoder.
        latent_dim: Width of the latent vector of a stroke.
        steps: Number of strokes.
        read_size, write_size: Filters along each side of the grid that reads and of the one that
            writes; None for the whole picture.
        num_classes: Number of labels, or None for pictures without.

    Attributes:
        kernel: The loop of strokes, `"xla"` or `"keras"`, see `choose_kernel`.
    """

    cell = "lstm"

    def __init__(
        self,
        image_shape,
        units,
        latent_dim,
        steps,
        read_size=None,
        write_size=None,
        num_classes=None,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self.image_shape = tuple(image_shape)
        self.units, self.latent_dim, self.steps = units, latent_dim, steps
        self.read_size, self.write_size, self.num_classes = read_size, write_size, num_classes
        height, width, channels = image_shape
        self.stroke = Stroke(
            channels, height, width, units, latent_dim, read_size or 0, write_size or 0
        )
        if read_size:
            self.window = self._product("window", self.stroke.window_width)
        self.encoder = self._product("encoder", 4 * units, use_bias=False)
        self.posterior = self._product("posterior", 2 * latent_dim)
        self.decoder = self._product("decoder", 4 * units, use_bias=False)
        self.write = self._product("write", self.stroke.write_width)
        self.seed_generator = keras.random.SeedGenerator()

    def _product(self, name, width, use_bias=True):
        return layers.Dense(width, use_bias=use_bias, dtype=self.dtype_policy, name=name)

    def build(self, picture_shape, labels_shape=None):
        units, wide = self.units, 4 * self.units
        if self.read_size:
            self.window.build((None, units))
        self.encoder.build((None, self.stroke.read_width + 2 * units))
        self.posterior.build((None, units))
        self.decoder.build((None, self.latent_dim + units))
        self.write.build((None, units))
        for name in ("encoder", "decoder"):
            bias = self.add_weight(shape=(wide,), initializer="zeros", name=f"{name}_bias")
            bias.assign([0.0] * units + [1.0] * units + [0.0] * 2 * units)  # forget gates open
            setattr(self, f"{name}_bias", bias)
            if self.num_classes:
                classes = self.add_weight(
                    shape=(self.num_classes, wide),
                    initializer="glorot_uniform",
                    name=f"{name}_classes",
                )
                setattr(self, f"{name}_classes", classes)
        self.canvas = self.add_weight(
            shape=(self.stroke.pixels,), initializer="zeros", name="first_canvas"
        )
        self.first_states = self.add_weight(
            shape=(4, units), initializer="zeros", name="first_states"
        )

    def begin_with(self, picture):
        """Let the first canvas be the logits of a picture, such as the mean of the training's.

        Args:
            picture: `(H, W, C)` from 0 to 1.
        """
        odds = ops.clip(ops.convert_to_tensor(picture, "float32"), 0.01, 0.99)
        odds = ops.transpose(ops.log(odds / (1 - odds)), (2, 0, 1))
        self.canvas.assign(ops.reshape(odds, (-1,)))

    def suits_xla(self):
        """True: `choose_kernel` may take the compiled loop."""
        return True

    @property
    def kernel(self):
        """The loop of strokes, `"xla"` or `"keras"`."""
        return choose_kernel(self)

    @property
    def _dtype(self):
        """Precision of states and sums: half would lose small strokes on a large canvas."""
        return "float64" if self.compute_dtype == "float64" else "float32"

    def call(self, picture, labels=None, training=False):
        picture = self._flat(picture)
        rows = ops.shape(picture)[0]
        shape = (self.steps, rows, self.latent_dim)
        if training:
            noise = keras.random.normal(shape, dtype="float32", seed=self.seed_generator)
        else:
            noise = ops.zeros(shape)
        noise = ops.cast(noise, self._dtype)
        biases, states, weights = self._biases(rows, labels), self._states(rows), self._weights()
        if self.kernel == "xla":
            canvas, posterior = self._xla_loop(picture, noise, biases, states, weights, training)
        else:
            canvas, (posterior, *_) = self._strokes(picture, noise, biases, states, weights)
        return self._results(canvas, posterior, noise)

    def _xla_loop(self, picture, noise, biases, states, weights, training):
        from zoo.layers.xla import drawing_loops, parts

        half = self.compute_dtype == "bfloat16" and parts.bfloat16_units()
        return drawing_loops.run(
            self.stroke,
            picture,
            noise,
            biases,
            states,
            drawing_loops.Weights(*weights),
            training=bool(training),
            factors="bfloat16" if half else self._dtype,
        )

    def _flat(self, picture):
        planes = ops.transpose(ops.cast(picture, self._dtype), (0, 3, 1, 2))  # (B, C, H, W)
        return ops.reshape(planes, (-1, self.stroke.pixels))

    def _pictures(self, canvases):
        """Flat canvases `(…, P)` as `(…, H, W, C)` float32."""
        stroke, lead = self.stroke, ops.shape(canvases)[:-1]
        planes = ops.reshape(canvases, (*lead, stroke.channels, stroke.height, stroke.width))
        return ops.cast(ops.moveaxis(planes, -3, -1), "float32")

    def _biases(self, rows, labels):
        """The biases of encoder and decoder for each row, `(B, 4U)`."""
        biases = []
        for name in ("encoder", "decoder"):
            bias = ops.broadcast_to(getattr(self, f"{name}_bias")[None], (rows, 4 * self.units))
            if self.num_classes:
                bias = bias + ops.take(getattr(self, f"{name}_classes"), labels, axis=0)
            biases.append(ops.cast(bias, self._dtype))
        return biases

    def _states(self, rows):
        """The first canvas, and the first h and c of encoder and decoder."""
        first = [self.canvas, *ops.unstack(ops.convert_to_tensor(self.first_states), 4)]
        return [
            ops.broadcast_to(ops.cast(state, self._dtype)[None], (rows, state.shape[0]))
            for state in first
        ]

    def _weights(self):
        """Kernels and biases in the order of `drawing_loops.Weights`."""
        if self.stroke.window_width:
            window = [kernel_of(self.window), self.window.bias]
        else:
            window = [ops.zeros((self.units, 0)), ops.zeros((0,))]
        weights = [
            *window, kernel_of(self.encoder), kernel_of(self.posterior), self.posterior.bias,
            kernel_of(self.decoder), kernel_of(self.write), self.write.bias,
        ]  # fmt: skip
        return [ops.cast(weight, self._dtype) for weight in weights]

    def _product_of(self, x, kernel):
        """The product of `(B, rows)` and a kernel, its factors in the layer's precision."""
        product = ops.matmul(ops.cast(x, self.compute_dtype), ops.cast(kernel, self.compute_dtype))
        return ops.cast(product, self._dtype)

    def _strokes(self, picture, noise, biases, states, weights):
        """All strokes: the last canvas, and of each stroke posterior, window, written, canvas.

        Without a picture the noise is the latent vector, and nothing is read.
        """
        window, window_bias, encoder, posterior, posterior_bias, decoder, *write = weights
        product, stroke = self._product_of, self.stroke

        # A loop of Python: on TensorFlow `ops.scan` gives only results shaped as the states.
        canvas, encoder_h, encoder_c, decoder_h, decoder_c = states
        by_step = []
        for t in range(self.steps):
            seen = []
            if picture is None:
                latent = noise[t]
            else:
                placed = product(decoder_h, window) + window_bias
                read = stroke.read(picture, canvas, placed)
                read = ops.concatenate([read, decoder_h, encoder_h], axis=1)
                encoder_h, encoder_c = stroke.cell(product(read, encoder) + biases[0], encoder_c)
                parameters = product(encoder_h, posterior) + posterior_bias
                latent = stroke.sample(parameters, noise[t])
                seen = [parameters, placed]
            latent = ops.concatenate([latent, decoder_h], axis=1)
            decoder_h, decoder_c = stroke.cell(product(latent, decoder) + biases[1], decoder_c)
            written = product(decoder_h, write[0]) + write[1]
            canvas = stroke.write(canvas, written)
            by_step.append([*seen, written, canvas])
        return canvas, [ops.stack(values) for values in zip(*by_step, strict=True)]

    def _results(self, canvas, posterior, noise):
        mean, log_deviation = ops.split(posterior, 2, axis=2)  # (T, B, Z)
        latent = mean + ops.exp(log_deviation) * noise
        terms = ops.square(mean) + ops.expm1(2 * log_deviation) - 2 * log_deviation
        ratio = (ops.square(noise) - ops.square(latent)) / 2 + log_deviation
        return {
            "logits": self._pictures(canvas),
            "kl": ops.cast(ops.transpose(ops.sum(terms, axis=2)) / 2, "float32"),
            "log_ratio": ops.cast(ops.transpose(ops.sum(ratio, axis=2)), "float32"),
        }

    def reconstruct(self, picture, labels=None, seed=None):
        """Draw given pictures and keep what every stroke did.

        Args:
            picture: `(B, H, W, C)` from 0 to 1.
            labels: `(B,)`, if there are classes.
            seed: Seed of the latent vectors; None for the means of the posterior.

        Returns:
            What a call gives, and by stroke `canvases`, `(T, B, H, W, C)` logits, `read_windows`
            and `write_windows`, `(T, B, 4)` each: row and column of the centre, stride and
            deviation in pixels; a grid that is not used has no windows.
        """
        picture = self._flat(picture)
        rows = picture.shape[0]
        noise = self._noise(rows, seed)
        canvas, (posterior, read, written, canvases) = self._strokes(
            picture, noise, self._biases(rows, labels), self._states(rows), self._weights()
        )
        found = self._results(canvas, posterior, noise)
        return {**found, **self._views(canvases, read, written)}

    def generate(self, count, labels=None, seed=0, temperature=1.0):
        """Draw new pictures from the prior.

        Args:
            count: Number of pictures.
            labels: `(count,)`, if there are classes.
            seed: Seed of the latent vectors.
            temperature: Factor of their deviation.

        Returns:
            A dict of `logits`, `(count, H, W, C)`, and by stroke `canvases` and `write_windows` as
            `reconstruct` gives them.
        """
        return self.paint(self._noise(count, seed) * temperature, labels)

    def paint(self, latent, labels=None):
        """Draw the pictures of given latent vectors.

        Args:
            latent: `(T, B, latent_dim)`, of each stroke.
            labels: `(B,)`, if there are classes.

        Returns:
            As of `generate`.
        """
        latent = ops.cast(latent, self._dtype)
        rows = ops.shape(latent)[1]
        canvas, (written, canvases) = self._strokes(
            None, latent, self._biases(rows, labels), self._states(rows), self._weights()
        )
        return {"logits": self._pictures(canvas), **self._views(canvases, None, written)}

    def _noise(self, rows, seed):
        shape = (self.steps, rows, self.latent_dim)
        if seed is None:
            return ops.zeros(shape, self._dtype)
        return ops.cast(keras.random.normal(shape, dtype="float32", seed=seed), self._dtype)

    def _views(self, canvases, read, written):
        views = {"canvases": self._pictures(canvases)}
        if read is not None and self.read_size:
            views["read_windows"] = self._windows(read, self.read_size)
        if self.write_size:
            views["write_windows"] = self._windows(written, self.write_size)
        return views

    def _windows(self, parameters, size):
        """Row, column, stride and deviation of windows, `(T, B, 4)`."""
        count = gaussian_grid.NUM_PARAMETERS
        flat = ops.reshape(parameters[..., :count], (-1, count))
        row, column, stride, variance, _ = gaussian_grid.window(
            flat, self.stroke.height, self.stroke.width, size
        )
        found = ops.stack([row, column, stride, ops.sqrt(variance)], axis=-1)
        lead = ops.shape(parameters)[:2]
        return ops.cast(ops.reshape(found, (*lead, 4)), "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "units": self.units,
            "latent_dim": self.latent_dim,
            "steps": self.steps,
            "read_size": self.read_size,
            "write_size": self.write_size,
            "num_classes": self.num_classes,
        }
