"""SentencePiece text: training a tokenizer, keeping it in the run directory, encoding."""

import io
import re

from recipes.common import runs
from recipes.common.errors import UserError

# ASCII alone, as in the exported model.
MARKUP = re.compile(r"<br\s*/?>", re.IGNORECASE | re.ASCII)
MODEL_TYPES = {"subwords": "bpe", "words": "word", "characters": "char"}
# SentencePiece passes over longer lines in silence, so texts are cut into pieces of words.
WORDS_A_LINE = 100
LONGEST_LINE = 4_000
ENOUGH_CHARACTERS = 50_000_000


def clean(text):
    """A text on one line, without the line breaks of web pages."""
    return " ".join(MARKUP.sub(" ", text).split())


def tokenizer(directory, texts, vocab_size, pieces="subwords", lowercase=True):
    """The tokenizer of a run: read from its directory, else trained on the texts and written there.

    Id 0 is padding and 1 the unknown token; there are no others of that kind.

    Args:
        directory: The run directory.
        texts: Cleaned training texts.
        vocab_size: Number of ids at most; a small corpus gets fewer.
        pieces: `"subwords"`, `"words"` or `"characters"`.
        lowercase: Whether upper and lower case are the same.

    Returns:
        A `sentencepiece.SentencePieceProcessor`.

    Raises:
        UserError: If the texts have nothing to learn pieces from.
    """
    import sentencepiece

    path = directory / "tokenizer.model"
    if path.exists():
        return load(directory)
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_lines(texts),
            model_writer=model,
            vocab_size=vocab_size,
            model_type=MODEL_TYPES[pieces],
            normalization_rule_name="nmt_nfkc_cf" if lowercase else "nmt_nfkc",
            hard_vocab_limit=False,
            character_coverage=0.9999,
            pad_id=0,
            unk_id=1,
            bos_id=-1,
            eos_id=-1,
            minloglevel=2,
        )
    except RuntimeError as error:
        _, _, reason = str(error).strip().splitlines()[-1].partition("] ")
        reason = reason or "they have nothing to learn from"
        raise UserError(
            f"No tokenizer of {vocab_size} pieces could be trained on these texts ({reason}). "
            "Change --vocab-size, or give more text."
        ) from None
    with runs.replacing(path) as temporary:
        temporary.write_bytes(model.getvalue())
    return load(directory)


def load(directory):
    """The tokenizer that a run directory holds.

    Raises:
        UserError: If it is missing or damaged.
    """
    import sentencepiece

    path = directory / "tokenizer.model"
    try:
        tokenizer = sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
        if tokenizer.vocab_size() > 1:  # an empty file makes an empty tokenizer
            return tokenizer
    except FileNotFoundError:
        raise UserError(
            f"The run directory {directory} lacks {path.name}; train it first."
        ) from None
    except RuntimeError:
        pass
    raise UserError(f"The file {path} is damaged; train the run anew.")


def encode(tokenizer, texts, max_length):
    """Ids of each text, as a list of lists; long ones keep their beginning and their end.

    A review says what it is about at its beginning and what it makes of it at its end, so what
    exceeds `max_length` is taken from the middle.
    """
    # SentencePiece itself makes one space of white space of every kind.
    encoded = tokenizer.encode([MARKUP.sub(" ", text) for text in texts], num_threads=-1)
    head, tail = max_length // 2, max_length - max_length // 2
    return [ids if len(ids) <= max_length else ids[:head] + ids[-tail:] for ids in encoded]


def _lines(texts):
    left = ENOUGH_CHARACTERS
    for text in texts:
        if left <= 0:
            return
        left -= len(text)
        words = text.split()
        for start in range(0, len(words), WORDS_A_LINE):
            line = " ".join(words[start : start + WORDS_A_LINE])
            for position in range(0, len(line), LONGEST_LINE // 4):
                # Four bytes is the most a character takes in UTF-8.
                yield line[position : position + LONGEST_LINE // 4]
