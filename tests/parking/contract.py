"""The parking recipe for the contract of recipes: tiny networks, a coarse planner, odd input."""

OPTIONS = (
    "--resolution 2.5 --scenes 16 --validation-scenes 8 --test-scenes 8 --units 8 "
    "--embedding-dim 6 --epochs 2 --steps 3 --batch-size 8 --checkpoint-every 2"
).split()


def data(folder):
    """Nothing: scenes are drawn by code."""


def options(folder):
    """Nothing more."""
    return []


def inputs(folder):
    """Arguments of `predict`."""
    return ["1", "slot=6 aside=0.8 gaps=4.5,0.7"]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    return [
        (["--data", "garage"], "--data takes slots made by code: parallel; got 'garage'"),
        (["--resolution", "9"], "--resolution must be at most 4"),
        (["--scenes", "0"], "--scenes must be at least 1"),
    ]
