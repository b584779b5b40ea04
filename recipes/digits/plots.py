"""Plots of classifiers of pictures: sheets of them, and what each network makes of one."""

import keras
import numpy as np

from recipes.common.plots import drawable, figure

MOST = 10  # pictures in those that explain
MAPS = 6  # maps a block
NAMED = 16  # names on an axis, at most
UNITS = 40  # units whose weights are shown


def sheet(images, titles, path, columns=8):
    """Pictures with a title each.

    Args:
        images: `(N, H, W, C)` uint8.
        titles: N strings.
        path: Where the picture goes.
        columns: Pictures in a row.
    """
    lines = -(-len(images) // columns)
    with figure(
        path, width=1.15 * columns, height=1.35 * lines, nrows=lines, ncols=columns, squeeze=False
    ) as panels:
        for axes in panels.flat:
            axes.set_axis_off()
        for axes, image, title in zip(panels.flat, images, titles, strict=False):
            _show(axes, image)
            axes.set_title(drawable(title), fontsize=8)


def explain(model, network, images, names, directory):
    """The picture that explains how a network comes to its label.

    Args:
        model: The trained model.
        network: `"rnn"`, `"cnn"`, `"mlp"` or `"linear"`.
        images: `(N, H, W, C)` uint8, at most `MOST`.
        names: Names of the labels.
        directory: Where it goes.

    Returns:
        Its name.
    """
    if network == "rnn":
        belief_by_row(model, images, names, directory / "reading.png")
        return "reading.png"
    if network == "cnn":
        maps(model, images[:5], directory / "maps.png")
        return "maps.png"
    weights(model, names, directory / "weights.png")
    return "weights.png"


def belief_by_row(model, images, names, path):
    """Each picture beside the probabilities of the labels after each row."""
    rows = keras.Model(model.input, model.get_layer("rows").output)
    x = rows({"image": images.astype(np.float32)})
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):  # the same one, that gives the state of each row
            each = type(layer).from_config({**layer.get_config(), "return_sequences": True})
            each.build(x.shape)
            each.set_weights(layer.get_weights())
            x = each(x)
    beliefs = keras.ops.softmax(model.get_layer("logits")(x))
    beliefs = keras.ops.convert_to_numpy(beliefs)  # (N, H, labels)
    ticks = range(0, len(names), -(-len(names) // NAMED))
    shown = [drawable(names[tick]) for tick in ticks]
    with figure(
        path, width=1.6 * len(images), height=4.2, nrows=2, ncols=len(images), squeeze=False
    ) as panels:
        for column, (image, belief) in enumerate(zip(images, beliefs, strict=True)):
            _show(panels[0, column], image)
            panels[0, column].set_axis_off()
            axes = panels[1, column]
            axes.imshow(belief, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            axes.set_xticks(ticks, shown, fontsize=7, rotation=90 * (len("".join(shown)) > 15))
            axes.set_xlabel("label", fontsize=8)
            if column:
                axes.set_yticks([])
            else:
                axes.set_ylabel("rows read")


def maps(model, images, path):
    """The maps of each block that answer most to each picture."""
    pools = [layer for layer in model.layers if layer.name.startswith("pool_")]
    found = keras.Model(model.inputs, [pool.output for pool in pools])
    blocks = found.predict_on_batch({"image": images.astype(np.float32)})
    blocks = [blocks] if len(pools) == 1 else blocks
    columns = 1 + MAPS * len(blocks)
    with figure(
        path, width=0.85 * columns, height=0.95 * len(images), nrows=len(images), ncols=columns,
        squeeze=False,
    ) as panels:  # fmt: skip
        for axes in panels.flat:
            axes.set_axis_off()
        for row, image in enumerate(images):
            _show(panels[row, 0], image)
            for number, block in enumerate(blocks):
                strongest = np.argsort(-block[row].mean((0, 1)), kind="stable")[:MAPS]
                for place, index in enumerate(strongest):
                    axes = panels[row, 1 + MAPS * number + place]
                    axes.imshow(block[row, :, :, index], cmap="magma")
                    if not row and not place:
                        axes.set_title(f"block {number + 1}", fontsize=8, loc="left")


def weights(model, names, path):
    """The weights of the first dense layer as pictures: red speaks for it, blue against it."""
    first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
    kernel = np.asarray(first.kernel).T  # (units, H * W * C)
    titles = names if first.name == "logits" else [""] * len(kernel)
    largest = np.argsort(-np.square(kernel).sum(1), kind="stable")
    chosen = np.arange(len(kernel)) if first.name == "logits" else largest
    chosen = chosen[:UNITS]
    lines = -(-len(chosen) // 10)
    height, width, channels = model.inputs[0].shape[1:]
    with figure(path, width=9, height=1.1 * lines, nrows=lines, ncols=10, squeeze=False) as panels:
        for axes in panels.flat:
            axes.set_axis_off()
        for axes, unit in zip(panels.flat, chosen, strict=False):
            shown = kernel[unit].reshape(height, width, channels).mean(-1)
            most = np.abs(shown).max() or 1
            axes.imshow(shown, cmap="RdBu_r", vmin=-most, vmax=most)
            axes.set_title(drawable(titles[unit]), fontsize=8)


def _show(axes, image):
    """A grey or coloured picture."""
    grey = image.shape[-1] == 1
    axes.imshow(image[..., 0] if grey else image, cmap="gray" if grey else None, vmin=0, vmax=255)
