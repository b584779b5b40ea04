"""Draw the diagram of the forecaster: `python docs/drawings_of_series.py`, beside `drawings.py`."""

from drawings import PLACE, chain, draw, row, up


def rnn_forecaster():
    """A window of the past read, then all steps at once or one after the other."""
    boxes = {
        **row("x", ["values,\nmarks"] * 4, 0, "data"),
        **row("h", ["GRU"] * 4, 1, "learned"),
        "contexts": (7.4, 1, 1.8, "a context for\neach step", "learned"),
        "known": (9.9, 0, 1.9, "time of a step,\nlast season", "data"),
        "small": (9.9, 1, 1.9, "dense layers, the\nsame at each step", "learned"),
        "last": (12.4, 0, 1.8, "last value, last\nsteps linearly", "step"),
        "order": (12.4, 1, 1.8, "median, others\nsteps away", "step"),
        "out": (12.4, 2, 1.8, "quantiles of\neach step", "answer"),
        "decoder": (7.4, 2, 1.8, "GRU goes on,\nstep by step", "learned"),
    }
    arrows = [
        *up("x", "h", 4), *chain("h", 4), ("h4", "contexts"), ("contexts", "small"),
        ("known", "small"), ("small", "order"), ("last", "order"), ("order", "out"),
        ("h4", "decoder"), ("decoder", "order"),
    ]  # fmt: skip
    note = "Below all steps at once; above step by step, each from the forecast of the one before."
    draw("rnn_forecaster", boxes, arrows, note)


if __name__ == "__main__":
    PLACE.mkdir(parents=True, exist_ok=True)
    rnn_forecaster()
