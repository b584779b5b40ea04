"""Pictures read glimpse by glimpse: networks that choose where to look next."""

import keras
from keras import layers

from zoo.layers.checks import check_cell, check_image, check_sizes, check_weights
from zoo.layers.decoder import NUM_STATES
from zoo.layers.glimpses import check_locations
from zoo.layers.looking import MultiObjectAttention, RecurrentAttention

COARSE = 24  # height and width, at least, of the picture that the context network sees


def recurrent_attention(
    image_shape,
    num_classes,
    *,
    glimpses=7,
    glimpse_size=8,
    scales=1,
    glimpse_dim=256,
    units=256,
    cell="irnn",
    location_std=0.1,
    locations="reinforced",
    dropout=0.0,
    name="recurrent_attention",
):
    """Classify a picture by a few glimpses of it, each taken where those before lead.

    A sensor sees small patches around a location. What it sees and where that was make a vector
    that a recurrent layer reads; its state gives the next location, and after the last glimpse the
    logits. The first location is learned too, the same for all pictures.

    Reference: Mnih et al. (2014), "Recurrent models of visual attention",
    https://arxiv.org/abs/1406.6247, section 3.

    Notes:
        Patches are read bilinearly between pixels, so one sensor serves locations that are learned
        by REINFORCE and those learned through the gradient.
        No gradient passes a reinforced location, nor from what chooses it into the recurrent state:
        implementations without that stop lost some ten points of accuracy.
        The location network has a hidden layer, and its last one learns ten times as slowly, as
        the reward is noisy. The rectified recurrent layer begins with the identity.

    Size: 241,805 parameters by default, for `image_shape=(28, 28, 1), num_classes=10`.

    Args:
        image_shape: `(H, W, C)`.
        num_classes: Number of labels.
        glimpses: Number of glimpses.
        glimpse_size: Height and width of a patch, pixels.
        scales: Patches of a glimpse, each twice as wide as the one before and shown as small.
        glimpse_dim: Width of a glimpse's vector.
        units: Width of the recurrent state.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        location_std: Standard deviation of the locations drawn in training; half a picture is 1.
        locations: `"reinforced"` (learned from a reward), `"differentiable"` (through the gradient)
            or `"random"` (anywhere, to compare).
        dropout: Share of features dropped from each glimpse's vector and before the logits.
        name: Name of the model.

    Inputs:
        image: `(B, H, W, C)`, from 0 to 255.

    Outputs:
        logits: `(B, num_classes)` float32.
        logits_by_glimpse: `(B, T, num_classes)` float32, as they are after each glimpse.
        locations: `(B, T, 2)` float32, row and column of each glimpse's centre, from -1 to 1.
        log_probabilities: `(B, T)` float32, of the locations that were drawn; if reinforced.
        baselines: `(B, T)` float32, the reward expected before each glimpse; if reinforced.

    Raises:
        ValueError: If `cell` or `locations` is unknown, or a size is below one.
    """
    check_sizes(
        num_classes=num_classes, glimpses=glimpses, glimpse_size=glimpse_size, scales=scales,
        glimpse_dim=glimpse_dim, units=units,
    )  # fmt: skip
    image, pixels = _inputs(image_shape, cell, location_std, locations)
    seen = RecurrentAttention(
        glimpses=glimpses,
        glimpse_size=glimpse_size,
        scales=scales,
        glimpse_dim=glimpse_dim,
        units=units,
        cell=cell,
        location_std=location_std,
        locations=locations,
        dropout=dropout,
        name="attention",
    )(pixels)
    states = seen.pop("states")  # (B, T, units)
    states = layers.Dropout(dropout, name="dropout")(states)
    each = layers.Dense(num_classes, dtype="float32", name="logits")(states)
    outputs = {"logits": each[:, -1], "logits_by_glimpse": each, **seen}
    return keras.Model({"image": image}, outputs, name=name)


def multi_object_attention(
    image_shape,
    num_classes,
    *,
    max_objects=2,
    glimpses=4,
    glimpse_size=12,
    scales=2,
    filters=32,
    glimpse_dim=256,
    units=256,
    cell="lstm",
    location_std=0.1,
    locations="reinforced",
    dropout=0.0,
    name="multi_object_attention",
):
    """Read the labels of several objects of a picture one after the other, by glimpses.

    Convolutions over a coarse picture give the first state of an upper recurrent layer, which says
    where to look. A lower one reads the glimpses, and after every few of them gives the logits of
    a label; it hands its state up, and knows nothing of the picture but the glimpses. The label
    after the last object's is the end, `num_classes`.

    Reference: Ba, Mnih & Kavukcuoglu (2015), "Multiple object recognition with visual attention",
    https://arxiv.org/abs/1412.7755, section 3.

    Notes:
        Two convolutions over a glimpse where the paper has three, and narrower layers.
        Where locations are reinforced, the upper layer and the context learn from the reward and
        its baseline, and the lower layer from the labels alone.

    Size: 2,271,342 parameters by default, for `image_shape=(100, 100, 1), num_classes=10`.

    Args:
        image_shape: `(H, W, C)`.
        num_classes: Number of labels, the end not counted.
        max_objects: Objects of a picture at most.
        glimpses: Glimpses for each label.
        glimpse_size: Height and width of a patch, pixels.
        scales: Patches of a glimpse, each twice as wide as the one before and shown as small.
        filters: Width of the convolutions.
        glimpse_dim: Width of a glimpse's vector.
        units: Width of the state of each recurrent layer.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        location_std: Standard deviation of the locations drawn in training; half a picture is 1.
        locations: `"reinforced"` (learned from a reward), `"differentiable"` (through the gradient)
            or `"random"` (anywhere, to compare; without context and upper layer).
        dropout: Share of features dropped from each glimpse's vector and before the logits.
        name: Name of the model.

    Inputs:
        image: `(B, H, W, C)`, from 0 to 255.

    Outputs:
        logits: `(B, max_objects + 1, num_classes + 1)` float32, of each object's label and the end.
        logits_by_glimpse: `(B, T, num_classes + 1)` float32, of the label that each glimpse is for.
        locations: `(B, T, 2)` float32, row and column of each glimpse's centre, from -1 to 1, where
            `T` is `(max_objects + 1) * glimpses`.
        log_probabilities: `(B, T)` float32, of the locations that were drawn; if reinforced.
        baselines: `(B, T)` float32, the reward expected before each glimpse; if reinforced.

    Raises:
        ValueError: If `cell` or `locations` is unknown, or a size is below one.
    """
    check_sizes(
        num_classes=num_classes, max_objects=max_objects, glimpses=glimpses,
        glimpse_size=glimpse_size, scales=scales, filters=filters, glimpse_dim=glimpse_dim,
        units=units,
    )  # fmt: skip
    image, pixels = _inputs(image_shape, cell, location_std, locations)
    seen = MultiObjectAttention(
        objects=max_objects + 1,
        glimpses=glimpses,
        filters=filters,
        glimpse_size=glimpse_size,
        scales=scales,
        glimpse_dim=glimpse_dim,
        units=units,
        cell=cell,
        location_std=location_std,
        locations=locations,
        dropout=dropout,
        name="attention",
    )(pixels, _context(pixels, filters, units, 0 if locations == "random" else NUM_STATES[cell]))
    states = seen.pop("states")  # (B, T, units)
    states = layers.Dense(units, activation="relu", name="read")(states)
    states = layers.Dropout(dropout, name="dropout")(states)
    each = layers.Dense(num_classes + 1, dtype="float32", name="logits")(states)
    outputs = {"logits": each[:, glimpses - 1 :: glimpses], "logits_by_glimpse": each, **seen}
    return keras.Model({"image": image}, outputs, name=name)


def _inputs(image_shape, cell, location_std, locations):
    """The picture, and its pixels from 0 to 1."""
    check_cell(cell)
    check_locations(locations)
    check_weights(location_std=location_std)
    if not location_std:
        raise ValueError("location_std must be above 0; got 0.")
    check_image(image_shape)
    image = keras.Input(image_shape, dtype="float32", name="image")
    return image, layers.Rescaling(1 / 255, dtype="float32", name="scale")(image)


def _context(pixels, filters, units, count):
    """The first states of the upper recurrent layer, from a coarse picture."""
    if not count:
        return []
    options = {"padding": "same", "data_format": "channels_last"}
    by = max(1, min(pixels.shape[1:3]) // COARSE)
    x = layers.AveragePooling2D(by, **options, name="coarse")(pixels)
    for number in (1, 2):
        x = layers.Conv2D(filters, 3, 2, activation="relu", **options, name=f"context_{number}")(x)
    x = layers.Flatten("channels_last", name="context")(x)
    names = [f"first_state_{number}" for number in range(1, count + 1)]
    return [layers.Dense(units, activation="tanh", name=name)(x) for name in names]
