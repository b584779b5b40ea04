"""Go on with a text by an exported language model; needs numpy, onnxruntime or ai-edge-litert.

python write.py "ROMEO:" --length 300 --temperature 0.8

The files beside it are `writer.json`, which describes them, `vocabulary.json`, and the model of one
step. For subwords there is `tokenizer.model` too, which takes sentencepiece.
"""

import argparse
import json
import pathlib
import re
import sys

import numpy as np

UNKNOWN, BEGIN, END = 1, 2, 3
FIRST = 4  # id of the vocabulary's own


def load(folder):
    """The content of `writer.json`, and a function from token and states to logits and states."""
    folder = pathlib.Path(folder)
    about = json.loads((folder / "writer.json").read_text(encoding="utf-8"))
    run = runner(folder / about["step"])

    def step(token, states):
        out = run({"token": np.array([token], np.int32), **states})
        return out["logits"][0], {name: out[f"next_{name}"] for name in states}

    return about, step


def zeros(about):
    """The states of the beginning."""
    return {name: np.zeros((1, about["units"]), np.float32) for name in about["states"]}


def runner(path):
    """A model file as a function from arrays by name to arrays by name."""
    if path.suffix == ".onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return lambda inputs: dict(zip(names, session.run(None, inputs), strict=True))
    from ai_edge_litert.interpreter import Interpreter

    signature = Interpreter(str(path), num_threads=1).get_signature_runner()
    return lambda inputs: signature(**inputs)


def vocabulary(folder, about):
    """A function from text to ids, and one from ids to text."""
    state = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    if state["pieces"] == "subwords":
        import sentencepiece

        pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
        return pieces.encode, lambda ids: "".join(
            pieces.id_to_piece(i).replace("\u2581", " ") for i in map(int, ids)
        )
    tokens = state[state["pieces"]]
    numbers = {token: number for number, token in enumerate(tokens, start=FIRST)}
    pattern = re.compile(about["pattern"], re.MULTILINE | re.DOTALL)

    def encode(text):
        text = text.lower() if state["lowercase"] else text
        return [numbers.get(token, UNKNOWN) for token in pattern.findall(text)]

    def decode(ids):
        return join([tokens[i - FIRST] for i in ids if i >= FIRST], state.get("spacing"))

    return encode, decode


def join(tokens, spacing):
    """Tokens as text, with spaces between words where the training text had them as a rule."""
    if spacing is None:
        return "".join(tokens)
    written, glued, opened = "", True, set()
    for token in tokens:
        if token.isspace():
            written, glued = written + token, True
            opened = set() if token == "\n" else opened
            continue
        left, right = token in spacing["left"], token in spacing["right"]
        if token in spacing["paired"]:
            left, right = token in opened, token not in opened
            opened ^= {token}
        written += token if glued or left else f" {token}"
        glued = right
    return written


def choose(logits, about, temperature, random):
    """The next token, drawn, or the likeliest for a temperature of 0."""
    scores = logits.astype(np.float64)
    scores[about["never"]] = -np.inf
    if not temperature:
        return int(scores.argmax())
    chances = np.exp((scores - scores.max()) / temperature)
    return int(random.choice(len(chances), p=chances / chances.sum()))


def main():
    """Write to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("text", nargs="?", default="\n")
    parser.add_argument("--length", type=int, default=300)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    folder = pathlib.Path(__file__).parent
    about, step = load(folder)
    encode, decode = vocabulary(folder, about)
    random, states = np.random.default_rng(given.seed), zeros(about)
    ids = [BEGIN] * about["whole"] + [
        i for i in encode(given.text) if i != UNKNOWN or about["knows_unknown"]
    ]
    prime = len(ids)
    for token in ids or [BEGIN]:
        logits, states = step(token, states)
    while len(ids) < prime + given.length:
        token = choose(logits, about, given.temperature, random)
        if token == END:
            break
        ids.append(token)
        logits, states = step(token, states)
    sys.stdout.write(given.text + decode(ids)[len(decode(ids[:prime])) :] + "\n")


if __name__ == "__main__":
    main()
