"""The recipes and the version, read from the sources without importing what is heavy."""

import ast
import pathlib

RECIPES = pathlib.Path(__file__).parents[1]


def recipes():
    """The first line of each recipe's docstring by its name."""
    found = {}
    for path in sorted(RECIPES.glob("*/__main__.py")):
        docstring = ast.get_docstring(_tree(path.with_name("__init__.py"))) or ""
        found[path.parent.name] = docstring.partition("\n")[0]
    return found


def version():
    """`zoo.__version__`."""
    for node in _tree(RECIPES.parent / "zoo" / "__init__.py").body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__version__":
            return node.value.value
    raise LookupError("zoo/__init__.py names no __version__")


def embedded_sets():
    """Names of the embedded data sets: the modules of `recipes.datasets` that have a builder."""
    paths = sorted((RECIPES / "datasets").glob("*.py"))
    return [path.stem for path in paths if "GeneratorBasedBuilder" in path.read_text("utf-8")]


def _tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))
