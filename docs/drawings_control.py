"""Draw the diagram of the controller's page: `python docs/drawings_control.py`."""

from drawings import chain, draw, row, up


def controller():
    """Each step's readings in, an action out, which changes what is read next."""
    boxes = {
        **row("x", ["readings", "readings", "readings"], 0, "data", width=1.2, gap=2.6),
        **row("e", ["dense"] * 3, 1, "learned", width=1.2, gap=2.6),
        **row("h", ["LSTM"] * 3, 2, "learned", width=1.2, gap=2.6),
        **row("a", ["action"] * 3, 3, "answer", width=1.2, gap=2.6),
        "w1": (3.9, 0, 0.9, "world", "step"),
        "w2": (6.5, 0, 0.9, "world", "step"),
    }
    arrows = up("x", "e", 3) + up("e", "h", 3) + chain("h", 3) + up("h", "a", 3)
    arrows += [("a1", "w1"), ("w1", "x2"), ("a2", "w2"), ("w2", "x3")]
    note = "In the loop, a step a call. Without memory: dense layers in place of the LSTM."
    draw("controller", boxes, arrows, note)


if __name__ == "__main__":
    controller()
