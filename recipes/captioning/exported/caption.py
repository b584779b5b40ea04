"""Caption pictures with the exported model in this folder.

It needs numpy, pillow, sentencepiece, and onnxruntime or ai-edge-litert:

python caption.py picture.jpg another.png
"""

import pathlib
import sys

import sentencepiece
from decode import decode
from greedy import load

here = pathlib.Path(__file__).parent
about, write = load(here)
tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(here / "tokenizer.model"))
sys.stdout.reconfigure(encoding="utf-8")
for name in sys.argv[1:]:
    pixels = decode(pathlib.Path(name).read_bytes(), about["size"])  # (H, W, 3) uint8
    tokens, score = write(pixels)
    caption = tokenizer.decode([token for token in tokens if token != about["end"]])
    print(name, caption, sep="\t", flush=True)
