"""Source text of the Python standard library, as the running interpreter has it."""

import pathlib
import platform
import sysconfig
import tokenize
import zlib
from typing import ClassVar

import tensorflow_datasets as tfds

# Tests, what others brought, and tables and texts that programs made; files of a machine's build.
LEFT_OUT = {
    "test", "tests", "idlelib", "lib2to3", "distutils", "turtledemo", "ensurepip", "encodings",
    "pydoc_data", "__phello__", "site-packages", "dist-packages",
}  # fmt: skip
BUILD_FILES = ("_sysconfigdata", "config-", "sitecustomize", "usercustomize")
LEAST = 100  # bytes: files of a comment only are alike
PARTS = {0: "validation", 1: "test", 2: "test"}  # of twenty; all others are for the training
SPLITS = ("train", "validation", "test")


class PythonSource(tfds.core.GeneratorBasedBuilder):
    """Modules of the Python standard library, a module a document, sorted by their names.

    The text differs from one version of Python to the next, so the version is the name of the
    configuration and stands in the folder of the prepared set; for one version it is always the
    same. Whole packages are held out: `asyncio` and all its modules are in one split, and so are
    `_pydecimal` and `pydecimal`.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS: ClassVar = [
        tfds.core.BuilderConfig(
            name=platform.python_version(),
            description=f"The standard library of Python {platform.python_version()}.",
        )
    ]

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {"module": tfds.features.Text(), "text": tfds.features.Text()}
            ),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split):
        for number, (name, path) in enumerate(modules(split)):
            yield number, {"module": name, "text": source(path)}


def modules(split):
    """The dotted names and the paths of a split's modules, sorted by name.

    Raises:
        FileNotFoundError: If the interpreter came without sources.
    """
    root = pathlib.Path(sysconfig.get_path("stdlib"))
    found = {
        ".".join(path.relative_to(root).with_suffix("").parts): path
        for path in root.rglob("*.py")
        if not any(is_left_out(part) for part in path.relative_to(root).parts)
        if path.stat().st_size >= LEAST
    }
    if not found:
        raise FileNotFoundError(f"this Python has no sources of its library in {root}")
    return [(name, found[name]) for name in sorted(found) if split_of(name) == split]


def is_left_out(part):
    """True for a part of a path that no module of the set has."""
    return part in LEFT_OUT or part.startswith(BUILD_FILES)


def split_of(module):
    """The split of a module, by a hash of its package."""
    package = module.partition(".")[0].lstrip("_")
    return PARTS.get(zlib.crc32(package.encode()) % 20, "train")


def source(path):
    """The text of a module in the encoding that it declares."""
    with tokenize.open(path) as file:
        return file.read()
