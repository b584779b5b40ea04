"""Write new names with a trained network."""

import numpy as np

from recipes.common.terminal import tell
from recipes.common.text.normalisation import normalised
from recipes.names import writing
from recipes.names.data import training_names
from recipes.names.trained import restore


def predict(run, inputs, start="", count=10, known=False, temperature=0.8, seed=0):
    """Different names for each start.

    Args:
        run: The finished run.
        inputs: Starts of names.
        start: One more, before them; if there are no others, an empty one too.
        count: Names for each.
        known: Whether names of the training list count too.
        temperature: Divides the logits.
        seed: The same seed writes the same names.
    """
    trained = restore(run)
    starts = [start, *inputs] if start or not inputs else inputs
    trained.network.characters.warn_of_unknown(_read(run, text) for text in starts)
    capitals = run.fact("capitalised")
    excluded = set() if known else training_names(run)
    predictions, lines = [], []
    for text in starts:
        found = writing.write(
            trained.network, _read(run, text), count, excluded, capitals, temperature,
            seed=_seed_of(text, seed),
        )  # fmt: skip
        if len(found) < count:
            new = "" if known else " that the training list lacks"
            begin = f" begin with {text!r}" if text else " came"
            tell(f"Only {len(found)} different names{new}{begin}; try a higher --temperature.")
        predictions.append({"start": text, "names": found})
        lines += [name["name"] for name in found]
    return {"predictions": predictions}, lines


def _seed_of(text, seed):
    """A seed for each start: names of two starts would go on alike."""
    if not text:
        return seed
    # `Sample` takes seeds below 2**31, some more of which `write` counts up to.
    return int(np.random.SeedSequence([seed, *text.encode()]).generate_state(1)[0] >> 2)


def _read(run, text):
    """A start as the network reads it; a space at its end belongs to it."""
    space = " " if text[-1:].isspace() and text.strip() else ""
    return normalised(text, run.config.lowercase) + space
