"""Shared by all tests: a quiet, seeded TensorFlow, data both embedded and real, finished runs."""

import contextlib
import fcntl
import importlib
import importlib.metadata
import io
import itertools
import os
import pathlib
import shutil
import tempfile

import pytest

from recipes.common.devices import XLA_FLAGS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Most of a test's time is compiling: loops that one process has compiled are read by the others.
COMPILED = None
if "TF_XLA_FLAGS" not in os.environ:
    COMPILED = tempfile.TemporaryDirectory(prefix="compiled-loops-")
    os.environ["TF_XLA_FLAGS"] = f"--tf_xla_persistent_cache_directory={COMPILED.name}"

# XLA reads its flags once, at its first program: were they left to the recipes, a process that
# tried a builder first would train by other machine code, a digit in the last place apart. Each
# program in one piece, as each piece takes several of the 65,530 mappings that a process may have.
if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow" and importlib.metadata.version(
    "tensorflow"
).startswith("2.21."):
    os.environ.setdefault("XLA_FLAGS", f"{XLA_FLAGS} --xla_cpu_parallel_codegen_split_count=1")


def pytest_unconfigure(config):
    """Delete the compiled loops with the process that had them first."""
    if COMPILED is not None:
        COMPILED.cleanup()


PROGRAMS_KEPT = 20  # tests after which JAX forgets what it compiled


@pytest.fixture(autouse=True, scope="session")
def tests_so_far():
    """A counter of the tests of this process."""
    return itertools.count(1)


@pytest.fixture(autouse=True)
def few_programs(tests_so_far):
    """Let JAX forget what it compiled, now and then.

    It keeps every program, each in several mappings of memory, and Linux ends a process with more
    than 65,530 of them.
    """
    yield
    if os.environ.get("KERAS_BACKEND") == "jax" and next(tests_so_far) % PROGRAMS_KEPT == 0:
        import jax

        jax.clear_caches()


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Make a folder once for all processes of a test run: `once(name, make)` gives its path."""
    root = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent
    root = root / "shared"
    root.mkdir(exist_ok=True)

    def folder(name, make):
        path, done = root / name, root / f"{name}.done"
        with (root / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(path, ignore_errors=True)
                path.mkdir(parents=True)
                make(path)
                done.touch()
        return path

    return folder


@pytest.fixture(scope="session")
def data_dir(once):
    """A folder of prepared data sets for the whole session."""
    return str(once("tensorflow_datasets", lambda path: None))


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data, named by the environment variable ZOO_DATA."""
    if not (folder := os.environ.get("ZOO_DATA")):
        pytest.skip("ZOO_DATA does not name a folder of real data")
    return pathlib.Path(folder)


@pytest.fixture
def run_recipe(capsys):
    """Run a recipe in this process: `(exit status, standard output, standard error)`."""
    from recipes.common import cli

    def run(*argv, recipe="sentiment"):
        import keras

        capsys.readouterr()
        status = 0
        try:
            cli.main(f"recipes.{recipe}", [str(argument) for argument in argv])
        except SystemExit as leaving:
            status = leaving.code
        finally:
            keras.config.set_dtype_policy("float32")
        return status, *capsys.readouterr()

    return run


@pytest.fixture(scope="session")
def contract():
    """What `tests/<recipe>/contract.py` says of a recipe for tests: its module."""
    return lambda recipe: importlib.import_module(f"tests.{recipe}.contract")


@pytest.fixture(scope="session")
def training(once, contract, data_dir):
    """The options of a training of a few seconds, but for the run: `training(recipe)`."""

    def options(recipe):
        described = contract(recipe)
        made = once(f"{recipe}_data", described.data)
        return [*described.options(made), *described.OPTIONS, "--data-dir", data_dir]

    return options


@pytest.fixture(scope="session")
def finished(once, training):
    """The directory of a complete run of that training: `finished(recipe)`.

    Its gradients are watched, which must not change a bit of it.
    """
    from recipes.common import cli

    def run(recipe):
        def train(folder):
            command = ["train", *training(recipe), "--gradients", "--run", str(folder / "run")]
            with contextlib.redirect_stdout(io.StringIO()):
                cli.main(f"recipes.{recipe}", list(map(str, command)))

        return once(f"{recipe}_run", train) / "run"

    return run


# Fixtures for the tests of what all recipes share, which try it with the sentiment recipe.


@pytest.fixture(scope="session")
def reviews_csv(once, contract):
    """A CSV file of short reviews, learnable in seconds."""
    return once("sentiment_data", contract("sentiment").data) / "reviews.csv"


@pytest.fixture(scope="session")
def tiny(contract):
    """Options that make a training of it take seconds."""
    return contract("sentiment").OPTIONS


@pytest.fixture(scope="session")
def finished_run(finished):
    """A complete run on the short reviews, with attention."""
    return finished("sentiment")
