"""List the recipes, a line each: `python -m recipes`."""

import ast
import pathlib


def recipes():
    """Names of the recipes and the first line of what each says of itself."""
    found = {}
    for path in sorted(pathlib.Path(__file__).parent.glob("[!_]*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.stem] = docstring.partition("\n")[0]
    return found


if __name__ == "__main__":
    for name, line in recipes().items():
        print(f"python -m recipes.{name:<12} {line}")
