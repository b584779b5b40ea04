"""Pictures of a language model: a page coloured by surprise, and what context is worth."""

import itertools

import numpy as np

from recipes.common.plots import BLUE, GREY, RED, drawable, figure

COLUMNS, ROWS = 72, 22
MOST_BITS = {"character": 8, "subword": 12, "word": 14}  # of the darkest colour, by token


def grid(texts, values):
    """Characters on a page of so many columns and rows, and the value of each.

    Args:
        texts: The text of each token.
        values: A number for each token.

    Returns:
        `characters, array`: a dict from `(row, column)` to a character; `(rows, COLUMNS)`, NaN
        where there is none.
    """
    characters, array = {}, np.full((ROWS, COLUMNS), np.nan)
    row = column = 0
    for text, value in zip(texts, values, strict=True):
        for character in text.expandtabs(4) if text != "\n" else "\n":
            if column == COLUMNS:
                row, column = row + 1, 0
            if row == ROWS:
                return characters, array
            array[row, column] = value
            if character == "\n":
                characters[row, column] = "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}"
                row, column = row + 1, 0
                continue
            if not character.isspace():
                characters[row, column] = character
            column += 1
    return characters, array[: row + 1]


def surprise(texts, bits, unit, path):
    """A page of text, each token coloured by the bits it cost the model before it was read.

    Args:
        texts: The text of each token.
        bits: A number for each.
        unit: Name of a token.
        path: Where the picture goes.
    """
    characters, array = grid(texts, bits)
    most = MOST_BITS[unit]
    with figure(path, width=9.6, height=0.6 + 0.2 * len(array)) as axes:
        shown = axes.imshow(array, cmap="OrRd", vmin=0, vmax=most, aspect="auto")
        for (row, column), character in characters.items():
            axes.text(
                column, row, drawable(character), ha="center", va="center", fontsize=8,
                color="white" if array[row, column] > 0.7 * most else "black",
            )  # fmt: skip
        axes.set_axis_off()
        axes.set_title(
            f"What each {unit} of a test text cost, read from left to right", fontsize=10
        )
        axes.figure.colorbar(shown, ax=axes, label="bits", pad=0.01, fraction=0.03)


def context(nats, carried, unit, path):
    """Nats of a token by the number of tokens that were read before it.

    Args:
        nats: `(T,)` mean nats of the token after 1, 2, … tokens, the state empty before.
        carried: Mean nats of the test part, the state carried all the way.
        unit: Name of a token.
        path: Where the picture goes.
    """
    # Of neighbouring distances the mean: single ones differ by chance.
    edges = np.unique(np.geomspace(1, len(nats), 24).round().astype(int))
    means = [nats[low - 1 : high].mean() for low, high in itertools.pairwise(edges)]
    centres = np.sqrt(edges[:-1] * edges[1:])
    with figure(path) as axes:
        axes.plot(centres, means, "o-", color=BLUE, label="state empty before")
        axes.axhline(carried, color=RED, label="state carried from the beginning")
        axes.set_xscale("log")
        axes.set(xlabel=f"{unit}s read before", ylabel=f"nats a {unit} (test)")
        axes.set_title("What the state is worth")
        axes.grid(color=GREY, alpha=0.2)
        axes.legend(frameon=False)
