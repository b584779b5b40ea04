"""One to one, and many to one: classifiers of pictures, seen at once or read row by row."""

import keras
from keras import layers

from zoo.layers.checks import check_cell, check_image, check_sizes
from zoo.layers.recurrent import recurrent_layer


def image_classifier(
    image_shape,
    num_classes,
    *,
    convolutions=(32, 64),
    hidden=(128,),
    kernel_size=3,
    dropout=0.5,
    name="image_classifier",
):
    """Classify a picture with a network without recurrence.

    Each number of `convolutions` is a block: two convolutions, each normalised over the batch,
    then the maximum over squares of two by two pixels. Dense layers follow. Without convolutions
    it is the multilayer perceptron, which would learn as well from shuffled pixels.

    Reference: LeCun et al. (1998), "Gradient-based learning applied to document recognition",
    https://doi.org/10.1109/5.726791, section 2, for convolutions and, in figure 9, both networks on
    the same digits; Simonyan & Zisserman (2015), https://arxiv.org/abs/1409.1556, for blocks of
    small kernels; Ioffe & Szegedy (2015), https://arxiv.org/abs/1502.03167, for the normalisation.

    Size: 468,394 parameters by default, for `image_shape=(28, 28, 1), num_classes=10`.

    Args:
        image_shape: `(H, W, C)` of every picture.
        num_classes: Number of labels.
        convolutions: Number of filters of each block; none for dense layers alone.
        hidden: Width of each dense layer before the logits.
        kernel_size: Height and width of a filter.
        dropout: Share of features to drop after each dense layer.
        name: Name of the model.

    Inputs:
        image: `(B, H, W, C)` float32 from 0 to 255.

    Outputs:
        logits: `(B, num_classes)` float32.

    Raises:
        ValueError: If a size is below one, or the blocks leave nothing of the picture.
    """
    check_image(image_shape)
    check_sizes(num_classes=num_classes, kernel_size=kernel_size)
    for filters in convolutions:
        check_sizes(convolutions=filters)
    for width in hidden:
        check_sizes(hidden=width)
    if min(image_shape[:2]) >> len(convolutions) < 1:
        raise ValueError(
            f"{len(convolutions)} convolutions halve {image_shape[0]} x {image_shape[1]} pixels to "
            "nothing; name fewer."
        )
    image = keras.Input(image_shape, dtype="float32", name="image")
    x = layers.Rescaling(1 / 127.5, -1, name="scale")(image)
    for number, filters in enumerate(convolutions, start=1):
        for which in "ab":
            x = layers.Conv2D(
                filters,
                kernel_size,
                padding="same",
                use_bias=False,
                data_format="channels_last",
                name=f"convolution_{number}{which}",
            )(x)
            x = layers.BatchNormalization(momentum=0.95, name=f"norm_{number}{which}")(x)
            x = layers.ReLU(name=f"relu_{number}{which}")(x)
        x = layers.MaxPooling2D(data_format="channels_last", name=f"pool_{number}")(x)
    x = layers.Flatten(data_format="channels_last", name="flat")(x)
    for number, width in enumerate(hidden, start=1):
        x = layers.Dense(width, activation="relu", name=f"hidden_{number}")(x)
        x = layers.Dropout(dropout, name=f"dropout_{number}")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"image": image}, logits, name=name)


def row_classifier(
    image_shape,
    num_classes,
    *,
    units=128,
    num_layers=1,
    cell="lstm",
    dropout=0.2,
    name="row_classifier",
):
    """Classify a picture that is read row by row, from the top to the bottom.

    A row of pixels is a step of the recurrent layers, as a word is one of `rnn_classifier`; the
    label is read from the last state.

    Reference: Le, Jaitly & Hinton (2015), "A simple way to initialize recurrent networks of
    rectified linear units", https://arxiv.org/abs/1504.00941, section 4.2, where a step is a single
    pixel.

    Notes:
        A row a step instead of a pixel: 28 steps instead of 784.
        Dropout is variational over time (one mask a picture), and never inside the recurrence,
        where it would rule out cuDNN.

    Size: 81,674 parameters by default, for `image_shape=(28, 28, 1), num_classes=10`.

    Args:
        image_shape: `(H, W, C)` of every picture.
        num_classes: Number of labels.
        units: Width of the state.
        num_layers: Number of recurrent layers, one on the other.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        dropout: Share of features to drop between layers and before the logits.
        name: Name of the model.

    Inputs:
        image: `(B, H, W, C)` float32 from 0 to 255.

    Outputs:
        logits: `(B, num_classes)` float32.

    Raises:
        ValueError: If `cell` is unknown, or a size is below one.
    """
    check_image(image_shape)
    check_sizes(num_classes=num_classes, units=units, num_layers=num_layers)
    check_cell(cell)
    height, width, channels = image_shape
    image = keras.Input(image_shape, dtype="float32", name="image")
    x = layers.Rescaling(1 / 127.5, -1, name="scale")(image)
    x = layers.Reshape((height, width * channels), name="rows")(x)  # (B, H, W * C)
    for number in range(1, num_layers + 1):
        if number > 1:
            x = layers.SpatialDropout1D(dropout, name=f"dropout_{number}")(x)
        x = recurrent_layer(
            cell, units, return_sequences=number < num_layers, name=f"recurrent_{number}"
        )(x)  # (B, H, units), the last one (B, units)
    x = layers.Dropout(dropout, name="dropout_last")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"image": image}, logits, name=name)
