"""Views into a training and a trained model: gradients through time, their health, and cells."""

from zoo.diagnostics.cells import ablate_cells, cells
from zoo.diagnostics.flow import GradientFlow, gradient_flow, plot_gradient_flow
from zoo.diagnostics.health import GradientHealth
from zoo.diagnostics.recording import watched_cells

__all__ = [
    "GradientFlow",
    "GradientHealth",
    "ablate_cells",
    "cells",
    "gradient_flow",
    "plot_gradient_flow",
    "watched_cells",
]
