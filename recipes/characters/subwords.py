"""Subwords of SentencePiece as a vocabulary, all white space kept."""

import io
import itertools

import numpy as np

from recipes.characters.vocabulary import SPECIAL, Vocabulary, blocks
from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.text import tokenizer as tokenizers
from recipes.common.text.tokenizer import BEGIN, END, PADDING, UNKNOWN

FILE = "tokenizer.model"
ENOUGH = 20_000_000  # characters from which the pieces are learnt
LONGEST_LINE = 1_000  # SentencePiece passes over lines of more than some thousand bytes
COVERAGE = 0.9999  # share of the text whose characters are pieces where there are very many
KEPT = ["\n", "\t"]  # SentencePiece would have neither in a piece


class Subwords(Vocabulary):
    """Pieces of words, by byte-pair encoding.

    Args:
        processor: The `sentencepiece.SentencePieceProcessor`.
        lowercase, knows_unknown: As for `Vocabulary`.
    """

    pieces = "subwords"
    unit = "subword"

    def __init__(self, processor, lowercase=False, knows_unknown=False):
        super().__init__(lowercase, knows_unknown)
        self.processor = processor
        self.size = processor.vocab_size()

    @classmethod
    def of(cls, texts, most, directory, lowercase=False):
        """The pieces of training texts, written into a run directory unless it has some.

        Args:
            texts: The texts.
            most: Ids at most, the special ones included.
            directory: The run directory.
            lowercase: Whether upper and lower case are the same.

        Returns:
            `vocabulary, left_out`: of characters that came too rarely nothing is known.
        """
        if not (directory / FILE).exists():
            storage.write_bytes(directory / FILE, train(texts, most, lowercase))
        return cls(tokenizers.load(directory, FILE), lowercase, True), {}

    @property
    def state(self):
        """Nothing: the pieces are in a file of their own."""
        return {}

    def encode_block(self, text):
        """Ids of a piece of text."""
        return np.asarray(self.processor.encode(text), np.uint32)

    def decode(self, ids):
        """The text of ids; padding, begin and end add nothing."""
        return "".join(map(self.symbol, ids))

    def symbol(self, number):
        """The text of an id."""
        if number in SPECIAL:
            return SPECIAL[number]
        return self.processor.id_to_piece(int(number)).replace(tokenizers.SPACE, " ")

    def strangers(self, text):
        """The distinct characters of a text that no piece has, in their order."""
        text = text.lower() if self.lowercase else text
        return [c for c in dict.fromkeys(text) if UNKNOWN in self.processor.encode(c)]


def train(texts, most, lowercase):
    """A SentencePiece model, as bytes, that keeps spaces, line breaks and tabs.

    Raises:
        UserError: If the texts have nothing to learn pieces from, or too much for so few ids.
    """
    import sentencepiece

    model = io.BytesIO()
    distinct = set().union(*_lines(texts, lowercase))
    if any("\n" in text for text in texts):
        distinct.add("\n")
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_lines(texts, lowercase),
            model_writer=model,
            vocab_size=most,
            model_type="bpe",
            hard_vocab_limit=False,
            character_coverage=1.0 if len(distinct) < most // 2 else COVERAGE,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            allow_whitespace_only_pieces=True,
            user_defined_symbols=[symbol for symbol in KEPT if symbol in distinct],
            pad_id=PADDING,
            unk_id=UNKNOWN,
            bos_id=BEGIN,
            eos_id=END,
            minloglevel=2,
        )
    except RuntimeError as error:
        _, _, reason = str(error).strip().splitlines()[-1].partition("] ")
        reason = reason.partition(" Increase ")[0].rstrip(
            "."
        )  # what follows names options of its own
        raise UserError(
            f"No {most:,} pieces can be made of this text ({reason or 'it has nothing in it'}). "
            "Change --vocab-size, or take --pieces characters."
        ) from None
    return model.getvalue()


def _lines(texts, lowercase):
    left = ENOUGH
    for block in itertools.chain.from_iterable(map(blocks, texts)):
        for line in (block.lower() if lowercase else block).split("\n"):
            for start in range(0, len(line), LONGEST_LINE):
                yield line[start : start + LONGEST_LINE]
        left -= len(block)
        if left <= 0:
            return
