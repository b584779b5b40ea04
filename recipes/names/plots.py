"""Pictures of a network of names."""

import numpy as np

from recipes.common.plots import drawable, figure
from recipes.common.text.tokenizer import END, END_MARK, UNKNOWN
from recipes.names.characters import FIRST, UNKNOWN_SHOWN

LIKELIEST = 6  # characters after each prefix


def next_characters(network, names, path):
    """The likeliest characters at each place of some names, the darker the more probable.

    Args:
        network: The `Network`.
        names: The names.
        path: Where the picture goes.
    """
    longest = max(map(len, names)) + 1
    height = 0.34 * (LIKELIEST + 2.2) * len(names)
    with figure(path, width=0.62 * longest + 1.2, height=height, nrows=len(names)) as panels:
        for axes, name in zip(np.atleast_1d(panels), names, strict=True):
            chances = np.stack([network.next([name[:i]])[0] for i in range(len(name) + 1)])
            order = np.argsort(-chances, 1, kind="stable")[:, :LIKELIEST]  # (places, LIKELIEST)
            shades = np.full((LIKELIEST, longest), np.nan)
            shades[: order.shape[1], : len(name) + 1] = np.take_along_axis(chances, order, 1).T
            axes.imshow(shades, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            actual = [*network.characters.encode(name), END]
            for (place, rank), token in np.ndenumerate(order):
                axes.text(
                    place,
                    rank,
                    drawable(_shown(network.characters, token)),
                    ha="center",
                    va="center",
                    fontsize=9,
                    color="white" if shades[rank, place] > 0.5 else "black",
                    weight="bold" if token == actual[place] else "normal",
                )
            axes.set_xticks(range(len(name) + 1), [*map(drawable, name), END_MARK])
            axes.set_yticks([])
            axes.tick_params(length=0)
            axes.xaxis.tick_top()
            for side in axes.spines.values():
                side.set_visible(False)


def _shown(characters, token):
    if token == END:
        return END_MARK
    if token == UNKNOWN:
        return UNKNOWN_SHOWN
    return characters.characters[token - FIRST] if token >= FIRST else ""
