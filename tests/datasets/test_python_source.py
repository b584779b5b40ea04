"""The embedded Python sources: sorted, whole packages held out, the same bytes each time."""

import ast
import hashlib
import platform

import pytest

from recipes.characters import sources
from recipes.characters.config import Config
from recipes.datasets import python_source


def test_modules_are_sorted_and_of_the_library_alone():
    found = {split: dict(python_source.modules(split)) for split in python_source.SPLITS}
    names = [name for modules in found.values() for name in modules]
    assert len(names) == len(set(names)) > 300
    for split, modules in found.items():
        assert list(modules) == sorted(modules)
        packages = {name.partition(".")[0].lstrip("_") for name in modules}
        for other in python_source.SPLITS:
            if other != split:
                others = {name.partition(".")[0].lstrip("_") for name in found[other]}
                assert packages.isdisjoint(others)
    assert {"json.decoder", "argparse", "asyncio.events"} <= set(names)
    assert not any("test" in name.split(".")[:-1] for name in names)
    ast.parse(python_source.source(found["train"]["argparse"]))


def test_prepared_small_and_byte_identical(tmp_path):
    digests = []
    for name in ("first", "second"):
        parts, about = sources.load(Config(data_dir=str(tmp_path / name)))
        assert about["source"] == f"python_source/{platform.python_version()}/1.0.0"
        assert about["whole"]
        assert {split: len(part) for split, part in parts.items()} == {
            split: len(python_source.modules(split)) for split in python_source.SPLITS
        }
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append(
            [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
        )
    assert digests[0] == digests[1]


def test_an_interpreter_without_sources_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(python_source.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(FileNotFoundError, match="has no sources of its library"):
        python_source.modules("train")
