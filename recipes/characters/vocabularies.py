"""The vocabulary of a run: made of its training texts, kept in its directory, read from there."""

from recipes.characters import subwords
from recipes.characters.subwords import Subwords
from recipes.characters.vocabulary import FILE, SPECIAL, Characters
from recipes.characters.words import Words
from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.run import Run
from recipes.common.terminal import tell
from recipes.common.text import tokenizer as tokenizers
from recipes.common.writing.vocabulary import check_kept

DECIDED_BY = ("pieces", "vocab_size", "min_count", "lowercase")
KEYS = ("pieces", "lowercase", "knows_unknown")
SHOWN = 12  # unknown characters or words in a message


def check_start(run):
    """Refuse settings of another vocabulary than that of the run to begin from.

    Raises:
        UserError: If one of them differs.
    """
    check_kept(run, DECIDED_BY)


def of_training(run, texts):
    """The vocabulary of a run that trains: that of the run it begins from, or of its texts.

    Args:
        run: The run.
        texts: The training texts.

    Raises:
        UserError: If there is nothing to make it of.
    """
    first = Run.first(run.config, run.recipe)
    if first:
        found = load(first.directory)
    else:
        found, left_out = _make(run.config, texts, run.directory)
        if found.size <= len(SPECIAL):
            raise UserError(
                f"No {found.unit} of this text comes {run.config.min_count:,} times, so none would "
                "be known; give a lower --min-count."
            )
        _tell_left_out(found, left_out)
    found.save(run.directory)
    return found


def _make(config, texts, directory):
    if config.pieces == "characters":
        return Characters.of(texts, config.min_count, config.lowercase)
    if config.pieces == "words":
        return Words.of(texts, config.vocab_size, config.min_count, config.lowercase)
    return Subwords.of(texts, config.vocab_size, directory, config.lowercase)


def _tell_left_out(vocabulary, left_out):
    if not left_out:
        return
    ranked = sorted(left_out, key=lambda item: -left_out[item])
    shown = " ".join(repr(item)[1:-1] for item in ranked[:SHOWN])
    more = " …" if len(ranked) > SHOWN else ""
    tell(
        f"{len(left_out):,} kinds of {vocabulary.unit}s, {sum(left_out.values()):,} in all, are "
        f"too rare to be learnt and stand as unknown: {shown}{more}"
    )


def load(directory):
    """The vocabulary of a run directory.

    Raises:
        UserError: If it is missing or damaged.
    """
    state = storage.read_json(directory / FILE, KEYS)
    try:
        if state["pieces"] == "characters":
            return Characters.from_state(state).check(directory)
        if state["pieces"] == "words":
            return Words.from_state(state).check(directory)
    except (KeyError, TypeError, AttributeError):
        raise UserError(f"The file {directory / FILE} is damaged; train the run anew.") from None
    processor = tokenizers.load(directory, subwords.FILE)
    return Subwords(processor, state["lowercase"], state["knows_unknown"])
