"""Views into a training and a trained model: gradients through time, and their health."""

from zoo.diagnostics.flow import GradientFlow, gradient_flow, plot_gradient_flow
from zoo.diagnostics.health import GradientHealth
from zoo.diagnostics.recording import watched_cells

__all__ = ["GradientFlow", "GradientHealth", "gradient_flow", "plot_gradient_flow", "watched_cells"]
