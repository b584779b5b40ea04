"""Diagrams of the models that read, write or describe pictures."""

from diagrams.boxes import chain, draw, row, up


def image_classifier():
    """Blocks of convolutions over the whole picture, dense layers, logits."""
    boxes = {
        "image": (0, 0, 1.2, "picture", "data"),
        "one": (1.9, 0, 1.8, "2 convolutions\nhalved: 14 x 14", "learned"),
        "two": (4.1, 0, 1.8, "2 convolutions\nhalved: 7 x 7", "learned"),
        "hidden": (6.1, 0, 1.4, "dense layers", "learned"),
        "logits": (8.1, 0, 1.8, "a logit for\neach label", "answer"),
    }
    arrows = [("image", "one"), ("one", "two"), ("two", "hidden"), ("hidden", "logits")]
    draw("image_classifier", boxes, arrows, "Without convolutions: a multilayer perceptron.")


def row_classifier():
    """One row of pixels a step; the last state tells the label."""
    boxes = {
        **row("x", ["row 1", "row 2", "row 3", "…", "row 28"], 0, "data"),
        **row("h", ["LSTM"] * 5, 1, "learned"),
        "logits": (5.0, 2, 2.2, "dense: a logit for each label", "answer"),
    }
    arrows = up("x", "h", 5) + chain("h", 5) + [("h5", "logits")]
    draw("row_classifier", boxes, arrows)


def drawing():
    """One stroke of DRAW: read, encode, draw a latent vector, decode, write."""
    boxes = {
        "image": (0, 0, 2.2, "picture, and what\nthe canvas lacks", "data"),
        "read": (0, 1, 2.2, "read a patch", "step"),
        "encoder": (0, 2, 2.2, "encoder LSTM", "learned"),
        "latent": (2.9, 2, 2.2, "latent vector,\ndrawn from q", "step"),
        "decoder": (5.8, 2, 2.2, "decoder LSTM", "learned"),
        "write": (5.8, 1, 2.2, "write a patch", "step"),
        "canvas": (5.8, 0, 2.2, "canvas, logits\nafter T strokes", "answer"),
        "window": (2.9, 1, 2.2, "windows: centre,\nstride, sharpness", "learned"),
    }
    arrows = [
        ("image", "read"), ("read", "encoder"), ("encoder", "latent"), ("latent", "decoder"),
        ("decoder", "write"), ("write", "canvas"), ("canvas", "image", "next stroke"),
        ("decoder", "window"), ("window", "read"), ("window", "write"),
    ]  # fmt: skip
    note = "New pictures: the latent vectors come from the prior, and nothing is read."
    draw("draw", boxes, arrows, note)


def show_and_tell():
    """The picture is the first input of the recurrent network."""
    boxes = {
        "image": (1.25, -2, 1.5, "picture", "data"),
        "cnn": (1.25, -1, 1.5, "convolutions", "learned"),
        "mean": (1.25, 0, 1.5, "mean, dense", "learned"),
        **row("t", ["begin", "a", "dog"], 0, "data", start=1.7),
        "s0": (1.25, 1, 0.95, "LSTM", "learned"),
        **row("s", ["LSTM"] * 3, 1, "learned", start=1.7),
        **row("r", ["tanh, logits"] * 3, 2, "learned", start=1.7, width=1.1),
        **row("y", ["a", "dog", "runs"], 3, "answer", start=1.7),
    }
    arrows = [("image", "cnn"), ("cnn", "mean"), ("mean", "s0"), ("s0", "s1"), *chain("s", 3)]
    arrows += up("t", "s", 3) + up("s", "r", 3) + up("r", "y", 3)
    draw("show_and_tell", boxes, arrows)


def show_attend_and_tell():
    """Attention to positions of the picture before each word, with a gate."""
    boxes = {
        "image": (1.9, 0, 3.2, "picture", "data"),
        "cnn": (1.9, 1, 3.2, "convolutions, standardised", "learned"),
        "memory": (1.9, 2, 3.2, "grid: a vector for each position", "step"),
        "score": (1.9, 3, 3.2, "additive scores, softmax: the weights", "learned"),
        "context": (1.9, 4, 3.2, "weighted mean × gate that the state sets", "learned"),
        "before": (5.8, 3, 1.9, "state before the step", "step"),
        "first": (5.8, 2, 1.9, "at first: tanh of the mean", "learned"),
        "step": (5.8, 4, 1.9, "LSTM step", "learned"),
        "token": (8.4, 4, 1.9, "word before, embedded", "data"),
        "read": (5.8, 5, 3.7, "tanh over state, context, embedding", "learned"),
        "logits": (5.8, 6, 1.9, "logits of the word", "answer"),
    }
    arrows = [
        ("image", "cnn"), ("cnn", "memory"), ("memory", "score"), ("memory", "first"),
        ("first", "before"), ("before", "score", "query"), ("score", "context"),
        ("before", "step"), ("context", "step"),
        ("token", "step"), ("step", "read"), ("read", "logits"),
    ]  # fmt: skip
    draw("show_attend_and_tell", boxes, arrows, "One step; its state is that before the next word.")


def recurrent_attention():
    """One step: a glimpse is read, and the state says where the next one is."""
    boxes = {
        "image": (0, 1, 1.5, "picture", "data"),
        "location": (0, 0, 1.5, "location", "step"),
        "sensor": (2.2, 1, 1.7, "sensor: patches\naround it", "step"),
        "what": (4.3, 1, 1.3, "dense\nwhat", "learned"),
        "where": (4.3, 0, 1.3, "dense\nwhere", "learned"),
        "glimpse": (6.2, 0.5, 1.3, "dense", "learned"),
        "core": (8.2, 0.5, 1.7, "recurrent step", "learned"),
        "before": (8.2, -0.6, 1.7, "state before", "step"),
        "mean": (10.6, 1.1, 1.9, "dense: mean of the\nnext location", "learned"),
        "baseline": (10.6, 0.2, 1.9, "expected reward", "learned"),
        "logits": (10.6, -0.7, 1.9, "after the last:\nlogits of the label", "answer"),
        "drawn": (13.0, 1.1, 1.7, "drawn around it\nin training", "step"),
    }
    arrows = [
        ("image", "sensor"), ("location", "sensor"), ("sensor", "what"), ("location", "where"),
        ("what", "glimpse"), ("where", "glimpse"), ("glimpse", "core"), ("before", "core"),
        ("core", "mean"), ("core", "baseline"), ("core", "logits"), ("mean", "drawn"),
    ]  # fmt: skip
    note = "No gradient passes a drawn location, nor from the mean and the baseline to the state."
    draw("recurrent_attention", boxes, arrows, note)


def multi_object_attention():
    """Two recurrent layers: the lower reads glimpses, the upper says where they are."""
    boxes = {
        "coarse": (0.95, 4, 1.5, "coarse picture,\nconvolutions", "learned"),
        **row("u", ["upper LSTM"] * 4, 4, "learned", start=1.15, width=1.3, gap=1.9),
        **row("l", ["location,\nglimpse"] * 4, 0, "step", start=0.2, width=1.3, gap=1.9),
        **row("g", ["convolutions\n× where"] * 4, 1, "learned", start=0.2, width=1.3, gap=1.9),
        **row("h", ["lower LSTM"] * 4, 2, "learned", start=0.2, width=1.3, gap=1.9),
        "y1": (3.5, 3, 1.0, "label 1", "answer"),
        "y2": (7.3, 3, 1.0, "label 2", "answer"),
    }
    arrows = up("l", "g", 4) + up("g", "h", 4) + chain("h", 4) + chain("u", 4)
    arrows += [("coarse", "u1"), *up("h", "u", 4), ("h2", "y1"), ("h4", "y2")]
    note = "The upper state before a glimpse gives its location. Here two glimpses for each label."
    draw("multi_object_attention", boxes, arrows, note)


def video_classifier():
    """A network for images on each frame, then a recurrent one; both ways to be read."""
    frames = ["frame 1", "frame 2", "frame 3", "frame 4"]
    boxes = {
        **row("x", frames, 0, "data"),
        **row("c", ["CNN"] * 4, 1, "learned"),
        **row("f", ["dense"] * 4, 2, "learned"),
        **row("h", ["LSTM"] * 4, 3, "learned"),
        **row("y", ["none", "none", "grow", "grow"], 4, "answer"),
        "pool": (7.3, 3, 1.8, "last state, or pooled\nover real frames", "step"),
        "label": (7.3, 4, 1.8, "label of the clip", "answer"),
    }
    arrows = up("x", "c", 4) + up("c", "f", 4) + up("f", "h", 4) + up("h", "y", 4)
    arrows += [(f"h{i}", f"h{i + 1}") for i in range(1, 4)] + [("h4", "pool"), ("pool", "label")]
    note = "One CNN for all frames. A label for each frame, or one for the clip; not both at once."
    draw("video_classifier", boxes, arrows, note)


DIAGRAMS = (
    image_classifier,
    row_classifier,
    drawing,
    show_and_tell,
    show_attend_and_tell,
    recurrent_attention,
    multi_object_attention,
    video_classifier,
)
