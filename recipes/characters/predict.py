"""Go on with a text, shown as it is written, or name the likeliest next tokens."""

import sys

from recipes.characters import writing
from recipes.characters.trained import restore
from recipes.common.errors import UserError


def predict(
    run, inputs, prime="", next=0, length=500, temperature=0.8, top_k=0, top_p=1.0, seed=0,
    show=False,
):  # fmt: skip
    """Go on with each prime.

    Args:
        run: The finished run.
        inputs: Primes; one without text if there is none and `prime` is empty too.
        prime: A prime before those.
        next: Number of likeliest next tokens to give instead of text; 0 for text.
        length: Tokens to write.
        temperature, top_k, top_p, seed: As for `zoo.Sample`.
        show: Whether to write to standard output as it comes.

    Returns:
        `result, lines`: under `predictions` a dict for each prime, of `text` and `continuation`, or
        of `text` and `next`, and lines for people, none if they were shown.

    Raises:
        UserError: If `top_p` is no probability, or the run is damaged.
    """
    if top_p > 1:
        raise UserError(f"--top-p must be above 0 and at most 1; got {top_p}.")
    trained = restore(run)
    primes = [prime, *inputs] if prime or not inputs else list(inputs)
    predictions, lines = [], []
    for text in primes:
        ids = writing.prime_ids(trained.vocabulary, text, trained.whole)
        if next:
            found = writing.next_tokens(trained.model, ids, trained.whole, next, trained.vocabulary)
            predictions.append(
                {
                    "text": text,
                    "next": [{"token": token, "probability": chance} for token, chance in found],
                }
            )
            lines += [text] * (len(primes) > 1)
            lines += [f"{chance:.4f}  {shown(token)}" for token, chance in found]
            continue
        pieces = writing.write(
            trained.model, ids, trained.whole, length,
            temperature=temperature, top_k=top_k, top_p=top_p, seed=seed,
        )  # fmt: skip
        parts = writing.texts_of(trained.vocabulary, ids, pieces)
        if run.config.pieces == "words" and text.endswith(" "):
            parts = without_space(parts)
        written = "".join(shown_as_written(text, parts) if show else parts)
        predictions.append({"text": text, "continuation": written})
        lines += [] if show else [f"{text}{written}"]
    return {"predictions": predictions}, lines


def without_space(parts):
    """The parts without the space between words that a prime already ends with."""
    yield next(parts, "").removeprefix(" ")
    yield from parts


def shown_as_written(text, parts):
    """The parts, each on standard output before the next is written."""
    sys.stdout.write(text)
    for part in parts:
        sys.stdout.write(part)
        sys.stdout.flush()
        yield part
    sys.stdout.write("\n")


def shown(token):
    """A token for people: white space by its name in Python."""
    return repr(token) if token != token.strip() or not token else token
