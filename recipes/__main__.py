"""List the recipes, a line each: `python -m recipes`."""

import ast
import pathlib


def recipes():
    """The first line of each recipe's docstring by its name."""
    found = {}
    for path in sorted(pathlib.Path(__file__).parent.glob("*/__main__.py")):
        package = path.with_name("__init__.py").read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(package)) or ""
        found[path.parent.name] = docstring.partition("\n")[0]
    return found


if __name__ == "__main__":
    for name, line in recipes().items():
        print(f"python -m recipes.{name:<12} {line}")
