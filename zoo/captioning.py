"""One to many: captioners, which look at a picture and write a sentence."""

import keras
from keras import layers, ops

from zoo.layers.attention_decoders import AttentionDecoder
from zoo.layers.checks import check_cell, check_sizes
from zoo.layers.decoder import NUM_STATES, InputFirstDecoder
from zoo.layers.images import image_encoder


def show_and_tell(
    image_shape,
    vocab_size,
    *,
    cnn="small",
    cnn_weights=None,
    train_cnn=True,
    embedding_dim=512,
    units=512,
    num_layers=1,
    cell="lstm",
    tie_embeddings=False,
    dropout=0.0,
    begin_token=2,
    end_token=3,
    scheduled_sampling=False,
    name="show_and_tell",
):
    """Caption a picture that is the first input of the recurrent network.

    A convolutional network makes one vector of the picture: the mean over its grid of features. It
    enters the recurrent network once, before the first word.

    Reference: Vinyals, Toshev, Bengio & Erhan (2015), "Show and tell: a neural image caption
    generator", https://arxiv.org/abs/1411.4555, section 3.1.

    Notes:
        The means are standardised (batch normalisation) before the layer that makes them as wide as
        a word; without it a network that is not trained along gives the same few captions for all
        pictures. The word is read from a tanh layer over state and embedding, as in all
        decoders of the zoo. The paper's network for images is GoogLeNet.

    Size: 10,967,092 parameters by default, for `image_shape=(224, 224, 3), vocab_size=8_000`.

    Args:
        image_shape: `(H, W, 3)`, or, without a cnn, the shape `(h, w, C)` of a grid of features.
        vocab_size: Number of token ids, padding included.
        cnn: Name of a network of `keras.applications` with its own preprocessing, as in
            `"MobileNetV2"`; `"small"`, six convolutions to be trained along; or None, if the
            inputs are features.
        cnn_weights: `"imagenet"`, a file of weights without top, or None for random ones.
        train_cnn: Whether the cnn is trained too, or stays as it is.
        embedding_dim: Width of a token's vector, and of the picture's.
        units: Width of the state.
        num_layers: Number of recurrent layers.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        tie_embeddings: Whether the output weights are those of the embedding.
        dropout: Share of features dropped from the picture's vector, from embeddings, between
            layers and before the logits; one mask a sequence (variational dropout).
        begin_token: Id that stands before the first token.
        end_token: Id that stands after the last one.
        scheduled_sampling: Whether the decoder can read some of its own tokens in training; the
            variable `own_tokens` of the layer `"decoder"`, 0 at first, is their share.
        name: Name of the model.

    Inputs:
        image: `(B, H, W, 3)`, red, green and blue from 0 to 255; without a cnn `(B, h, w, C)`.
        target: `(B, T)` int32: the begin token and the tokens before the one to predict, right
            padded with 0. `zoo.generate` writes it by itself.

    Outputs:
        logits: `(B, T, vocab_size)` float32, of the token after each.

    Raises:
        ValueError: If cell or cnn is unknown, a size is below one, or the cnn refuses the shape.
    """
    check_sizes(
        vocab_size=vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
    )
    check_cell(cell)
    image, target, grid = _inputs(image_shape, cnn, cnn_weights, train_cnn)
    x = layers.GlobalAveragePooling2D("channels_last", name="mean")(grid)  # (B, C)
    x = layers.BatchNormalization(center=False, scale=False, name="standardise")(x)
    x = layers.Dropout(dropout, name="dropout_image")(x)
    x = layers.Dense(embedding_dim, name="image_embedding")(x)  # (B, embedding_dim)
    decoder = InputFirstDecoder(
        vocab_size=vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
        cell=cell,
        dropout=dropout,
        tie_embeddings=tie_embeddings,
        begin_token=begin_token,
        end_token=end_token,
        scheduled_sampling=scheduled_sampling,
        name="decoder",
    )
    return keras.Model({"image": image, "target": target}, decoder(target, [x]), name=name)


def show_attend_and_tell(
    image_shape,
    vocab_size,
    *,
    cnn="small",
    cnn_weights=None,
    train_cnn=True,
    image_dim=None,
    embedding_dim=512,
    units=512,
    attention_dim=512,
    num_layers=1,
    cell="lstm",
    tie_embeddings=False,
    dropout=0.5,
    doubly_stochastic=1.0,
    begin_token=2,
    end_token=3,
    scheduled_sampling=False,
    name="show_attend_and_tell",
):
    """Caption a picture with attention to the positions of its grid of features.

    Before each word the state is compared with all positions; their mean, weighted by how well they
    match and multiplied by a gate that the state decides, is an input of the step. The first state
    comes from the mean of all positions.

    Reference: Xu et al. (2015), "Show, attend and tell: neural image caption generation with visual
    attention", https://arxiv.org/abs/1502.03044, sections 3.1, 4.2 (soft attention, doubly
    stochastic) and 4.2.1 (the gate).

    Notes:
        The features are standardised (batch normalisation). The word is read from a tanh layer over
        state, context and embedding where the paper adds the three without one. The paper's network
        for images is VGG19 with a grid of 14 x 14; of several layers, the first one attends.

    Size: 11,467,829 parameters by default, for `image_shape=(224, 224, 3), vocab_size=8_000`.

    Args:
        image_shape: `(H, W, 3)`, or, without a cnn, the shape `(h, w, C)` of a grid of features.
        vocab_size: Number of token ids, padding included.
        cnn: Name of a network of `keras.applications` with its own preprocessing, as in
            `"MobileNetV2"`; `"small"`, six convolutions to be trained along; or None, if the
            inputs are features.
        cnn_weights: `"imagenet"`, a file of weights without top, or None for random ones.
        train_cnn: Whether the cnn is trained too, or stays as it is.
        image_dim: Width to which features are brought by a tanh layer, or None to leave them.
        embedding_dim: Width of a token's vector.
        units: Width of the state.
        attention_dim: Width of the hidden layer that scores a position.
        num_layers: Number of recurrent layers.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        tie_embeddings: Whether the output weights are those of the embedding.
        dropout: Share of features dropped from positions and embeddings, between layers and before
            the logits; one mask a sequence (variational dropout).
        doubly_stochastic: Weight of the loss that asks each position to get attention of 1 over all
            words; it is added in training alone.
        begin_token: Id that stands before the first token.
        end_token: Id that stands after the last one.
        scheduled_sampling: Whether the decoder can read some of its own tokens in training; the
            variable `own_tokens` of the layer `"decoder"`, 0 at first, is their share.
        name: Name of the model.

    Inputs:
        image: `(B, H, W, 3)`, red, green and blue from 0 to 255; without a cnn `(B, h, w, C)`.
        target: `(B, T)` int32: the begin token and the tokens before the one to predict, right
            padded with 0. `zoo.generate` writes it by itself; the attention it returns has a
            column for each of the `h * w` positions, row by row.

    Outputs:
        logits: `(B, T, vocab_size)` float32, of the token after each.

    Raises:
        ValueError: If cell or cnn is unknown, a size is below one, or the cnn refuses the shape.
    """
    check_sizes(
        vocab_size=vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
        attention_dim=attention_dim,
        image_dim=image_dim,
    )
    check_cell(cell)
    image, target, grid = _inputs(image_shape, cnn, cnn_weights, train_cnn)
    x = layers.Reshape((-1, grid.shape[-1]), name="positions")(grid)  # (B, h * w, C)
    x = layers.BatchNormalization(center=False, scale=False, name="standardise")(x)
    if image_dim is not None:
        x = layers.Dense(image_dim, activation="tanh", name="image_embedding")(x)
    x = layers.SpatialDropout1D(dropout, name="dropout_image")(x)
    mask = ops.ones_like(x[:, :, 0], dtype="bool")  # (B, h * w)
    mean = layers.GlobalAveragePooling1D("channels_last", name="mean")(x)  # (B, C)
    states = [
        layers.Dense(units, activation="tanh", name=f"bridge_{number}")(mean)
        for number in range(1, num_layers * NUM_STATES[cell] + 1)
    ]
    decoder = AttentionDecoder(
        vocab_size=vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
        cell=cell,
        dropout=dropout,
        tie_embeddings=tie_embeddings,
        begin_token=begin_token,
        end_token=end_token,
        scheduled_sampling=scheduled_sampling,
        attention_dim=attention_dim,
        gated=True,
        doubly_stochastic=doubly_stochastic,
        name="decoder",
    )
    logits = decoder(target, [x, mask, *states])
    return keras.Model({"image": image, "target": target}, logits, name=name)


def _inputs(image_shape, cnn, cnn_weights, train_cnn):
    """The two inputs, and the grid of features `(B, h, w, C)`."""
    if len(image_shape) != 3 or (cnn is not None and image_shape[-1] != 3):
        expected = "(h, w, C), the shape of features" if cnn is None else "(H, W, 3)"
        raise ValueError(f"image_shape must be {expected}; got {tuple(image_shape)}.")
    image = keras.Input(image_shape, dtype="float32", name="image")
    target = keras.Input((None,), dtype="int32", name="target")
    if cnn is None:
        return image, target, image
    return image, target, image_encoder(image_shape, cnn, cnn_weights, train_cnn)(image)
