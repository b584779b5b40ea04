"""Tables in Markdown."""


def markdown(header, rows):
    """A table as text: a row of names, and a row of values each, put in by `str`."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
