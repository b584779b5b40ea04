"""Drawings of where a network looked and what it saw there."""

import numpy as np
from scipy.special import softmax

from recipes.common.plots import drawable, figure
from zoo.layers.glimpses import channels_first

CELL = 0.85  # inches of a patch


def pixels(locations, image_shape):
    """Locations from -1 to 1 as rows and columns of pixels, whose centres are whole numbers."""
    return (locations + 1) * (np.array(image_shape[:2]) / 2) - 0.5


def patches(model, images, locations):
    """Patches that the sensor gives, `(N, T, size, size, scales * C)`, from 0 to 255."""
    attention = model.get_layer("attention")
    picture = channels_first(images.astype(np.float32))
    seen = [
        np.asarray(attention.sensor(picture, locations[:, step]))
        for step in range(locations.shape[1])
    ]
    return np.stack(seen, 1)


def paths(model, images, found, titles, names, path):
    """Each scene with the glimpses drawn on it, and beside it what they showed.

    Patches of several scales stand one below the other, the finest above.

    Args:
        model: The network.
        images: `(N, H, W, C)` uint8.
        found: Outputs of the network, as NumPy arrays.
        titles: N strings.
        names: Names of the labels; under a patch stands the likeliest one after it.
        path: Where the picture goes.
    """
    import matplotlib

    locations, beliefs = found["locations"], softmax(found["logits_by_glimpse"], -1)

    settings = model.get_layer("attention").settings
    scales, size = settings["scales"], settings["glimpse_size"]
    count, steps, channels = len(images), locations.shape[1], images.shape[-1]
    seen = patches(model, images, locations)
    places = pixels(locations, images.shape[1:])
    colours = matplotlib.colormaps["plasma"](np.linspace(0.15, 0.95, steps))
    high = max(2, scales)
    with figure(
        path, width=CELL * (high + steps) + 0.3, height=CELL * high * count + 0.2 * count,
        nrows=count, ncols=1 + steps, squeeze=False,
        gridspec_kw={"width_ratios": [high] + [1] * steps},
    ) as panels:  # fmt: skip
        for row in range(count):
            _scene(panels[row, 0], images[row], places[row], size, scales, colours)
            panels[row, 0].set_title(drawable(titles[row]), fontsize=9)
            for step in range(steps):
                axes = panels[row, 1 + step]
                shown = np.split(seen[row, step], scales, -1)
                gap = np.full((1, size, channels), 255.0)
                column = [part for patch in shown for part in (patch, gap)][:-1]
                _show(axes, np.concatenate(column).round().astype(np.uint8))
                axes.set_title(str(step + 1), fontsize=8, color=colours[step])
                best = beliefs[row, step].argmax()
                label = drawable([*names, "end"][best])
                axes.set_xlabel(f"{label} {beliefs[row, step, best]:.2f}", fontsize=7)
                for spine in axes.spines.values():
                    spine.set(visible=True, color=colours[step], linewidth=1.5)


def _scene(axes, image, places, size, scales, colours):
    from matplotlib.patches import Rectangle

    _show(axes, image)
    axes.plot(places[:, 1], places[:, 0], color="white", linewidth=1.6, alpha=0.6)
    for number, ((row, column), colour) in enumerate(zip(places, colours, strict=True), start=1):
        for scale in range(scales):
            wide = size * 2**scale
            corner = (column - wide / 2, row - wide / 2)
            width = 1.5 if not scale else 0.4
            axes.add_patch(
                Rectangle(corner, wide, wide, fill=False, edgecolor=colour, linewidth=width)
            )
        axes.annotate(
            str(number), (column, row), color=colour, fontsize=7, ha="center", va="center"
        )
    axes.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))


def locations(found, image_shape, path):
    """Places of each glimpse over all scenes, a panel each.

    Args:
        found: `(N, T, 2)` locations.
        image_shape: `(H, W, C)`.
        path: Where the picture goes.
    """
    places, steps = pixels(found, image_shape), found.shape[1]
    columns = min(steps, 8)
    lines = -(-steps // columns)
    edges = [np.linspace(-0.5, side - 0.5, 29) for side in image_shape[:2]]
    with figure(
        path, width=1.3 * columns, height=1.5 * lines, nrows=lines, ncols=columns, squeeze=False
    ) as panels:
        for axes in panels.flat[steps:]:
            axes.set_axis_off()
        for step, axes in zip(range(steps), panels.flat, strict=False):
            counts, *_ = np.histogram2d(places[:, step, 0], places[:, step, 1], bins=edges)
            axes.imshow(np.sqrt(counts), cmap="magma")
            axes.set_title(f"glimpse {step + 1}", fontsize=8)
            axes.set(xticks=[], yticks=[])


def _show(axes, image):
    """A grey or coloured picture without ticks."""
    grey = image.shape[-1] == 1
    axes.imshow(image[..., 0] if grey else image, cmap="gray" if grey else None, vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[])
