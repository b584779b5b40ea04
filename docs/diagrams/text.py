"""Diagrams of the models of text."""

from diagrams.boxes import chain, draw, into, row, up

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


DIAGRAMS = (
    rnn_classifier,
    bag_of_words_classifier,
    rnn_language_model,
    truncated_bptt,
    seq2seq,
    bahdanau_seq2seq,
    luong_seq2seq,
)
