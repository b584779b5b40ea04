"""Gradient flow of each cell, before and after training at the distance of the first network."""

import dataclasses

import keras

import zoo
from recipes.memory import sweep
from recipes.memory.networks import build_model
from recipes.memory.trained import network

ROWS = 32  # sequences of the batch that gradients are followed in


def flows(run, sequences):
    """Norms of the gradient of an answer's loss at the states of the steps before it.

    Args:
        run: The run, whose networks are trained.
        sequences: The `data.Data`.

    Returns:
        For each cell a dict of `start` and, if such a network was trained, `trained`: each with
        `share`, the norms by distance from 0 on as shares of the last one that is not 0, `decay`,
        the factor of a step, and `arrives`, the share that is left at the distance of the task. Of
        an LSTM it is that of the cell state, on which its memory rests.
    """
    config, found = run.config, {}
    test = sequences.held_out("test", config.task, config.distance)
    inputs, *others = test.batch(test.order()[0])
    batch = ({"tokens": inputs["tokens"][:ROWS]}, *(array[:ROWS] for array in others))
    for cell in config.compared_cells:
        spec = (config.task, cell, config.distance, config.seed)
        own = dataclasses.replace(config, **sweep.settings(*spec))
        keras.utils.set_random_seed(config.seed)  # so that it is the start the network had
        models = {"start": build_model(own, sequences.facts), "trained": network(run, *spec)}
        found[cell] = {
            name: _flow(model, batch, config.distance)
            for name, model in models.items()
            if model is not None
        }
    return found


def _flow(model, batch, distance):
    flow = zoo.diagnostics.gradient_flow(model, batch)[-1]  # of an LSTM the cell state
    return {
        "decay": flow.decay,
        "arrives": float(flow.normalised[distance]),
        "share": [float(share) for share in flow.normalised],
    }
