"""Listen with an exported detector; needs ai-edge-litert and numpy, and `detector.json` beside it.

arecord -f S16_LE -r 16000 -t raw | python listen.py
"""

import collections
import json
import pathlib
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

here = pathlib.Path(__file__).parent
about = json.loads((here / "detector.json").read_text())
models, size = about["models"], 2 * about["samples_per_step"]
runners = [Interpreter(str(here / model["file"])).get_signature_runner() for model in models]
states = [{n: np.zeros((1, *shape), "f4") for n, shape in m["states"].items()} for m in models]
recent = collections.deque(maxlen=about["smoothing"])  # logits, whose mean counts
armed, rest = True, 0  # it fires again once the mean was lower, and after so many frames
while len(chunk := sys.stdin.buffer.read(size)) == size:
    x = np.frombuffer(chunk, "<i2").astype("f4")[None] / 32768
    for i, (model, run) in enumerate(zip(models, runners, strict=True)):
        out = run(**{model["input"]: x}, **states[i])
        states[i], x = {name: out[name] for name in states[i]}, out["logits"]
    recent.append(x.item())
    rest, mean = rest - 1, sum(recent) / len(recent)
    if mean < about["threshold"]:
        armed = True
    elif armed and rest <= 0:
        armed, rest = False, about["refractory"]
        print(f"heard {about['phrase']!r}: {mean:.2f}", flush=True)
