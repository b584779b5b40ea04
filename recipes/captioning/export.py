"""Captioners as SavedModel, ids or captions out, or as ONNX or LiteRT with a loop beside."""

import io
import pathlib
import shutil
import tempfile

import numpy as np
import tensorflow as tf
from PIL import Image

from recipes.captioning import features, writing
from recipes.captioning.trained import restore
from recipes.common import storage
from recipes.common.export import check_installed
from recipes.common.pictures import decode, graph
from recipes.common.text import tokenizer as tokenizers
from recipes.common.writing import export as writers
from recipes.common.writing import steps

# Pictures that are tried: mode, form, width and height, and how the camera was held.
CHECKED_PICTURES = (
    ("RGB", "JPEG", (300, 200), 1),
    ("RGB", "JPEG", (700, 1500), 6),
    ("L", "JPEG", (50, 300), 1),
    ("RGBA", "PNG", (81, 64), 1),
    ("P", "PNG", (300, 200), 1),
    ("RGB", "PNG", (31, 47), 1),
)
KIND = "bytes of JPEG and PNG files in, captions out"
SCRIPT = pathlib.Path(__file__).parent / "exported" / "caption.py"


def export(run, format):
    """Write a captioner below `export/` of its run.

    `"savedmodel"`: encoder and search in one. It takes `image`, `(B, H, W, 3)` float32 from 0 to
    255, and gives `tokens` `(B, T)` int32 and `scores` `(B,)` by the run's own search. Beside it,
    if tensorflow-text is installed, goes `savedmodel_text`, which takes the bytes of JPEG and PNG
    files, `(B,)`, and gives captions.

    `"onnx"` and `"litert"`: encoder and step as files; `greedy.py`, the loop that writes with them;
    `caption.py`, which captions files.

    Args:
        run: The finished run.
        format: The format.

    Returns:
        `result, lines`: a dict of `path`, `format`, `largest_difference` of scores and `text_path`
        (None without tensorflow-text), and lines for people.

    Raises:
        UserError: If a package is missing, or the exported model writes something else.
    """
    if format != "savedmodel":
        check_installed(format)
    trained = restore(run, for_export=True)
    files = list(_pictures())
    images = np.stack([decode.decode(file, run.config.size) for file in files])
    write = _write_saved_model if format == "savedmodel" else _write_steps
    return write(run, format, trained, files, images)


def _pictures():
    """The bytes of pictures of random colours that run into each other."""
    generator = np.random.default_rng(0)
    for mode, form, size, orientation in CHECKED_PICTURES:
        spots = Image.fromarray(generator.integers(0, 256, (7, 9, 4), np.uint8))
        picture = spots.resize(size, Image.Resampling.BICUBIC).convert(
            "RGB" if mode == "P" else mode
        )
        held, file = Image.Exif(), io.BytesIO()
        held[graph.ORIENTATION] = orientation
        picture.convert(mode).save(file, form, exif=held)
        yield file.getvalue()


def _written(trained, images, strategy):
    part = features.Part(None, images, np.arange(len(images)))
    return writing.write(trained.model, part, strategy, len(images))


def _write_saved_model(run, format, trained, files, images):
    strategy = writing.strategy(run.config)
    written = _written(trained, images, strategy)
    spec = tf.TensorSpec((None, *images.shape[1:]), tf.float32, name="image")
    search = writers.Search(trained.model, strategy, "image", spec)
    beside = {"tokenizer": trained.tokenizer}
    given = images.astype(np.float32)
    path, difference = writers.write_search(run, search, beside, given, written)
    text_path = None
    if writers.can_write_texts(KIND):
        module = FileCaptioner(search, trained.tokenizer, run.config.size)
        captions = writing.texts(trained.tokenizer, written)
        text_path = writers.write_texts(run, module, files, captions)
    return writers.result(path, text_path, difference, KIND)


def _write_steps(run, format, trained, files, images):
    strategy = writing.strategy(run.config, beam=1)
    written = _written(trained, images, strategy)
    spec = tf.TensorSpec((1, *images.shape[1:]), tf.uint8, name="image")
    path = storage.make(run.exports) / format
    with storage.replacing(path) as folder, tempfile.TemporaryDirectory() as pictures:
        more = {"size": list(run.config.size)}
        steps.write(folder, format, trained.model, spec, strategy.max_length, more)
        (folder / "tokenizer.model").write_bytes(trained.tokenizer.serialized_model_proto())
        shutil.copyfile(decode.__file__, folder / "decode.py")
        shutil.copyfile(SCRIPT, folder / SCRIPT.name)
        tokens, difference = steps.check(folder, trained.model, images, written)
        names = [str(pathlib.Path(pictures) / str(number)) for number in range(len(files))]
        for name, file in zip(names, files, strict=True):
            pathlib.Path(name).write_bytes(file)
        captions = tokenizers.decode(trained.tokenizer, tokens)
        lines = ["\t".join(row) for row in zip(names, captions, strict=True)]
        steps.check_script(folder, SCRIPT.name, names, [], lines)
    return steps.result(path, format, difference, SCRIPT.name)


class FileCaptioner(tf.Module):
    """Files of pictures to captions, tokenizer included."""

    def __init__(self, search, tokenizer, size):
        super().__init__()
        self.search, self.size, self.pieces = search, size, writers.pieces(tokenizer)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="files")])
    def serve(self, files):
        """The caption of each JPEG or PNG file, given as its bytes."""
        images = tf.map_fn(
            lambda file: graph.decode(file, self.size),
            files,
            fn_output_signature=tf.TensorSpec((*self.size, 3), tf.uint8),
        )
        tokens = self.search.serve(tf.cast(images, tf.float32))["tokens"]
        return writers.detokenize(self.pieces, tokens)
