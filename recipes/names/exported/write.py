"""Names by the exported model in this folder.

It needs numpy, and onnxruntime or ai-edge-litert:

python write.py [start] [count] [temperature]
"""

import json
import pathlib
import sys

import numpy as np

END, BEGIN, FIRST, LONGEST = 3, 2, 4, 50


def load(folder):
    """The known characters, and the model: logits `(T, ids)` after each of `(T,)` tokens."""
    text = (folder / "characters.json").read_text(encoding="utf-8")
    characters = json.loads(text)["characters"]
    if (folder / "model.onnx").exists():
        import onnxruntime

        session = onnxruntime.InferenceSession(
            folder / "model.onnx", providers=["CPUExecutionProvider"]
        )
        return characters, lambda tokens: session.run(None, {"tokens": tokens[None]})[0][0]
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(folder / "model.tflite"), num_threads=1).get_signature_runner()
    return characters, lambda tokens: run(tokens=tokens[None])["logits"][0]


def write(characters, logits_of, start="", temperature=0.8, generator=None):
    """A name that begins with `start`."""
    generator = generator or np.random.default_rng()
    known = {character: number for number, character in enumerate(characters, FIRST)}
    tokens, name = [BEGIN, *(known.get(character, 1) for character in start)], start
    while len(name) < LONGEST + len(start):
        logits = logits_of(np.array(tokens, np.int32))[-1] / temperature
        logits[:END] = -np.inf
        if not name:
            logits[END] = -np.inf
        chances = np.exp(logits - logits.max())
        tokens.append(int(generator.choice(len(chances), p=chances / chances.sum())))
        if tokens[-1] == END:
            break
        name += characters[tokens[-1] - FIRST]
    return name


if __name__ == "__main__":
    start, count, temperature = [*sys.argv[1:], *["", "10", "0.8"][len(sys.argv) - 1 :]][:3]
    loaded = load(pathlib.Path(__file__).parent)
    sys.stdout.reconfigure(encoding="utf-8")
    for _ in range(int(count)):
        print(write(*loaded, start, float(temperature)))
