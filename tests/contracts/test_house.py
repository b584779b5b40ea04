"""The shape of the house: imports, sizes and names, derived from the folders."""

import ast
import os
import pathlib
import re
import subprocess
import sys

import pytest

import zoo

ROOT = pathlib.Path(__file__).parents[2]
RECIPES = sorted(path.parent.name for path in (ROOT / "recipes").glob("*/__main__.py"))
KINDS = ("text", "pictures", "sound", "series")  # of data; none of them knows another
MOST_FILES, MOST_LINES, README_LINES = 24, 400, 200
SOURCES = sorted(path for folder in ("zoo", "recipes") for path in (ROOT / folder).rglob("*.py"))
every_source = pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix()
)


def name_of(path):
    """The module's name, that of the package for an `__init__.py`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in SOURCES}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def imports(tree, top_level=False):
    """Names of what is imported, as modules where they are ours."""
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


def room(name):
    """The part of the house that a module belongs to, and whose rules it keeps."""
    parts = name.split(".")
    if name.startswith("zoo.layers.xla"):
        return "zoo.layers.xla"
    if parts[:2] in (["zoo", "layers"], ["zoo", "decoding"], ["recipes", "datasets"]):
        return ".".join(parts[:2])
    if parts[:2] == ["recipes", "common"]:
        is_folder = len(parts) > 2 and (ROOT / "recipes" / "common" / parts[2]).is_dir()
        return ".".join(parts[:3]) if is_folder else "recipes.common"
    return ".".join(parts[:2])  # a subject of zoo, a recipe, or zoo itself


def allowed(home):
    """The rooms that modules of a room may import from, beside their own."""
    common, data = "recipes.common", "recipes.common.data"
    if home == "zoo":  # the table of contents
        return {room(name) for name in MODULES if name.startswith("zoo.")}
    if home.startswith("zoo"):
        rooms = {"zoo.layers.xla": set(), "zoo.layers": {"zoo.layers.xla"}}
        return rooms.get(home, {"zoo.layers"})
    whole_zoo = {room(name) for name in MODULES if name.startswith("zoo")}
    if home == "recipes.datasets":
        return set()
    if home == common:
        return whole_zoo
    if home.startswith(f"{common}."):
        kind = home.rpartition(".")[2]
        if kind == "data":
            return {common, "recipes.datasets"}
        if kind == "training":
            return {common, *whole_zoo}
        if kind in KINDS:
            return {common, data, *whole_zoo}
        return {common, data, f"{common}.training", f"{common}.text", *whole_zoo}
    everything = {room(name) for name in MODULES}
    return everything - {f"recipes.{recipe}" for recipe in RECIPES}


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_one_way(name):
    home = room(name)
    for imported in imports(TREES[name]):
        if imported.partition(".")[0] in ("zoo", "recipes"):
            assert room(imported) in {home, *allowed(home)}, f"{name} imports {imported}"


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("zoo")])
def test_zoo_is_written_in_keras(name):
    top = {imported.partition(".")[0] for imported in imports(TREES[name], top_level=True)}
    known = {"keras", "numpy", "zoo", *sys.stdlib_module_names}
    assert top <= known | ({"tensorflow"} if room(name) == "zoo.layers.xla" else set())
    if not name.startswith(("zoo.layers", "zoo.diagnostics")):  # there, inside functions
        assert "tensorflow" not in {x.partition(".")[0] for x in imports(TREES[name])}


def functions(tree):
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("name", MODULES)
def test_our_own_modules_are_imported_at_the_top(name):
    """But for the loops that take TensorFlow, and for the command line, which starts it first."""
    if name in ("recipes.common.cli", "recipes.common.verbs"):
        return
    for function in functions(TREES[name]):
        for imported in imports(function):
            if imported.partition(".")[0] in ("zoo", "recipes"):
                rooms = (room(name), room(imported))
                assert rooms == ("zoo.layers", "zoo.layers.xla"), f"{name}: {function.name}"


def reached(starts):
    """The modules that are imported by some, and by those."""
    found, left = set(), list(starts)
    while left:
        name = left.pop()
        if name not in found and name in MODULES:
            found.add(name)
            left += imports(TREES[name])
    return found


def test_common_is_what_two_recipes_share():
    users = {}
    for recipe in RECIPES:
        for name in reached(name for name in MODULES if room(name) == f"recipes.{recipe}"):
            users.setdefault(name, set()).add(recipe)
    shared = [
        name
        for name, path in MODULES.items()
        if name.startswith("recipes.common") and path.name != "__init__.py"
        if room(name).rpartition(".")[2] not in KINDS
    ]
    assert {name: users.get(name) for name in shared if len(users.get(name, ())) < 2} == {}


def test_common_names_no_option_of_a_single_recipe():
    import dataclasses
    import importlib

    from recipes.common import cli
    from recipes.common import config as configs

    owners = {}
    for recipe in RECIPES:
        module = importlib.import_module(f"recipes.{recipe}.config")
        for options in (module.Config, *cli.options_by_verb(module).values()):
            for field in dataclasses.fields(options):
                owners.setdefault(configs.option(field.name), set()).add(recipe)
    for name, path in MODULES.items():
        if name.startswith("recipes.common") and room(name).rpartition(".")[2] not in KINDS:
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", path.read_text(encoding="utf-8")):
                assert len(owners.get(option, RECIPES)) > 1, f"{name} names {option}"


@every_source
def test_nothing_that_runs_foreign_code_is_used(path):
    text = path.read_text(encoding="utf-8")
    for word in ("Lambda(", "pickle.load", "allow_pickle=True", "eval(", "exec(", "load_model("):
        assert word not in text.replace("def load_model(", ""), f"{path} has {word}"
    assert len(text.splitlines()) <= MOST_LINES, f"{path} would be clearer as two subjects"


def test_no_folder_is_crowded():
    for folder in ("zoo", "recipes", "tests", "benchmarks", "docs"):
        for place in [ROOT / folder, *(ROOT / folder).rglob("*/")]:
            if place.name != "__pycache__":
                files = [path for path in place.iterdir() if path.is_file()]
                assert len(files) <= MOST_FILES, f"{place} has {len(files)} files"


QUESTIONS = ("what", "which", "how", "where", "whether", "when", "who")


@every_source
def test_docstrings_name_the_thing(path):
    for node in ast.walk(TREES[name_of(path)]):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            first = (ast.get_docstring(node) or "").partition(" ")[0].lower()
            where = getattr(node, "name", path.name)
            assert first.strip(",.:;") not in QUESTIONS, f"{path}: {where}"


def test_importing_the_zoo_needs_only_keras():
    code = "import sys, zoo; print([m for m in ('tensorflow_datasets', 'keras_tuner', 'tyro', " \
           "'recipes', 'sentencepiece') if m in sys.modules])"  # fmt: skip
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert out.stdout.strip() == "[]", out.stderr


def _seconds_of_children():
    """Processor time, which other work on the machine lengthens little."""
    used = os.times()
    return used.children_user + used.children_system


@pytest.mark.parametrize("recipe", RECIPES)
def test_help_comes_at_once_and_lists_the_verbs(recipe):
    code = (
        f"import sys; sys.argv[1:] = ['--help']\n"
        f"try:\n    import recipes.{recipe}.__main__\nexcept SystemExit: pass\n"
        "heavy = {'keras', 'tensorflow', 'numpy', 'tensorflow_datasets'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    best = float("inf")
    for _ in range(2):
        started = _seconds_of_children()
        command = [sys.executable, "-c", code]
        out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        best = min(best, _seconds_of_children() - started)
    assert out.stderr.strip() == "[]"
    assert best < 1.5
    for verb in ("train", "evaluate", "predict", "tune", "export"):
        assert verb in out.stdout


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_setting_has_help(recipe):
    command = [sys.executable, "-m", f"recipes.{recipe}", "train", "--help"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--learning-rate FLOAT" in out.stdout
    assert "Highest learning rate of the schedule." in out.stdout


def test_recipes_are_listed_a_line_each():
    command = [sys.executable, "-m", "recipes"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = out.stdout.splitlines()
    assert len(lines) == len(RECIPES)
    for name, line in zip(RECIPES, lines, strict=True):
        assert line.startswith(f"python -m recipes.{name}")
        assert len(line.split(maxsplit=3)) == 4, "the recipe says what it does"


def test_readme_is_short_and_names_every_builder_and_recipe():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in zoo.__all__:
        assert f"`{name}`" in readme or f"zoo.{name}" in readme
    for recipe in RECIPES:
        assert f"recipes.{recipe}" in readme
        assert f"recipes/{recipe}/README.md" in readme
        assert list((ROOT / "tests" / recipe).glob("test_*.py"))
    assert len(readme.splitlines()) <= README_LINES


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")) +
    sorted((ROOT / "recipes").rglob("*.md")),
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)  # fmt: skip
def test_links_of_a_page_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]])
def test_ruff_is_content(arguments):
    out = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert out.returncode == 0, out.stdout
