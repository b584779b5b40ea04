"""The documentation: the site, a page for each builder, version and licence of the project."""

import inspect
import os
import pathlib
import re
import runpy
import subprocess
import sys
import tomllib

import keras
import pytest

import zoo

ROOT = pathlib.Path(__file__).parents[2]
PAGES = ROOT / "docs" / "models"
BUILDERS = [name for name in zoo.__all__ if "name" in inspect.signature(vars(zoo)[name]).parameters]
FACTS = {  # of the data, for the numbers of weights on the pages
    "vocab_size": 8_000, "source_vocab_size": 8_000, "target_vocab_size": 8_000,
    "image_shape": (224, 224, 3), "num_classes": 2,
    "frame_shape": (64, 64, 3),
    "num_features": 10, "num_targets": 1, "horizon": 24,
    "num_keys": 88,
    "num_sensors": 12, "num_actions": 30,
}  # fmt: skip
OF_DIGITS = {"image_shape": (28, 28, 1), "num_classes": 10}  # of pictures that get a label
every_builder = pytest.mark.parametrize("name", BUILDERS)


def page(name):
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def test_every_page_of_a_model_has_a_builder_and_the_index_names_it():
    assert {path.stem for path in PAGES.glob("*.md")} == set(BUILDERS)
    index = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    reference = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in BUILDERS:
        assert f"(models/{name}.md)" in index
        assert f"docs/models/{name}.md" in site
        assert f"::: zoo.{name}\n" in reference


@every_builder
def test_a_models_page_has_its_parts_and_the_arguments_of_its_builder(name):
    text = page(name)
    for picture in (f"models/{name}.svg", f"equations/{name}_equations.svg"):
        assert f"](../figures/{picture})" in text
    paper = re.search(r"\*\*Paper\.\*\* \[[^\]]+\]\((https://[^)]+)\)", text)
    assert paper[1] in vars(zoo)[name].__doc__
    assert re.search(r"## A trained one\n\n!\[.*\]\(.*\.png\)", text)
    rows = dict(re.findall(r"^\| `(\w+)` \| (?:`(.+?)`|required) \|", text, re.MULTILINE))
    expected = {
        argument.name: ""
        if argument.default is argument.empty
        else repr(argument.default).replace("'", '"')
        for argument in inspect.signature(vars(zoo)[name]).parameters.values()
    }
    assert {key: value.replace("_000", "000") for key, value in rows.items()} == expected


@every_builder
def test_the_snippet_of_a_models_page_runs(name, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", page(name), re.DOTALL)
    script = tmp_path / "snippet.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    assert f"zoo.{name}(" in blocks[0]
    made = runpy.run_path(str(script))
    assert isinstance(made["model"], keras.Model)


@every_builder
def test_a_models_page_counts_its_weights(name):
    told = re.search(r"^([\d,]+) weights at these defaults", page(name), re.MULTILINE)[1]
    index = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}` \| .* \| {told} \|$", index, re.MULTILINE)
    if int(told.replace(",", "")) > 50_000_000:
        return  # to draw as many takes half a minute
    parameters = inspect.signature(vars(zoo)[name]).parameters
    facts = {fact: FACTS[fact] for fact in parameters if fact in FACTS}
    if "image_shape" in facts and "vocab_size" not in facts:
        facts |= {fact: OF_DIGITS[fact] for fact in facts}
    elif name.endswith("classifier") and "frame_shape" not in facts:
        facts["vocab_size"] = 10_000
    assert told == f"{vars(zoo)[name](**facts).count_params():,}"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    pytest.importorskip("mkdocs", reason="needs the extra docs")
    folder = tmp_path_factory.mktemp("site")
    out = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert out.returncode == 0, out.stderr
    return folder


def test_the_site_has_every_page_and_picture(site):
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("recipes/*/*.md")):
        place = path.relative_to(ROOT).with_suffix("")
        place = place.parent if place.name == "README" else place
        assert (site / place / "index.html").exists(), path
    for path in (ROOT / "docs").rglob("*.png"):
        assert (site / path.relative_to(ROOT)).exists()
    gallery = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    for folder in ("figures", "sample"):
        for path in (ROOT / "docs" / folder).rglob("*.png"):
            assert f"({path.relative_to(ROOT / 'docs').as_posix()})" in gallery


def test_the_reference_has_the_docstrings(site):
    html = (site / "docs" / "api" / "index.html").read_text(encoding="utf-8")
    for name in BUILDERS:
        assert f'id="zoo.{name}"' in html
    assert 'id="recipes.load"' in html
    assert "Number of token ids, padding included." in html


def test_the_site_loads_nothing_from_elsewhere(site):
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|link)\b[^>]*?(?:src|href)="(https?://[^"]+)', html)
        assert loaded == [], path


def test_version_and_licence_are_the_same_everywhere():
    yaml = pytest.importorskip("yaml", reason="comes with the extra docs")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert str(citation["version"]) == zoo.__version__
    assert citation["license"] == project["license"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\]", changes, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1] == zoo.__version__
