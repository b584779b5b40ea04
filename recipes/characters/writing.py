"""Text that a language model writes, the state carried from piece to piece; likely next tokens."""

import keras
import numpy as np
from keras import ops

import zoo
from recipes.characters.measure import zeros
from recipes.common.terminal import tell
from recipes.common.text.tokenizer import BEGIN, END, END_MARK, PADDING, UNKNOWN
from zoo.layers.compiling import compiled

PIECE = 32  # tokens of a loop, after which they are shown
SAMPLES = {"characters": 1_200, "subwords": 400, "words": 250}  # tokens of a report's sample
CONTEXT = 64  # tokens before a piece on which its spaces may depend
LONGEST_READ = 4_096  # tokens of a prime at once
ENOUGH = 20_000_000  # tokens among which a copied passage is looked for
FIRST_POINT = 0x10000  # beyond the surrogates


def prime_ids(vocabulary, text, whole):
    """Ids of a prime, `(P,)` int32: after the begin token where the training had one.

    What the training never had is left out and told. Without a text it is a line break.

    Args:
        vocabulary: That of the run.
        text: The prime.
        whole: True if the training had whole documents.
    """
    strangers = vocabulary.strangers(text)
    ids = vocabulary.encode(text).astype(np.int32)
    if strangers and not vocabulary.knows_unknown:
        ids = ids[ids != UNKNOWN]
    if strangers:
        shown = ", ".join(map(repr, strangers[:12])) + (" …" if len(strangers) > 12 else "")
        done = "stand as unknown" if vocabulary.knows_unknown else "are left out"
        tell(f"Never seen in the training, so they {done}: {shown}.")
    if whole:
        return np.concatenate([[BEGIN], ids]).astype(np.int32)
    if not len(ids):
        ids = vocabulary.encode("\n").astype(np.int32)
    return ids[ids != UNKNOWN] if not vocabulary.knows_unknown else ids


def never(whole):
    """Ids that are not to be written."""
    return (UNKNOWN,) if whole else (UNKNOWN, END)


def write(model, ids, whole, length, seed=0, **options):
    """Tokens that go on with a prime, in pieces as they are written.

    Args:
        model: The language model.
        ids: `(P,)` those of the prime.
        whole: True if the training had whole documents, at whose end the text is over.
        length: Tokens at most.
        seed: The same seed writes the same text.
        **options: `temperature`, `top_k` and `top_p` of `zoo.Sample`.

    Yields:
        Arrays of ids, without the end token.
    """
    inputs, number = {"tokens": ids[None]}, 0
    while length > 0:
        of_piece = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        strategy = zoo.Sample(**options, seed=of_piece, max_length=PIECE, forbidden=never(whole))
        out = zoo.generate(model, inputs, strategy)
        tokens = out.tokens[0, 0]
        ended = END in tokens
        yield tokens[tokens != END][:length]
        if ended:
            return
        length -= len(tokens)
        number += 1
        inputs = {"tokens": out.tokens[:, 0, -1:], **out.states}


def texts_of(vocabulary, ids, pieces):
    """The text of each piece, after a prime.

    Args:
        vocabulary: That of the run.
        ids: The prime's.
        pieces: Arrays of ids, one after the other.
    """
    before = list(ids[-CONTEXT:])
    for piece in pieces:
        both = [*before, *piece]
        yield vocabulary.decode(both)[len(vocabulary.decode(before)) :]
        before = both[-CONTEXT:]


def sample(model, texts, temperature=0.8):
    """A page that a model writes from the beginning.

    Args:
        model: The language model.
        texts: The `data.Data` of its training.
        temperature: As of `zoo.Sample`.

    Returns:
        A dict of `text`, `temperature` and `copied`, the longest passage of it that the training
        text has too, and `copied_tokens`, its length.
    """
    vocabulary, train = texts.vocabulary, texts.parts["train"]
    ids = prime_ids(vocabulary, "", train.whole)
    length = SAMPLES[vocabulary.pieces]
    pieces = list(write(model, ids, train.whole, length, temperature=temperature))
    written = np.concatenate(pieces)
    copy = longest_copy(written, train.ids[-ENOUGH:])
    return {
        "text": "".join(texts_of(vocabulary, ids, pieces)),
        "temperature": temperature,
        "copied": vocabulary.decode(copy),
        "copied_tokens": len(copy),
    }


def longest_copy(written, source):
    """The longest run of ids that also stands in another array of ids."""
    first = 0 if max(written.max(initial=0), source.max(initial=0)) < 256 else FIRST_POINT
    text, haystack = as_string(written, first), as_string(source, first)
    start = longest = 0
    for i in range(len(text)):
        while i + longest < len(text) and text[i : i + longest + 1] in haystack:
            start, longest = i, longest + 1
    return written[start : start + longest]


def as_string(ids, first):
    """Ids as a string of a character each, from a code point on, in which others are found fast."""
    return (np.asarray(ids, "<u4") + np.uint32(first)).tobytes().decode("utf-32-le")


def next_tokens(model, ids, whole, count, vocabulary):
    """The likeliest tokens after a prime.

    Args:
        model: The language model.
        ids: `(P,)` those of the prime.
        whole: True if the training had whole documents.
        count: Number of tokens.
        vocabulary: That of the run.

    Returns:
        A list of `(token, probability)`, the likeliest first; what cannot be written is left out.
    """
    decoder = model.get_layer("decoder")

    def read(tokens, states):
        x, states = decoder.unroll(tokens, decoder.group_states(states))
        logits = decoder.to_logits(x[:, -1:])
        flat = [ops.cast(state, "float32") for layer in states for state in layer]
        return ops.softmax(logits[0, 0]), flat

    read, states = compiled(read, model, xla=False), zeros(model, 1)
    ids = ids if len(ids) else np.array([BEGIN], np.int32)
    for start in range(0, len(ids), LONGEST_READ):
        found, states = read(ids[None, start : start + LONGEST_READ], states)
    chances = keras.ops.convert_to_numpy(found).copy()
    chances[[PADDING, BEGIN, *never(whole)]] = -1
    best = np.argsort(-chances, kind="stable")[:count]
    return [
        (END_MARK if i == END else vocabulary.symbol(i), float(chances[i]))
        for i in best
        if chances[i] >= 0
    ]
