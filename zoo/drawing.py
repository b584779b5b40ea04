"""Pictures painted in strokes: a variational autoencoder that reads and writes recurrently."""

import keras
from keras import layers

from zoo.layers.checks import check_image, check_sizes
from zoo.layers.drawing import Drawing


def draw(
    image_shape,
    *,
    units=256,
    latent_dim=100,
    steps=64,
    read_size=2,
    write_size=5,
    num_classes=None,
    name="draw",
):
    """Read a picture and paint it on a canvas, stroke by stroke, through a latent vector each.

    In each stroke the encoder, an LSTM, reads a patch of the picture and of what the canvas lacks;
    a latent vector is drawn from the normal distribution that it gives; the decoder, another LSTM,
    takes it and adds a patch to the canvas. The decoder places both patches: a grid of Gaussian
    filters whose centre, stride, sharpness and strength it chooses. The layer `"strokes"` paints
    new pictures from the prior: `model.get_layer("strokes").generate(16, seed=1)`.

    Reference: Gregor, Danihelka, Graves, Rezende & Wierstra (2015), "DRAW: a recurrent neural
    network for image generation", https://arxiv.org/abs/1502.04623, sections 2 and 3.

    Notes:
        Sampling takes `training=True`; otherwise the latent vectors are the means of the posterior,
        and the output is no estimate of the bound. Encoder and decoder can be told the class, which
        the paper does not. The paper's sizes are those for binarised MNIST.

    Size: 961,275 parameters by default, for `image_shape=(28, 28, 1)`.

    Args:
        image_shape: `(H, W, C)`.
        units: Width of the states of encoder and decoder.
        latent_dim: Width of the latent vector of a stroke.
        steps: Number of strokes, `T`.
        read_size: Filters along each side of the grid that reads; None reads the whole picture.
        write_size: The same of the grid that writes; None writes the whole canvas.
        num_classes: Number of labels that pictures are painted for, or None.
        name: Name of the model.

    Inputs:
        image: `(B, H, W, C)` from 0 to 255.
        label: `(B,)` int32, if there are classes.

    Outputs:
        logits: `(B, H, W, C)` float32 of the probability that a pixel is white.
        kl: `(B, T)` float32, divergence of the posterior from the prior in each stroke, in nats.
        log_ratio: `(B, T)` float32, log-probability of the latent vector under the prior minus that
            under the posterior; with the log-probability of the picture, the sum is the logarithm
            of an importance weight.

    Raises:
        ValueError: If a size is below one, or `image_shape` of another form.
    """
    check_image(image_shape)
    check_sizes(
        units=units,
        latent_dim=latent_dim,
        steps=steps,
        read_size=read_size,
        write_size=write_size,
        num_classes=num_classes,
    )
    inputs = {"image": keras.Input(image_shape, name="image")}
    if num_classes:
        inputs["label"] = keras.Input((), dtype="int32", name="label")
    picture = layers.Rescaling(1 / 255, dtype="float32", name="scale")(inputs["image"])
    strokes = Drawing(
        image_shape,
        units=units,
        latent_dim=latent_dim,
        steps=steps,
        read_size=read_size,
        write_size=write_size,
        num_classes=num_classes,
        name="strokes",
    )
    outputs = strokes(picture, inputs["label"]) if num_classes else strokes(picture)
    return keras.Model(inputs, outputs, name=name)
