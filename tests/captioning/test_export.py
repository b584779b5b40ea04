"""Captioners exported: files of pictures are read as the run reads them, and captioned alike."""

import io
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from recipes.common.pictures import decode, graph
from tests.captioning import contract

SIZE = (64, 48)


def photo(size, mode="RGB"):
    """A picture of random colours that run into each other, some of them transparent."""
    spots = np.random.default_rng(sum(size)).integers(0, 256, (7, 9, 4), np.uint8)
    picture = Image.fromarray(spots).resize(size, Image.Resampling.BICUBIC)
    return picture if mode == "RGBA" else picture.convert("RGB").convert(mode)


def file(picture, form, **options):
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()


def held(orientation, endian="<"):
    """EXIF data of a camera that was held so."""
    exif = Image.Exif()
    exif.endian = endian
    exif[0x0110], exif[graph.ORIENTATION] = "a camera", orientation
    return exif.tobytes()


def grey_png(bits):
    """A PNG file of grey noise, of so many bits a pixel."""

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    noise = np.random.default_rng(bits).integers(0, 256, (40, 1 + 32 * bits // 8), np.uint8)
    noise[:, 0] = 0  # no filter
    header = struct.pack(">IIBBBBB", 32, 40, bits, 0, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(noise.tobytes())), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


FILES = {
    **{
        f"{form} {mode} {width} x {height}": file(photo((width, height), mode), form)
        for width, height in [(31, 47), (48, 64), (640, 300), (481, 1023), (90, 1700)]
        for form, mode in [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "RGBA")]
    },
    "finely sampled": file(photo((300, 200)), "JPEG", subsampling=0, quality=98),
    "progressive": file(photo((300, 200)), "JPEG", progressive=True),
    "CMYK": file(photo((300, 200), "CMYK"), "JPEG"),
    **{f"PNG {mode}": file(photo((90, 70), mode), "PNG") for mode in ("L", "LA", "P", "1")},
    "palette, one of it transparent": file(photo((90, 70), "P"), "PNG", transparency=3),
    "grey, one of it transparent": file(photo((90, 70), "L"), "PNG", transparency=100),
    **{f"{bits} bits": grey_png(bits) for bits in (1, 2, 4, 8, 16)},
    "8 of 16 bits": file(Image.fromarray(np.arange(200, dtype=np.uint16)[None]), "PNG"),
    **{f"JPEG held {n}": file(photo((90, 70)), "JPEG", exif=held(n)) for n in range(1, 9)},
    "PNG held 6": file(photo((90, 70)), "PNG", exif=held(6)),
    "bytes the other way round": file(photo((90, 70)), "JPEG", exif=held(8, ">")),
    "a comment before": file(photo((90, 70)), "JPEG", comment="x" * 999, exif=held(5)),
}  # fmt: skip


@pytest.fixture(scope="module")
def in_graph():
    """Function from the bytes of a file to pixels, in a graph."""
    return tf.function(
        lambda content: graph.decode(content, SIZE),
        input_signature=[tf.TensorSpec((), tf.string)],
    )


@pytest.mark.parametrize("name", FILES)
def test_a_graph_reads_pictures_to_the_pixel_as_the_run_does(name, in_graph):
    expected = decode.decode(FILES[name], SIZE)
    np.testing.assert_array_equal(in_graph(FILES[name]), expected)


def test_the_order_of_resizing_is_that_of_the_installed_pillow(monkeypatch):
    """Older ones begin with rows whatever the picture."""
    tall = np.random.default_rng(0).integers(0, 256, (300, 50, 3), np.uint8)
    both = []
    for larger_first in (False, True):
        monkeypatch.setattr(graph, "_begins_with_the_larger_axis", lambda value=larger_first: value)
        both.append(graph.resize(tf.constant(tall), SIZE).numpy().astype(int))
    assert np.abs(both[0] - both[1]).max() == 1
    across, down = Image.fromarray(tall), Image.fromarray(tall)
    across = across.resize((48, 300), Image.Resampling.BILINEAR)
    across = across.resize((48, 64), Image.Resampling.BILINEAR)
    down = down.resize((50, 64), Image.Resampling.BILINEAR)
    down = down.resize((48, 64), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(both[0], across)
    np.testing.assert_array_equal(both[1], down)


def captions_of(answer):
    status, out, err = answer
    assert status == 0, err
    return [one["caption"] for one in json.loads(out.splitlines()[-1])["predictions"]]


@pytest.fixture
def pictures(tiny, tmp_path):
    """Paths of the run's own pictures, and of stranger ones."""
    paths = contract.inputs(tiny)
    for name in ("JPEG RGB 481 x 1023", "JPEG held 6", "PNG RGBA 90 x 1700"):
        path = tmp_path / f"{len(paths)}.{name.partition(' ')[0].lower()}"
        path.write_bytes(FILES[name])
        paths.append(str(path))
    return paths


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_a_run_is_exported_and_captions_elsewhere(
    format, finished_run, caption, pictures, tmp_path
):
    options = ["--format", format, "--to", tmp_path / "out", "--json"]
    status, out, err = caption("export", "--run", finished_run, *options)
    assert status == 0, err
    found = json.loads(out.splitlines()[-1])
    assert found["path"] == str(tmp_path / "out" / format)
    moved = shutil.copytree(pathlib.Path(found["path"]), tmp_path / "moved")
    done = subprocess.run(
        [sys.executable, moved / "caption.py", *pictures], cwd="/", capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    lines = [line.split("\t") for line in done.stdout.split("\n")[:-1]]
    assert [name for name, _ in lines] == pictures
    expected = caption("predict", "--run", finished_run, "--json", "--beam", "1", *pictures)
    assert [text for _, text in lines] == captions_of(expected)


def test_files_in_captions_out(finished_run, caption, pictures):
    pytest.importorskip("tensorflow_text", reason="needs the extra serving")
    status, out, err = caption("export", "--run", finished_run, "--json")
    assert status == 0, err
    model = tf.saved_model.load(json.loads(out.splitlines()[-1])["text_path"])
    found = model.serve([pathlib.Path(path).read_bytes() for path in pictures])
    expected = captions_of(caption("predict", "--run", finished_run, "--json", *pictures))
    assert [text.decode() for text in found.numpy()] == expected
