"""Write greedily with an exported encoder and step; needs numpy, onnxruntime or ai-edge-litert.

The files beside it are `writer.json`, which describes them, and two models for either runtime.
"""

import json
import pathlib

import numpy as np


def load(folder):
    """An exported model that writes.

    Args:
        folder: Where its files are.

    Returns:
        `about, write`: what `writer.json` says, and a function from an input, an array without the
        batch, to its tokens, the end token included, and their log-probability.
    """
    folder = pathlib.Path(folder)
    about = json.loads((folder / "writer.json").read_text(encoding="utf-8"))
    encode, step = runner(folder / about["encoder"]), runner(folder / about["step"])

    def write(array):
        carried = encode({about["input"]: array[None]})  # states, and what the step looks at
        token, tokens, score = about["begin"], [], 0.0
        while token != about["end"] and len(tokens) < about["max_length"]:
            out = step({"token": np.array([token], np.int32), **carried})
            carried.update({name: out[f"next_{name}"] for name in about["states"]})
            scores = out["logits"][0] - out["logits"].max()
            scores -= np.log(np.exp(scores).sum())
            scores[[0, about["begin"]]] = -np.inf  # padding and begin are never written
            token = int(scores.argmax())
            tokens.append(token)
            score += float(scores[token])
        return tokens, score

    return about, write


def runner(path):
    """A model file as a function from arrays by name to arrays by name."""
    if path.suffix == ".onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return lambda inputs: dict(zip(names, session.run(None, inputs), strict=True))
    from ai_edge_litert.interpreter import Interpreter

    signature = Interpreter(str(path)).get_signature_runner()
    return lambda inputs: signature(**inputs)
