"""The memory recipe for the contract of recipes: tiny networks, inputs, odd input."""

OPTIONS = (
    "--distances 5,8 --distance 8 --seeds 1 --cells rnn,lstm --parameters 4000 --embedding-dim 6 "
    "--epochs 2 --steps 6 --batch-size 16 --limit 64 --checkpoint-every 2 --workers 1"
).split()


def data(folder):
    """Nothing: the tasks are made by code."""


def options(folder):
    """The tasks, of which the last one has the network that is trained first."""
    return ["--data", "copying,agreement"]


def inputs(folder):
    """Arguments of `predict`."""
    return ["I was born in Chennai. at home I speak", "A B C x y z recall"]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    return [
        (["--data", "adding,sorting"], "--data takes tasks made by code, one or several of adding"),
        (["--data", ","], "got ''"),
        (["--cells", "rnn,tree"], "--cells takes cells, one or several of rnn, relu"),
        (["--distances", "5,far"], "A distance is a whole number from 5 to 2,000"),
        (["--distances", "4"], "got '4'"),
        (["--distance", "3000"], "got '3000'"),
        (["--parameters", "0"], "--parameters must be at least 1"),
        (["--parameters", "200"], "--parameters 200 is too few for 2 units of each cell"),
        (["--seeds", "0"], "--seeds must be at least 1"),
        (["--seed", "4294967295", "--seeds", "2"], "leaves no room for --seeds 2"),
    ]
