"""Draw the diagram of the frame model: `python docs/drawings_of_music.py` writes its SVG file."""

from drawings import PLACE, draw, row, up


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


if __name__ == "__main__":
    PLACE.mkdir(parents=True, exist_ok=True)
    rnn_frame_model()
