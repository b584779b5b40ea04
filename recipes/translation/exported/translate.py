"""Translate the lines of standard input with the exported model in this folder.

It needs numpy, sentencepiece, and onnxruntime or ai-edge-litert:

echo "the dog sleeps ." | python translate.py
"""

import pathlib
import sys

import numpy as np
import sentencepiece
from greedy import load

here = pathlib.Path(__file__).parent
about, write = load(here)
source, target = (
    sentencepiece.SentencePieceProcessor(model_file=str(here / f"{side}.model"))
    for side in ("source", "target")
)
sys.stdout.reconfigure(encoding="utf-8")
for line in sys.stdin.buffer:
    text, translation = line.decode("utf-8").strip(), ""
    if text:
        ids = source.encode(text)[: about["longest_source"]]
        tokens, score = write(np.array([*ids, about["end"]], np.int32))
        translation = target.decode([token for token in tokens if token != about["end"]])
    print(translation, flush=True)
