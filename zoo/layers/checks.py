"""What every builder refuses."""

from zoo.layers.recurrent import CELLS


def check_sizes(**sizes):
    """Refuse sizes below one; None stands for a size that is not set.

    Raises:
        ValueError: Naming the first one.
    """
    for name, size in sizes.items():
        if size is not None and size < 1:
            raise ValueError(f"{name} must be at least 1; got {size}.")


def check_cell(cell):
    """Refuse unknown cells.

    Raises:
        ValueError: Naming the known ones.
    """
    if cell not in CELLS:
        raise ValueError(f"cell must be one of {', '.join(CELLS)}; got {cell!r}.")
