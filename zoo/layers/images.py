"""From pixels to a grid of features: networks of `keras.applications`, or a small one."""

import contextlib

import keras
from keras import layers, ops

SMALL = "small"
SMALL_FILTERS = (16, 32, 64)


@keras.saving.register_keras_serializable(package="zoo")
class Preprocess(layers.Layer):
    """The preprocessing of pixels that a network of `keras.applications` expects.

    Args:
        cnn: Name of the network, as in `"MobileNetV2"`, or `"small"`: to numbers from -1 to 1.

    Inputs:
        image: `(B, H, W, 3)`, red, green and blue from 0 to 255.

    Outputs:
        image: `(B, H, W, 3)`.
    """

    def __init__(self, cnn, **kwargs):
        super().__init__(**kwargs)
        self.cnn = cnn

    def call(self, image):
        if self.cnn == SMALL:
            return image / 127.5 - 1
        module = application(self.cnn).__module__.rpartition(".")[2]
        return getattr(keras.applications, module).preprocess_input(
            image, data_format="channels_last"
        )

    def compute_output_spec(self, image):
        return keras.KerasTensor(image.shape, dtype=self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "cnn": self.cnn}


@keras.saving.register_keras_serializable(package="zoo")
class Coordinates(layers.Layer):
    """Coordinates as two more features of each position, which convolutions cannot tell.

    Reference: Liu et al. (2018), "An intriguing failing of convolutional neural networks and the
    CoordConv solution", https://arxiv.org/abs/1807.03247, section 3.

    Inputs:
        grid: `(B, h, w, C)`.

    Outputs:
        grid: `(B, h, w, C + 2)`: with the row and the column, from -1 to 1.
    """

    def call(self, grid):
        rows, height, width, _ = ops.shape(grid)
        down = ops.reshape(ops.linspace(-1.0, 1.0, height, dtype="float32"), (1, height, 1, 1))
        right = ops.reshape(ops.linspace(-1.0, 1.0, width, dtype="float32"), (1, 1, width, 1))
        both = [ops.broadcast_to(x, (rows, height, width, 1)) for x in (down, right)]
        return ops.concatenate([grid, *(ops.cast(x, grid.dtype) for x in both)], -1)

    def compute_output_spec(self, grid):
        return keras.KerasTensor((*grid.shape[:-1], grid.shape[-1] + 2), dtype=grid.dtype)


def application(name):
    """The function of `keras.applications` with this name.

    Raises:
        ValueError: If there is none.
    """
    found = getattr(keras.applications, name, None) if name[:1].isupper() else None
    if not callable(found):
        known = [n for n in dir(keras.applications) if n[:1].isupper()]
        raise ValueError(f"cnn must be {SMALL!r} or one of {', '.join(known)}; got {name!r}.")
    return found


def image_encoder(image_shape, cnn=SMALL, cnn_weights=None, train_cnn=True):
    """A network from pixels to a grid of features.

    Args:
        image_shape: `(H, W, 3)`.
        cnn: Name of a network of `keras.applications`, or `"small"`.
        cnn_weights: `"imagenet"`, a file of weights without top, or None for random ones.
        train_cnn: Whether its weights are trained; its batch normalisation stays as it came even
            so, unless the network is `"small"`.

    Returns:
        A `keras.Model` named `"cnn"`, from `(B, H, W, 3)` pixels from 0 to 255 to `(B, h, w, C)`.

    Raises:
        ValueError: If the network is unknown, or refuses the shape or the weights.
    """
    image = keras.Input(image_shape, dtype="float32", name="pixels")
    x = Preprocess(cnn, dtype="float32", name="preprocess")(image)
    if cnn == SMALL:
        if cnn_weights:
            raise ValueError(f"There are no weights for the cnn {SMALL!r}; got {cnn_weights!r}.")
        x = _block(x, SMALL_FILTERS[0], 2, "1_halve")
        for number, filters in enumerate(SMALL_FILTERS[1:], start=2):
            # Wider before pooling, while the pixels of an outline are still apart.
            x = _block(x, filters, 1, f"{number}_widen")
            x = layers.MaxPooling2D(
                padding="same", data_format="channels_last", name=f"{number}_pool"
            )(x)
            if number == len(SMALL_FILTERS):
                x = Coordinates(name="coordinates")(x)
            x = _block(x, filters, 1, f"{number}_look")
        x = _block(x, SMALL_FILTERS[-1], 1, "look_around")
        # Again, so that an attention need not read a position's coordinates from its features.
        x = Coordinates(name="coordinates_again")(x)
        model = keras.Model(image, x, name="cnn")
    else:
        with _channels_last():
            network = application(cnn)(
                include_top=False, weights=cnn_weights, input_shape=tuple(image_shape)
            )
        model = keras.Model(image, network(x), name="cnn")
    model.trainable = train_cnn
    if cnn != SMALL:
        for layer in network._flatten_layers():
            # Statistics of a few pictures would be worse than those of its own training set.
            if isinstance(layer, layers.BatchNormalization):
                layer.trainable = False
    return model


@contextlib.contextmanager
def _channels_last():
    """Networks of `keras.applications` take the data format from Keras' settings alone."""
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        keras.config.set_image_data_format(before)


def _block(x, filters, strides, name):
    x = layers.Conv2D(
        filters, 3, strides, "same", "channels_last", use_bias=False, name=f"conv_{name}"
    )(x)
    x = layers.BatchNormalization(momentum=0.95, name=f"norm_{name}")(x)
    return layers.ReLU(name=f"relu_{name}")(x)
