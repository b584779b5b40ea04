"""Cells recorded over a text are those of the model; a silenced one reaches nothing."""

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.diagnostics import ablate_cells, cells
from zoo.diagnostics import cells as recorded_cells
from zoo.layers.recurrent import recurrent_layer
