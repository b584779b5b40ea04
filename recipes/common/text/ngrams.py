"""N-gram language model over ids of tokens: interpolated Kneser-Ney with modified discounts.

A document has a beginning, which contexts see and which is no event, and, where the documents'
end counts, an end token, which is an event like any other.

**Reference**: S. F. Chen, J. Goodman, "An empirical study of smoothing techniques for language
modeling", 1999, section 3: https://doi.org/10.1006/csla.1999.0128

**Notes**: As in KenLM, n-grams at the beginning of a document keep their counts at every order,
since nothing stands before them; the lowest order is interpolated with the uniform distribution
over the vocabulary.
"""

import dataclasses
import math

import numpy as np

PIECE = 1_000_000  # tokens whose likelihood is computed at once
USUAL_DISCOUNTS = (0.5, 1.0, 1.5)  # where too few counts of counts are there to estimate them


@dataclasses.dataclass(frozen=True)
class Level:
    """The n-grams of one length.

    An n-gram's number at this level is its place in `keys`; a key is made of the number of the
    n-gram without its first token, and of that token.
    """

    keys: np.ndarray  # (grams,) sorted
    probability: np.ndarray  # (grams,) of its last token after the others, interpolated
    backoff: np.ndarray  # (contexts,) share of the level below, by number at the level below


class KneserNey:
    """Interpolated Kneser-Ney model with modified discounts.

    Args:
        levels: List of `Level`, that of single tokens first.
        vocab_size: Number of ids.
        end_token: Id of the end of a document, or None if its end is no event.
    """

    def __init__(self, levels, vocab_size, end_token=None):
        self.levels, self.vocab_size, self.end_token = levels, vocab_size, end_token

    @property
    def order(self):
        """Length of the longest n-grams."""
        return len(self.levels)

    @property
    def grams(self):
        """Number of n-grams of all lengths."""
        return sum(len(level.keys) for level in self.levels)

    @classmethod
    def fit(cls, ids, starts, order, vocab_size, end_token=None):
        """The model of some documents.

        Needs about 40 bytes for each token and each length of n-grams while it runs.

        Args:
            ids: `(tokens,)` unsigned ids, all documents in one row.
            starts: `(N + 1,)` where each document begins, and where the last one ends.
            order: Length of the longest n-grams, 1 or more; the longest document may lower it.
            vocab_size: Number of ids.
            end_token: Id that ends each document and counts as an event; None for no such.

        Raises:
            ValueError: If there is nothing to count, an id is outside the vocabulary, or the order
                is below 1.
        """
        if order < 1:
            raise ValueError(f"order must be 1 or more, not {order}.")
        tokens, depth = _framed(ids, starts, vocab_size, end_token, order)
        if not depth.any():
            raise ValueError("An n-gram model needs at least one token to count.")
        order = min(order, int(depth.max()) + 1)  # no longer than a document with its beginning
        counted = _count(tokens, depth, order, vocab_size)
        levels, lower = [], None
        for length, (keys, counts, context) in enumerate(counted, 1):
            if length == 1:
                backoff, probability = _discounted(counts, context, 1)
                probability = probability + backoff[0] / vocab_size
                probability[vocab_size] = 0.0  # a beginning is no event
            else:
                contexts = len(counted[length - 2][0])
                backoff, probability = _discounted(counts, context, contexts)
                probability += backoff[context] * lower[keys // (vocab_size + 1)]
            lower = probability
            levels.append(Level(keys, probability.astype("float32"), backoff.astype("float32")))
            counted[length - 1] = (keys, None, None)  # gives the memory back
        return cls(levels, vocab_size, end_token)

    def nats(self, ids, starts):
        """Negative log-likelihood of documents, and the number of events in it.

        Args:
            ids: `(tokens,)` ids, all documents in one row.
            starts: `(N + 1,)` where each document begins, and where the last one ends.

        Returns:
            `total, count`: nats, summed, and the number of tokens, ends included if they count.
        """
        total, count = 0.0, 0
        for begins, before, goes_on in _pieces(np.asarray(starts, np.int64), self.order):
            logs = self.log_probabilities(ids, begins)[before:]
            if goes_on and self.end_token is not None:
                logs = logs[:-1]
            total -= float(logs.sum())
            count += len(logs)
        return total, count

    def log_probabilities(self, ids, starts):
        """Logarithm of each event's probability, `(events,)` float64, document by document."""
        tokens, depth = _framed(ids, starts, self.vocab_size, self.end_token, self.order)
        grams = tokens.astype(np.int64)
        probability = self.levels[0].probability[tokens].astype(np.float64)
        for length, level in enumerate(self.levels[1:], 2):
            at = np.flatnonzero(depth >= length - 1)
            context, first = grams[at - 1], tokens[at - (length - 1)]
            found = self._find(length, grams[at], first)
            below = probability[at]
            backed_off = np.where(context >= 0, level.backoff[context], 1.0) * below
            probability[at] = np.where(found >= 0, level.probability[found], backed_off)
            grams = np.full(len(tokens), -1)
            grams[at] = found
        return np.log(probability[depth > 0])

    def next(self, contexts, begin=True):
        """Probabilities of the token after each context.

        Args:
            contexts: `(B, T)` ids.
            begin: True if a context stands at the beginning of its document.

        Returns:
            `(B, vocab_size)` float64; each row sums to one.
        """
        contexts = np.asarray(contexts, np.int64)
        batch = len(contexts)
        if begin:
            edge = np.full((batch, 1), self.vocab_size)
            contexts = np.concatenate([edge, contexts], axis=1)  # (B, T + 1)
        words = np.broadcast_to(np.arange(self.vocab_size), (batch, self.vocab_size))
        grams = words
        probability = self.levels[0].probability[words].astype(np.float64)  # (B, V)
        before = contexts[:, -1:]
        for length, level in enumerate(self.levels[1:], 2):
            if length - 1 > contexts.shape[1]:
                break
            first = contexts[:, -(length - 1), None]
            if length > 2:
                before = self._find(length - 1, before, first)
            grams = self._find(length, grams, np.broadcast_to(first, grams.shape))
            backed_off = np.where(before >= 0, level.backoff[before], 1.0) * probability
            probability = np.where(grams >= 0, level.probability[grams], backed_off)
        return probability

    def _find(self, length, shorter, first):
        """Numbers of n-grams at a level, -1 for those that training lacked."""
        keys = self.levels[length - 1].keys
        wanted = shorter * (self.vocab_size + 1) + first
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((shorter >= 0) & (keys[place] == wanted), place, -1)


def choose(train, validation, orders, vocab_size, end_token=None, most_grams=math.inf):
    """The model of the order that is best on validation.

    Args:
        train, validation: Each a pair `ids, starts` of documents.
        orders: Orders to try, ascending; the first that is worse than the one before is the last.
        vocab_size, end_token: As for `KneserNey.fit`.
        most_grams: N-grams of a model from which no longer ones are tried, as each takes memory.

    Returns:
        `model, tried`: the model, and a dict from each order tried to its nats per event.
    """
    best, tried = None, {}
    for order in orders:
        model = KneserNey.fit(*train, order, vocab_size, end_token)
        total, count = model.nats(*validation)
        tried[order] = total / max(1, count)
        if tried[order] > min(tried.values()):
            break
        best = model
        if model.order < order or model.grams > most_grams:
            break
    return best, tried


def _pieces(starts, order):
    """Documents in pieces, as all at once would take a multiple of their memory.

    Yields:
        `starts, before, goes_on`: those of some documents or of a piece of one; how many tokens at
        its beginning are context alone; True if the document goes on behind it.
    """
    first = 0
    while first < len(starts) - 1:
        begin = starts[first]
        last = max(first + 1, int(np.searchsorted(starts, begin + PIECE, "right")) - 1)
        end = starts[last]
        if last > first + 1 or end - begin <= PIECE:
            yield starts[first : last + 1], 0, False
        else:
            for place in range(int(begin), int(end), PIECE):
                before = min(order, place - int(begin))
                stop = min(place + PIECE, int(end))
                yield np.array([place - before, stop]), before, stop < end
        first = last


def _framed(ids, starts, vocab_size, end_token, order):
    """Documents with their beginning, id `vocab_size`, and their end.

    Returns:
        `tokens, depth`: int32 `(positions,)`, and the distance of each from its document's
        beginning, `order` at most.
    """
    starts = np.asarray(starts, np.int64)
    ids = np.asarray(ids[starts[0] : starts[-1]])
    if len(ids) and int(ids.max()) >= vocab_size:
        raise ValueError(f"The id {ids.max()} is outside a vocabulary of {vocab_size}.")
    starts = starts - starts[0]
    ends = end_token is not None
    number = np.arange(len(starts) - 1)
    begins = starts[:-1] + number * (1 + ends)
    tokens = np.empty(len(ids) + len(number) * (1 + ends), np.int32)
    inner = np.ones(len(tokens), bool)
    tokens[begins], inner[begins] = vocab_size, False
    if ends:
        places = starts[1:] + number * 2 + 1
        tokens[places], inner[places] = end_token, False
    tokens[inner] = ids
    depth = np.full(len(tokens), order, np.min_scalar_type(order))
    for distance in reversed(range(order)):
        at = begins + distance
        at = at[at < np.append(begins[1:], len(tokens))]
        depth[at] = distance
    return tokens, depth


def _count(tokens, depth, order, vocab_size):
    """The n-grams of each length: `(keys, counts, context)` by length.

    Counts of the longest are occurrences; those of shorter ones are numbers of distinct tokens
    before them, but for n-grams that begin a document, which nothing stands before. `context` is
    the number, at the level below, of the n-gram without its last token.
    """
    base = vocab_size + 1
    occurrences = np.bincount(tokens[depth > 0], minlength=base)
    levels = [(np.arange(base), occurrences, np.zeros(base, np.int32))]
    grams = tokens
    for length in range(2, order + 1):
        at = np.flatnonzero(depth >= length - 1)
        keys = grams[at].astype(np.int64) * base + tokens[at - (length - 1)]
        keys, number, occurrences = np.unique(keys, return_inverse=True, return_counts=True)
        context = np.empty(len(keys), np.int32)
        context[number] = grams[at - 1]
        grams = np.full(len(tokens), -1, np.int32)
        grams[at] = number
        levels.append((keys, occurrences.astype(np.int32), context))
    for length in range(1, order):
        keys, occurrences, context = levels[length - 1]
        distinct = np.bincount(levels[length][0] // base, minlength=len(keys))
        at_beginning = (keys % base == vocab_size) & (length > 1)
        counts = np.where(at_beginning, occurrences, distinct).astype(np.int32)
        if length == 1:
            counts[vocab_size] = 0
        levels[length - 1] = (keys, counts, context)
    return levels


def discounts(counts):
    """Discounts of counts of one, of two, and of three or more, estimated from these counts."""
    one, two, three, four = (int((counts == number).sum()) for number in (1, 2, 3, 4))
    if not (one and two and three and four):
        return np.array(USUAL_DISCOUNTS)
    share = one / (one + 2 * two)
    found = [1 - 2 * share * two / one, 2 - 3 * share * three / two, 3 - 4 * share * four / three]
    # Where counts are few an estimate may leave the range; more of a count is never less of it.
    return np.minimum(np.maximum.accumulate(found), (1, 2, 3))


def _discounted(counts, context, contexts):
    """Share of each context that is left for the level below, and what each n-gram keeps."""
    less = np.append(0.0, discounts(counts))[np.minimum(counts, 3)]
    total = np.bincount(context, counts, contexts)
    left = np.bincount(context, less, contexts)
    seen = total > 0
    backoff = np.where(seen, left / np.maximum(total, 1), 1.0)
    return backoff, (counts - less) / np.maximum(total[context], 1)
