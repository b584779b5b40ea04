"""Draw the diagrams of the models' pages: `python docs/drawings.py` writes `figures/models/*.svg`.

A box is `(x, y, width, text, kind)` by name, an arrow `(from, to)` or `(from, to, label)`; arrows
go up where boxes lie one over the other, else sideways.
"""

import pathlib

import matplotlib

matplotlib.use("Agg")

from matplotlib import patches, pyplot

PLACE = pathlib.Path(__file__).parent / "figures" / "models"
COLORS = {"data": "#eef1f4", "learned": "#d6e6f5", "step": "#ffffff", "answer": "#dcefe0"}
INK, HEIGHT = "#24292f", 0.6
# Letters as outlines: every browser shows the same, and a new run writes the same bytes.
STYLE = {"svg.fonttype": "path", "svg.hashsalt": "zoo", "font.size": 9, "mathtext.fontset": "cm"}


def draw(name, boxes, arrows, note=""):
    """Write one diagram."""
    left = min(x - width / 2 for x, _, width, *_ in boxes.values()) - 0.1
    right = max(x + width / 2 for x, _, width, *_ in boxes.values()) + 0.1
    low = min(y for _, y, *_ in boxes.values()) - HEIGHT / 2 - (0.4 if note else 0.1)
    high = max(y for _, y, *_ in boxes.values()) + HEIGHT / 2 + 0.1
    with pyplot.rc_context(STYLE):
        figure = pyplot.figure(figsize=((right - left) * 0.95, (high - low) * 0.62))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(left, right), ylim=(low, high))
        axes.set_axis_off()
        for x, y, width, text, kind in boxes.values():
            axes.add_patch(
                patches.FancyBboxPatch(
                    (x - width / 2, y - HEIGHT / 2), width, HEIGHT, mutation_aspect=1.5,
                    boxstyle="round,pad=0,rounding_size=0.08", facecolor=COLORS[kind],
                    edgecolor=INK, linewidth=0.9,
                )
            )  # fmt: skip
            axes.text(x, y, text, ha="center", va="center", color=INK, linespacing=1.25)
        for start, end, *label in arrows:
            _arrow(axes, boxes[start], boxes[end], *label)
        if note:
            axes.text(left + 0.1, low + 0.12, note, ha="left", va="center", color="#57606a")
        figure.savefig(PLACE / f"{name}.svg", facecolor="white", metadata={"Date": None})
        pyplot.close(figure)


def _arrow(axes, start, end, label=""):
    (x1, y1, width1, *_), (x2, y2, width2, *_) = start, end
    if abs(y2 - y1) < HEIGHT:  # side by side
        sign = 1 if x2 > x1 else -1
        tail, head = (x1 + sign * width1 / 2, y1), (x2 - sign * width2 / 2, y2)
    else:
        sign = 1 if y2 > y1 else -1
        # Straight up wherever the wider box allows it.
        x = x1 if width1 <= width2 else x2
        inside = abs(x - x1) <= width1 / 2 and abs(x - x2) <= width2 / 2
        tail = (x if inside else x1, y1 + sign * HEIGHT / 2)
        head = (x if inside else x2, y2 - sign * HEIGHT / 2)
    axes.annotate(
        "", head, tail,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.9, "mutation_scale": 9,
                    "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    if label:
        x, y = (tail[0] + head[0]) / 2, (tail[1] + head[1]) / 2
        beside = abs(y2 - y1) >= HEIGHT
        axes.text(
            x + (0.07 if beside else 0), y + (0 if beside else 0.1), label, color="#57606a",
            ha="left" if beside else "center", va="center" if beside else "bottom", fontsize=8,
        )  # fmt: skip


def row(prefix, texts, y, kind, start=0.0, width=0.95, gap=1.25):
    """Boxes side by side, named by prefix and number."""
    return {
        f"{prefix}{i}": (start + i * gap, y, width, text, kind)
        for i, text in enumerate(texts, start=1)
    }


def chain(prefix, count, backwards=False):
    """Arrows from each box of a row to the next one."""
    pairs = [(f"{prefix}{i}", f"{prefix}{i + 1}") for i in range(1, count)]
    return [pair[::-1] for pair in pairs] if backwards else pairs


def up(lower, higher, count):
    """Arrows from each box of a row to that above it."""
    return [(f"{lower}{i}", f"{higher}{i}") for i in range(1, count + 1)]


def into(prefix, count, target, label=""):
    """Arrows from each box of a row to one box."""
    return [(f"{prefix}{i}", target, *([label] if label else [])) for i in range(1, count + 1)]


WORDS = ["not", "bad", "at", "all"]


def rnn_classifier():
    """A bidirectional network read out by pooling."""
    boxes = {
        **row("w", WORDS, 0, "data"),
        **row("e", ["embedding"] * 4, 1, "learned"),
        **row("h", ["LSTM ⇄"] * 4, 2, "learned"),
        "pool": (3.125, 3, 4.7, "pooling over real steps: last, max, mean, attention", "step"),
        "logits": (3.125, 4, 2.2, "dense: a logit for each label", "answer"),
    }
    arrows = up("w", "e", 4) + up("e", "h", 4) + chain("h", 4) + chain("h", 4, backwards=True)
    draw("rnn_classifier", boxes, [*arrows, *into("h", 4, "pool"), ("pool", "logits")])


def bag_of_words_classifier():
    """The mean of the embeddings, then dense layers."""
    boxes = {
        **row("w", WORDS, 0, "data"),
        **row("e", ["embedding"] * 4, 1, "learned"),
        "pool": (3.125, 2, 4.7, "mean over the real steps: the order of the words is lost", "step"),
        "hidden": (3.125, 3, 2.2, "dense, ReLU", "learned"),
        "logits": (3.125, 4, 2.2, "dense: a logit for each label", "answer"),
    }
    arrows = up("w", "e", 4) + into("e", 4, "pool") + [("pool", "hidden"), ("hidden", "logits")]
    draw("bag_of_words_classifier", boxes, arrows)


def seq2seq():
    """The encoder's final state is all that the decoder knows."""
    target, written = ["begin", "je", "dors"], ["je", "dors", "end"]
    boxes = {
        **row("w", ["sleep", "I"], 0, "data"),
        **row("h", ["LSTM"] * 2, 1, "learned"),
        **row("t", target, 0, "data", start=3.4),
        **row("s", ["LSTM"] * 3, 1, "learned", start=3.4),
        **row("r", ["tanh, logits"] * 3, 2, "learned", start=3.4, width=1.1),
        **row("y", written, 3, "answer", start=3.4),
    }
    arrows = up("w", "h", 2) + chain("h", 2) + [("h2", "s1", "final state")] + chain("s", 3)
    arrows += up("t", "s", 3) + up("s", "r", 3) + up("r", "y", 3)
    draw("seq2seq", boxes, arrows, "Source reversed; each layer hands its state on.")


def bahdanau_seq2seq():
    """Attention before the step, the context an input of it."""
    boxes = {
        **row("w", ["my", "green", "apple"], 0, "data"),
        **row("h", ["GRU ⇄"] * 3, 1, "learned"),
        "memory": (2.5, 2, 3.45, "memory: a vector for each source token", "step"),
        "score": (2.5, 3, 3.45, "additive scores, softmax: the weights", "learned"),
        "context": (2.5, 4, 3.45, "context: the weighted mean of the memory", "step"),
        "before": (6.3, 3, 1.9, "state before the step", "step"),
        "step": (6.3, 4, 1.9, "GRU step", "learned"),
        "token": (9.0, 4, 1.9, "token before, embedded", "data"),
        "read": (6.3, 5, 3.7, "tanh over state, context, embedding", "learned"),
        "logits": (6.3, 6, 1.9, "logits of the token", "answer"),
    }
    arrows = up("w", "h", 3) + into("h", 3, "memory") + [
        ("memory", "score"), ("before", "score", "query"), ("score", "context"),
        ("before", "step"), ("context", "step"), ("token", "step"), ("step", "read"),
        ("read", "logits"),
    ]  # fmt: skip
    draw(
        "bahdanau_seq2seq",
        boxes,
        arrows,
        "One step; its state is the one before the next.",
    )


def luong_seq2seq():
    """Attention after the recurrent layers, for the token alone."""
    boxes = {
        **row("w", ["my", "green", "apple"], 0, "data"),
        **row("h", ["LSTM ⇄"] * 3, 1, "learned"),
        "memory": (2.5, 2, 3.45, "memory: a vector for each source token", "step"),
        "score": (2.5, 3, 3.45, "scores by a matrix, softmax: the weights", "learned"),
        "context": (2.5, 4, 3.45, "context: the weighted mean of the memory", "step"),
        **row("t", ["begin", "ma", "pomme"], 0, "data", start=4.4),
        **row("s", ["LSTM"] * 3, 1, "learned", start=4.4),
        "states": (6.9, 3, 3.45, "states of all steps", "step"),
        "read": (6.9, 4, 3.45, "tanh over state and context", "learned"),
        "logits": (6.9, 5, 3.45, "logits of all tokens at once", "answer"),
    }
    arrows = up("w", "h", 3) + into("h", 3, "memory") + up("t", "s", 3) + chain("s", 3)
    arrows += [
        *into("s", 3, "states"),
        ("h3", "s1", "summary"), ("memory", "score"), ("states", "score", "queries"),
        ("score", "context"), ("states", "read"), ("context", "read"), ("read", "logits"),
    ]  # fmt: skip
    draw(
        "luong_seq2seq",
        boxes,
        arrows,
        "The context enters no step: all attend at once.",
    )


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


def row_classifier():
    """One row of pixels a step; the last state tells the label."""
    boxes = {
        **row("x", ["row 1", "row 2", "row 3", "…", "row 28"], 0, "data"),
        **row("h", ["LSTM"] * 5, 1, "learned"),
        "logits": (5.0, 2, 2.2, "dense: a logit for each label", "answer"),
    }
    arrows = up("x", "h", 5) + chain("h", 5) + [("h5", "logits")]
    draw("row_classifier", boxes, arrows)


def rnn_language_model():
    """Each token in, the one after it out, from states that were there before."""
    boxes = {
        **row("x", ["h", "e", "l", "l"], 0, "data", start=0.6),
        **row("e", ["embedding"] * 4, 1, "learned", start=0.6),
        **row("h", ["LSTM"] * 4, 2, "learned", start=0.6),
        **row("s", ["LSTM"] * 4, 3, "learned", start=0.6),
        **row("y", ["logits"] * 4, 4, "learned", start=0.6),
        **row("z", ["e", "l", "l", "o"], 5, "answer", start=0.6),
        "h0": (0.25, 2, 1.3, "states before", "step"),
        "s0": (0.25, 3, 1.3, "states before", "step"),
        "h5": (7.2, 2, 1.3, "states after", "step"),
        "s5": (7.2, 3, 1.3, "states after", "step"),
    }
    arrows = up("x", "e", 4) + up("e", "h", 4) + up("h", "s", 4) + up("s", "y", 4)
    arrows += up("y", "z", 4)
    for layer in "hs":
        arrows += [(f"{layer}{i}", f"{layer}{i + 1}") for i in range(5)]
    draw("rnn_language_model", boxes, arrows, "States after one piece are those before the next.")


def truncated_bptt():
    """Two streams of chunks: states go on within a document, and are zeros where one begins."""
    first = [("A: tokens 1–4", 1), ("A: 5–8", 0), ("A: 9, padding", 0), ("B: tokens 1–4", 1)]
    second = [("B: 5–8", 1), ("B: 9–12", 0), ("C: tokens 1–4", 1), ("C: 5–8", 0)]
    boxes = {f"b{i}": (2.2 * i, 2.9, 1.6, f"batch {i}", "step") for i in range(1, 5)}
    arrows = []
    for name, chunks, y in (("one", first, 2), ("two", second, 1)):
        boxes[name] = (0.3, y, 1.3, f"stream {name}", "step")
        for i, (text, fresh) in enumerate(chunks, start=1):
            kind = "answer" if fresh else "learned"
            boxes[f"{name}{i}"] = (2.2 * i, y, 1.6, text, kind)
            if not fresh:
                arrows.append((f"{name}{i - 1}", f"{name}{i}", "states"))
    note = "Green is fresh: from zeros. Along an arrow states go on, and no gradient comes back."
    draw("truncated_bptt", boxes, arrows, note)


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
    image_classifier, row_classifier, drawing,
    rnn_classifier, bag_of_words_classifier, rnn_language_model, truncated_bptt, seq2seq,
    bahdanau_seq2seq, luong_seq2seq, show_and_tell, show_attend_and_tell, recurrent_attention,
    multi_object_attention, wakeword_detector, video_classifier,
)  # fmt: skip

if __name__ == "__main__":
    PLACE.mkdir(parents=True, exist_ok=True)
    for diagram in DIAGRAMS:
        diagram()
