"""Join two names into one, ranked by what makes blends of other names good."""

from recipes.common import report
from recipes.common.errors import UserError
from recipes.common.text.normalisation import normalised
from recipes.names import blending
from recipes.names.sources import capitalised
from recipes.names.trained import restore

LONGEST = 60  # letters of a name
FIRST = (1, 5)  # places that a known blend counts as found in


def blend(run, names=(), count=10, measure=False):
    """The best blends of two names.

    Args:
        run: The finished run, whose network rates how natural a seam is.
        names: The two names; the beginning of a blend is rather that of the first.
        count: Blends at most.
        measure: Whether to measure on the list of known blends instead.

    Raises:
        UserError: If there are not two different names, or they have no blend.
    """
    if measure:
        if names:
            raise UserError("--measure works on the list of known blends; leave out the names.")
        return _measured(run)
    first, second = _two(names)
    trained = restore(run)
    trained.network.characters.warn_of_unknown(map(_form(run), (first, second)))
    found = blending.ranked(*_described(trained, first, second))
    if not found:
        raise UserError(
            f"{names[0]!r} and {names[1]!r} have no blend: every join of them is one of the names, "
            "or holds both whole."
        )
    chosen = [
        {
            "blend": capitalised(each.name),
            "first": capitalised(each.first),
            "second": capitalised(each.second),
            "parts": list(each.parts),
            "score": score,
        }
        for each, score in found[:count]
    ]
    width = max(len(row["blend"]) for row in chosen)
    lines = [f"{row['blend']:<{width}}  {row['score']:6.2f}  {shown(row)}" for row in chosen]
    return {"names": [capitalised(first), capitalised(second)], "blends": chosen}, lines


def shown(row):
    """The seam of a blend: a bar, or brackets around the letters that both names have."""
    first, both, second = row["parts"]
    first = row["blend"][: len(first)] if len(row["blend"]) == len(first + both + second) else first
    return f"{first}[{both}]{second}" if both else f"{first}|{second}"


def _two(names):
    if len(names) != 2:
        raise UserError(f"A blend takes two names, as in: blend … Brad Angelina; got {len(names)}.")
    for name in names:
        if len(name) > LONGEST:
            raise UserError(f"{name[:20]!r}… has {len(name)} letters; a blend takes {LONGEST}.")
    first, second = (normalised(name, lowercase=True) for name in names)
    if not first or not second or first == second:
        raise UserError(f"{names[0]!r} and {names[1]!r} are not two different names.")
    return first, second


def _form(run):
    """Function from a name in lower case to what the network reads."""
    return capitalised if not run.config.lowercase and run.fact("capitalised") else str


def _described(trained, first, second):
    nats_of = trained.network.nats_by_character
    return blending.described(first, second, nats_of, _form(trained.run))


def _measured(run):
    """Shares of the known blends that come first and among the first, by half of the list."""
    trained, result = restore(run), {}
    for half, rows in blending.known().items():
        for order, suffix in ((1, ""), (-1, "_swapped")):
            places = []
            for *pair, name in rows:
                found = blending.ranked(*_described(trained, *pair[::order]))
                places.append([each.name for each, _ in found].index(name))
            result[half + suffix] = {
                "blends": len(places),
                **{f"first_{n}": sum(x < n for x in places) / len(places) for n in FIRST},
            }
    lines = [
        report.columns(
            [
                (
                    f"{half.replace('_', ' half, ') if '_' in half else f'{half} half'}",
                    f"{row['blends']} known blends: {row['first_1']:.3f} come first, "
                    f"{row['first_5']:.3f} among the first five",
                )
                for half, row in result.items()
            ]
        )
    ]
    return result, lines
