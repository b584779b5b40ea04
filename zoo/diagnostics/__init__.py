"""Diagnostics of recurrent models: the work of each cell over a text."""

from zoo.diagnostics.cells import ablate_cells, cells

__all__ = ["ablate_cells", "cells"]
