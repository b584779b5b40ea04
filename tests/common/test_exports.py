"""Encoder and step as files write what the model writes; scripts and packages are checked."""

import ast
import importlib.util
import json
import os
import pathlib
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from recipes.captioning import export as captioning
from recipes.common import export as exports
from recipes.common.errors import UserError
from recipes.common.models import give_up_cudnn
from recipes.common.pictures import decode
from recipes.common.writing import greedy, steps
from recipes.translation import export as translation

FORMATS = ("onnx", "litert")
TRANSLATORS = [
    ("bahdanau_seq2seq", "gru"), ("luong_seq2seq", "lstm"), ("seq2seq", "rnn"), ("seq2seq", "irnn"),
]  # fmt: skip
CAPTIONERS = [("show_and_tell", "gru"), ("show_attend_and_tell", "lstm")]
SIZES = {"embedding_dim": 6, "units": 5, "num_layers": 2}
GREEDY = zoo.Greedy(max_length=9)


def drawn(model):
    """The model with wide weights, for distributions that are far from even."""
    generator = np.random.default_rng(0)
    for variable in model.trainable_variables:
        spread = 1.5 if len(variable.shape) > 1 else 0.1
        variable.assign(generator.normal(0, spread, variable.shape))
    give_up_cudnn(model)
    return model


def written(model, name, arrays):
    found = [
        zoo.generate(model, {name: array[None].astype(model.input[name].dtype)}, GREEDY)
        for array in arrays
    ]
    return [{"tokens": one.tokens[0], "scores": one.scores[0]} for one in found]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("name", "cell"), TRANSLATORS)
def test_each_translator_is_written_token_by_token(name, cell, format, tmp_path):
    keras.utils.set_random_seed(0)
    model = drawn(getattr(zoo, name)(11, 12, cell=cell, **SIZES))
    sources = [np.array([*range(4, 4 + n), 3], np.int32) for n in (0, 1, 5, 7)]
    spec = tf.TensorSpec((1, None), tf.int32, name="source")
    folder = tmp_path / "written"
    steps.write(folder, format, model, spec, GREEDY.max_length, {})
    expected = written(model, "source", sources)
    tokens, difference = steps.check(folder, model, sources, expected)
    assert tokens == [[int(t) for t in one["tokens"][0] if t] for one in expected]
    assert difference < 1e-4
    assert len(set(map(tuple, tokens))) > 1
    about = json.loads((folder / "writer.json").read_text())
    assert len(about["states"]) == 2 * (2 if cell == "lstm" else 1)
    other = [one | {"tokens": one["tokens"] % 7 + 4} for one in expected]
    with pytest.raises(UserError, match="Of input 1 the exported model writes"):
        steps.check(folder, model, sources, other)
    other = [one | {"scores": one["scores"] - 1} for one in expected]
    with pytest.raises(UserError, match="log-probabilities differ"):
        steps.check(folder, model, sources, other)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("name", "cell"), CAPTIONERS)
def test_each_captioner_is_written_token_by_token(name, cell, format, tmp_path):
    keras.utils.set_random_seed(0)
    model = drawn(getattr(zoo, name)((32, 32, 3), 12, cell=cell, **SIZES))
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    spec = tf.TensorSpec((1, 32, 32, 3), tf.uint8, name="image")
    folder = tmp_path / "written"
    steps.write(folder, format, model, spec, GREEDY.max_length, {})
    expected = written(model, "image", pictures)
    tokens, difference = steps.check(folder, model, pictures, expected)
    assert tokens == [[int(t) for t in one["tokens"][0] if t] for one in expected]
    assert difference < 1e-4


def test_constants_of_layers_are_no_inputs_of_a_file(tmp_path):
    """As those of the `Normalization` with which some networks for images begin."""
    import onnxruntime

    layer = keras.layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0])
    x = np.random.default_rng(0).random((1, 2), np.float32)
    expected = keras.ops.convert_to_numpy(layer(x))
    path = tmp_path / "model.onnx"
    exports.write_function(
        lambda inputs: {"y": layer(inputs["x"])}, [], {"x": tf.TensorSpec((1, 2))}, path
    )
    session = onnxruntime.InferenceSession(path)
    assert [given.name for given in session.get_inputs()] == ["x"]
    np.testing.assert_allclose(session.run(None, {"x": x})[0], expected, rtol=1e-6)


def test_what_onnx_has_no_form_for_is_refused(tmp_path):
    """Keras hands convolutions in groups to XLA on a CPU."""
    layer = keras.layers.Conv1D(4, 3, groups=2)
    layer.build((None, None, 4))
    signature = {"x": tf.TensorSpec((1, 9, 4))}
    arguments = (lambda inputs: {"y": layer(inputs["x"])}, layer.variables, signature)
    with pytest.raises(UserError, match="ONNX has no form for a part of this model"):
        exports.write_function(*arguments, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
    exports.write_function(*arguments, tmp_path / "model.tflite")


def test_of_equally_likely_tokens_either_will_do(tmp_path):
    """All logits of this model are zero, so that rounding alone may choose."""
    model = drawn(zoo.seq2seq(11, 12, cell="gru", **SIZES))
    for variable in model.trainable_variables:
        variable.assign(0 * variable)
    source = np.array([4, 3], np.int32)
    assert steps._is_tie(model, "source", source, [5, 6], [7, 6])
    assert not steps._is_tie(model, "source", source, [5, 6], [5, 6, 7])
    model.get_layer("decoder").output_layer.bias.assign(np.arange(12.0))
    assert not steps._is_tie(model, "source", source, [5, 6], [7, 6])


def test_a_script_that_fails_or_prints_something_else_is_refused(tmp_path):
    (tmp_path / "echo.py").write_text("import sys\nprint(sys.stdin.read() + sys.argv[1])\n")
    steps.check_script(tmp_path, "echo.py", ["b"], ["a"], ["a", "b"])
    with pytest.raises(UserError, match=r"echo\.py beside the exported model prints \['a', 'b'\]"):
        steps.check_script(tmp_path, "echo.py", ["b"], ["a"], ["a"])
    with pytest.raises(UserError, match=r"fails \(IndexError"):
        steps.check_script(tmp_path, "echo.py", [], [], [])


@pytest.mark.parametrize(
    "path",
    [greedy.__file__, decode.__file__, translation.SCRIPT, captioning.SCRIPT],
    ids=lambda path: pathlib.Path(path).name,
)
def test_what_goes_beside_an_export_needs_nothing_of_this_project(path):
    names = set()
    for node in ast.walk(ast.parse(pathlib.Path(path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])
    beside = {"greedy", "decode"}
    libraries = {"numpy", "PIL", "sentencepiece", "onnxruntime", "ai_edge_litert"}
    assert names - sys.stdlib_module_names <= libraries | beside


@pytest.mark.parametrize(
    ("format", "missing", "sentence"),
    [
        ("onnx", "tf2onnx", r"ONNX export needs tf2onnx: pip install 'sequence-zoo\[onnx\]'"),
        ("litert", "ai_edge_litert", "LiteRT export needs ai-edge-litert: pip install"),
    ],
)
@pytest.mark.parametrize("recipe", ["sentiment", "translation", "captioning", "wakeword"])
def test_a_missing_package_is_named_before_any_work(format, missing, sentence, recipe, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    module = importlib.import_module(f"recipes.{recipe}.export")
    with pytest.raises(UserError, match=sentence):
        module.export(None, format)


def test_notes_of_the_runtime_are_held_back(monkeypatch, capfd):
    class Noisy:
        """An interpreter that says something once, in the call that allocates tensors first."""

        def __init__(self, path, num_threads):
            self.allocated = False

        def allocate_tensors(self):
            if not self.allocated:
                os.write(2, b"INFO: Created a delegate.\n")
            self.allocated = True

        def get_signature_runner(self):
            return lambda **arrays: self.allocate_tensors() or arrays

    interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="needs litert")
    monkeypatch.setattr(interpreter, "Interpreter", Noisy)
    assert exports.litert_runner("model.tflite")(x=1) == {"x": 1}
    assert "INFO" not in capfd.readouterr().err
