"""Many to one and many to many in step: a video in, a label for it or for each of its frames."""

import keras
from keras import layers

from zoo.layers.attention import AttentionWeights, WeightedSum
from zoo.layers.checks import check_sizes
from zoo.layers.frames import EachFrame, LengthMask, frame_encoder
from zoo.layers.masking import MaskedPooling
from zoo.layers.recurrent import recurrent_layer

POOLINGS = ("last", "max", "mean", "attention")


def video_classifier(
    frame_shape,
    num_classes,
    *,
    per_frame=False,
    cnn="small",
    cnn_weights=None,
    train_cnn=True,
    filters=32,
    frame_dim=128,
    units=128,
    num_layers=1,
    cell="lstm",
    bidirectional=False,
    pooling="last",
    attention_dim=128,
    dropout=0.3,
    name="video_classifier",
):
    """Classify a video, or each of its frames, by a network for images and a recurrent one.

    Every frame passes through the same network for images and a dense layer; recurrent layers read
    the frames in their order. Their outputs are pooled over the real frames into one vector, from
    which the logits of the clip are read; or logits are read from each output. A model per frame
    that is not bidirectional is causal, and `zoo.streaming` makes a live labeller of it.

    Reference: Donahue et al. (2015), "Long-term recurrent convolutional networks for visual
    recognition and description", https://arxiv.org/abs/1411.4389, section 4.1; Yue-Hei Ng et al.
    (2015), "Beyond short snippets: deep networks for video classification",
    https://arxiv.org/abs/1503.08909, section 3.2, for the state of the last frame.

    Notes:
        Features of frames are standardised (batch normalisation). The paper averages what is read
        from each frame; here the states are pooled. No optical flow. Dropout is variational over
        time (one mask a clip).

    Size: 222,450 parameters by default, for `frame_shape=(64, 64, 3), num_classes=2`.

    Args:
        frame_shape: `(H, W, 3)` of frames; any number of channels for the small network; or
            `(D,)`, without a cnn, the shape of a frame's features.
        num_classes: Number of labels.
        per_frame: Whether each frame gets logits, or the clip.
        cnn: `"small"`, convolutions that halve a frame until its grid is 4 x 4 or less; the name of
            a network of `keras.applications` with its own preprocessing, as in `"MobileNetV2"`; or
            None, if the inputs are features.
        cnn_weights: `"imagenet"`, a file of weights without top, or None for random ones.
        train_cnn: Whether the cnn is trained too, or stays as it is.
        filters: Width of the small network's convolutions, half of it in the first.
        frame_dim: Width of the dense layer over the features of a frame.
        units: Width of the state, for each direction.
        num_layers: Number of recurrent layers, one on the other.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        bidirectional: Whether each layer also reads from the end to the beginning.
        pooling: `"last"` (the final state of each direction), `"max"`, `"mean"` or `"attention"`
            (weights in the layer named `"attention"`); of no account per frame.
        attention_dim: Width of the hidden layer that scores a frame; for `pooling="attention"`.
        dropout: Share of features to drop before each recurrent layer and before the logits.
        name: Name of the model.

    Inputs:
        frames: `(B, T, H, W, C)`, from 0 to 255, right padded with anything; without a cnn
            `features`, `(B, T, D)`.
        lengths: `(B,)` int32, number of real frames, 0 counting as 1. A causal model per frame has
            no such input: what follows a frame does not change its logits.

    Outputs:
        logits: `(B, num_classes)` float32; per frame `(B, T, num_classes)`.

    Raises:
        ValueError: If `cell`, `pooling` or `cnn` is unknown, a size is below one, `frame_shape` is
            of another form, or the cnn refuses it.
    """
    check_sizes(
        num_classes=num_classes,
        filters=filters,
        frame_dim=frame_dim,
        units=units,
        num_layers=num_layers,
        attention_dim=attention_dim,
    )
    if pooling not in POOLINGS:
        raise ValueError(f"pooling must be last, max, mean or attention; got {pooling!r}.")
    if len(frame_shape) != (1 if cnn is None else 3):
        expected = "(D,), the shape of features" if cnn is None else "(H, W, C)"
        raise ValueError(f"frame_shape must be {expected}; got {tuple(frame_shape)}.")

    key = "features" if cnn is None else "frames"
    frames = keras.Input((None, *frame_shape), dtype="float32", name=key)
    inputs, masking = {key: frames}, {}
    if bidirectional or not per_frame:
        inputs["lengths"] = keras.Input((), dtype="int32", name="lengths")
        masking["mask"] = LengthMask(name="mask")(inputs["lengths"], frames)  # (B, T)
    x = frames
    if cnn is not None:
        encoder = frame_encoder(frame_shape, cnn, cnn_weights, train_cnn, filters)
        x = EachFrame(encoder, name="each_frame")(frames)  # (B, T, D)
    x = layers.BatchNormalization(center=False, scale=False, name="standardise")(x)
    x = layers.Dense(frame_dim, activation="relu", name="frame")(x)  # (B, T, frame_dim)
    for number in range(1, num_layers + 1):
        x = layers.SpatialDropout1D(dropout, name=f"dropout_{number}")(x)
        # Each direction's own final state is the summary when only the last step counts.
        sequences = per_frame or pooling != "last" or number < num_layers
        layer = recurrent_layer(cell, units, return_sequences=sequences, name=f"recurrent_{number}")
        if bidirectional:
            layer = layers.Bidirectional(layer, name=f"bidirectional_{number}")
        x = layer(x, **masking)  # (B, T, units or 2 * units), without T after the last if "last"
    if not per_frame:
        if pooling == "attention":
            weights = AttentionWeights(attention_dim, name="attention")(x, masking["mask"])
            x = WeightedSum(name="pool")(x, weights)
        elif pooling != "last":
            x = MaskedPooling(pooling, name="pool")(x, masking["mask"])  # (B, units)
    x = layers.Dropout(dropout, name="dropout")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name=name)
