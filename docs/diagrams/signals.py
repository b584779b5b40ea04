"""Diagrams of the models of sound, music, numbers over time and control."""

from diagrams.boxes import chain, draw, row, up


def wakeword_detector():
    """From samples to a logit a frame, causal."""
    boxes = {
        "samples": (0, 0, 1.7, "samples\n16,000 a second", "data"),
        "frames": (2.2, 0, 1.7, "windows of 25 ms\nevery 10 ms", "step"),
        "mel": (4.4, 0, 1.7, "energies in\n40 mel bands", "step"),
        "log": (6.6, 0.55, 1.7, "logarithm", "step"),
        "pcen": (6.6, -0.55, 1.7, "against own level", "step"),
        "conv": (8.9, 0, 1.9, "convolution over 4\nframes, looking back", "learned"),
        "gru": (11.1, 0, 1.6, "2 GRU layers\nforward in time", "learned"),
        "logit": (13.2, 0, 1.6, "a logit\nevery 10 ms", "answer"),
    }
    arrows = [
        ("samples", "frames"), ("frames", "mel"), ("mel", "log"), ("mel", "pcen"), ("log", "conv"),
        ("pcen", "conv"), ("conv", "gru"), ("gru", "logit"),
    ]  # fmt: skip
    draw("wakeword_detector", boxes, arrows)


def rnn_frame_model():
    """Each frame in, a logit for each key of the one after it out."""
    boxes = {
        **row("x", ["C E G", "C F A", "B D G", "C E G"], 0, "data", width=1.0),
        **row("h", ["LSTM"] * 4, 1, "learned", width=1.0),
        **row("j", ["state, frame"] * 4, 2, "step", width=1.0),
        **row("y", ["88 logits"] * 4, 3, "learned", width=1.0),
        **row("z", ["C F A", "B D G", "C E G", "none"], 4, "answer", width=1.0),
    }
    arrows = up("x", "h", 4) + up("h", "j", 4) + up("j", "y", 4) + up("y", "z", 4)
    arrows += [(f"h{i}", f"h{i + 1}") for i in range(1, 4)]
    note = "Each key by itself: which keys go together, the logits cannot say."
    draw("rnn_frame_model", boxes, arrows, note)


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


DIAGRAMS = (
    wakeword_detector,
    rnn_frame_model,
    rnn_forecaster,
    controller,
)
