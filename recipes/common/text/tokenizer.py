"""SentencePiece text: training a tokenizer, keeping it in the run directory, encoding."""

import io
import pathlib
import re
import tempfile

import numpy as np

from recipes.common import report, storage
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.common.text import normalisation, scripts

# ASCII alone, as in the exported model.
MARKUP = re.compile(r"<br\s*/?>", re.IGNORECASE | re.ASCII)
MODEL_TYPES = {"subwords": "bpe", "words": "word", "characters": "char"}
# SentencePiece passes over longer lines in silence, so texts are cut into pieces of words.
WORDS_A_LINE = 100
LONGEST_LINE = 4_000
ENOUGH_CHARACTERS = 50_000_000
PADDING, UNKNOWN, BEGIN, END = range(4)
SPACE = normalisation.SPACE_MARK
LONGEST_SHOWN = 60
END_MARK = "(end)"  # the end token in pictures


def clean(text):
    """A text on one line, without the line breaks of web pages."""
    return " ".join(MARKUP.sub(" ", text).split())


def tokenizer(
    directory,
    texts,
    vocab_size,
    pieces="subwords",
    lowercase=True,
    begin_end=False,
    name="tokenizer.model",
    folded=False,
):
    """The tokenizer of a run: read from its directory, else trained on the texts and written there.

    Id 0 is padding, 1 the unknown token and, if wanted, 2 begins a text and 3 ends it; there are no
    others of that kind, and no text contains 0, 2 or 3.

    Args:
        directory: The run directory.
        texts: Cleaned training texts. Only the first `ENOUGH_CHARACTERS` are read, so texts of two
            languages are best given in turns.
        vocab_size: Number of ids at most; a small corpus gets fewer.
        pieces: `"subwords"`, `"words"` or `"characters"`.
        lowercase: Whether upper and lower case are the same.
        begin_end: Whether there are tokens that begin and end a text.
        name: The file in the run directory.
        folded: Whether characters that are compatible are the same (NFKC, with case folding where
            case does not count), as for texts that are only read; else `normalisation.rules` apply,
            under which a decoded text is what was encoded.

    Returns:
        A `sentencepiece.SentencePieceProcessor`.

    Raises:
        UserError: If the texts have nothing to learn pieces from.
    """
    path = directory / name
    if path.exists():
        return load(directory, name)
    options = (vocab_size, pieces, begin_end)
    if folded:
        name_of_rules = "nmt_nfkc_cf" if lowercase else "nmt_nfkc"
        model = _train(texts, *options, normalization_rule_name=name_of_rules)
    else:
        with tempfile.TemporaryDirectory() as folder:
            rules = pathlib.Path(folder) / "rules.tsv"
            rules.write_text(normalisation.as_table(normalisation.rules(lowercase)))
            model = _train(texts, *options, normalization_rule_tsv=str(rules))
        model = _without_path(model)
    with storage.replacing(path) as temporary:
        temporary.write_bytes(model)
    return load(directory, name)


def _train(texts, vocab_size, pieces, begin_end, **rules):
    import sentencepiece

    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_lines(texts),
            model_writer=model,
            vocab_size=vocab_size,
            model_type=MODEL_TYPES[pieces],
            hard_vocab_limit=False,
            character_coverage=0.9999,
            pad_id=PADDING,
            unk_id=UNKNOWN,
            bos_id=BEGIN if begin_end else -1,
            eos_id=END if begin_end else -1,
            minloglevel=2,
            **rules,
        )
    except RuntimeError as error:
        _, _, reason = str(error).strip().splitlines()[-1].partition("] ")
        reason = reason or "they have nothing to learn from"
        raise UserError(
            f"No tokenizer of {vocab_size} pieces could be trained on these texts ({reason}). "
            "Change --vocab-size, or give more text."
        ) from None
    return model.getvalue()


def _without_path(model):
    """A model without the path of the rules, which it holds compiled."""
    from sentencepiece import sentencepiece_model_pb2

    content = sentencepiece_model_pb2.ModelProto.FromString(model)
    content.normalizer_spec.ClearField("normalization_rule_tsv")
    return content.SerializeToString(deterministic=True)


def load(directory, name="tokenizer.model"):
    """The tokenizer that a run directory holds under this name.

    Raises:
        UserError: If it is missing or damaged.
    """
    import sentencepiece

    path = directory / name
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
    # The tokenizer itself makes one space of white space of every kind.
    encoded = tokenizer.encode([MARKUP.sub(" ", text) for text in texts], num_threads=-1)
    head, tail = max_length // 2, max_length - max_length // 2
    return [ids if len(ids) <= max_length else ids[:head] + ids[-tail:] for ids in encoded]


def decode(tokenizer, rows):
    """The text of each row of ids up to its end token, as a list; padding and begin add nothing."""
    texts = []
    for row in rows:
        ids = [int(token) for token in row]
        end = ids.index(tokenizer.eos_id()) if tokenizer.eos_id() in ids else len(ids)
        texts.append(tokenizer.decode(ids[:end]))
    return texts


def words(tokenizer, ids):
    """Pieces joined to words, and the number of the first piece of each.

    In scripts without spaces a piece is a word.
    """
    joined, starts = [], []
    end = tokenizer.eos_id()  # none, and -1, where texts have no end token
    for number, token in enumerate(ids):
        piece = tokenizer.id_to_piece(token)
        begins = piece.startswith(SPACE) or (scripts.is_unspaced(piece) and joined[-1:] != [""])
        if token in (end, UNKNOWN) or begins or not joined:
            joined.append("")
            starts.append(number)
        joined[-1] += END_MARK if token == end else piece.replace(SPACE, "")
    return joined, starts


def unknown_share(tokenizer, texts):
    """`(N,)` share of each text that the tokenizer does not know; 0 for a text of no pieces.

    Pieces with letters count, if there are any: a full stop and the space between two words are
    known in every script.
    """
    shares = []
    for text in texts:
        pieces = [piece for piece in tokenizer.encode(text, out_type=str) if piece != SPACE]
        counted = [piece for piece in pieces if any(map(str.isalpha, piece))] or pieces
        unknown = [tokenizer.piece_to_id(piece) == UNKNOWN for piece in counted]
        shares.append(np.mean(unknown) if unknown else 0.0)
    return np.array(shares)


def warn_of_unknown(tokenizer, texts):
    """Tell once how many of the texts hold nothing that the tokenizer knows, and show the first."""
    (foreign,) = np.nonzero(unknown_share(tokenizer, texts) == 1)
    if len(foreign):
        first = report.shorten(clean(texts[foreign[0]]), LONGEST_SHOWN)
        which = f"{len(foreign)} of {len(texts)} texts (the first is {first!r})"
        tell(
            f"Nothing of {which if len(texts) > 1 else repr(first)} is known to this run's "
            "tokenizer: the training had no such script or words, so the output is made up."
        )


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
