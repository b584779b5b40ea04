"""Checks of arguments that builders and decoding strategies share."""

import math
import numbers as numeric

from zoo.layers.recurrent import CELLS


def check_sizes(**sizes):
    """Refuse sizes that are no whole numbers from one on; None is a size that is not set.

    Raises:
        ValueError: Naming the first one.
    """
    check_whole(1, **{name: size for name, size in sizes.items() if size is not None})


def check_image(image_shape):
    """Refuse shapes of pictures that are not height, width and channels.

    Raises:
        ValueError: Naming the shape.
    """
    if len(tuple(image_shape)) != 3:
        raise ValueError(f"image_shape must be height, width and channels; got {image_shape!r}.")
    check_sizes(image_shape=min(image_shape))


def check_whole(least, **numbers):
    """Refuse numbers that are not whole, or below the least.

    Raises:
        ValueError: Naming the first one.
    """
    for name, number in numbers.items():
        if not isinstance(number, numeric.Integral):
            raise ValueError(f"{name} must be a whole number; got {number!r}.")
        if number < least:
            raise ValueError(f"{name} must be at least {least}; got {number}.")


def check_weights(**weights):
    """Refuse weights that are no finite number, or below zero.

    Raises:
        ValueError: Naming the first one.
    """
    for name, weight in weights.items():
        if not isinstance(weight, numeric.Real) or not math.isfinite(weight):
            raise ValueError(f"{name} must be a finite number; got {weight!r}.")
        if weight < 0:
            raise ValueError(f"{name} must be at least 0; got {weight}.")


def check_tokens(vocab_size, begin_token, end_token):
    """Refuse begin and end tokens that are not two ids of the vocabulary, or are padding's.

    Raises:
        ValueError: Naming both.
    """
    whole = all(isinstance(token, numeric.Integral) for token in (begin_token, end_token))
    if not whole or not 0 < begin_token < vocab_size or not 0 < end_token < vocab_size:
        raise ValueError(
            f"begin_token and end_token must be ids from 1 to {vocab_size - 1}, one below the size "
            f"of the vocabulary; got {begin_token} and {end_token}."
        )
    if begin_token == end_token:
        raise ValueError(f"begin_token and end_token must differ; both are {begin_token}.")


def check_cell(cell):
    """Refuse unknown cells.

    Raises:
        ValueError: Naming the known ones.
    """
    if cell not in CELLS:
        raise ValueError(f"cell must be one of {', '.join(CELLS)}; got {cell!r}.")
