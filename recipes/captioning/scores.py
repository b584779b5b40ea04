"""Scores of image captions: BLEU, CIDEr-D and ROUGE-L against several references per image.

The figures are those of the COCO caption evaluation, https://arxiv.org/abs/1504.00325, but for
the words, see `tokens`. Captions are plain text, one per image; `references` is one list of
captions per image, one at least.
"""

import collections
import itertools
import math
import re
import statistics

import numpy as np
from sacrebleu.metrics import BLEU

from recipes.common.text import normalisation, scripts

# Letters or digits of ASCII, joined by single apostrophes and hyphens.
WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
ORDERS = range(1, 5)  # of the n-grams that BLEU and CIDEr-D count
SIGMA = 6.0  # words: width of the Gaussian by which CIDEr-D penalises differences of length
BETA = 1.2  # ROUGE-L: weight of recall relative to precision


def tokens(caption):
    """The words of a caption, lower-cased and without punctuation.

    The COCO evaluation splits the way of the Penn Treebank and drops marks. Here a word is a run
    of letters and digits, so that `t-shirt` stays whole as it does there, but so do `don't` and
    `girl's`, which are `do n't` and `girl 's` there, and other signs (`&`, `$`) are dropped too.
    For the human captions of Flickr8k this changes BLEU-4 by 0.01 and CIDEr-D by 0.0002.
    A typographic apostrophe counts as a plain one.

    In scripts without spaces between words every character counts as a word, combining marks
    belong to what they follow, and characters are composed and lower-cased as tokenizers do it.
    """
    if caption.isascii():
        return WORD.findall(caption.lower())
    text = normalisation.normalised(caption, lowercase=True).replace("’", "'").replace("_", " ")
    return [word for word in scripts.words().findall(text) if any(map(str.isalnum, word))]


def ngrams(words):
    """All runs of 1 to 4 words, as a list of tuples."""
    return [tuple(words[i : i + n]) for n in ORDERS for i in range(len(words) - n + 1)]


def bleu(captions, references):
    """Corpus BLEU-1 to BLEU-4, 0 to 100, with the closest reference length, unsmoothed.

    **Reference**: Papineni et al. 2002, BLEU, https://aclanthology.org/P02-1040/

    Args:
        captions: One caption per image.
        references: A list of captions per image.

    Returns:
        A dict of `bleu1`, `bleu2`, `bleu3` and `bleu4`.
    """
    # Streams: the first reference of every image, the second, and so on; None for none.
    streams = list(itertools.zip_longest(*([_plain(text) for text in row] for row in references)))
    plain = [_plain(caption) for caption, _ in zip(captions, references, strict=True)]
    metric = _bleu()
    found = metric.corpus_score(plain, streams)
    scores = {}
    for n in ORDERS:
        score = metric.compute_bleu(
            found.counts[:n], found.totals[:n], found.sys_len, found.ref_len, max_ngram_order=n
        )
        scores[f"bleu{n}"] = score.score
    return scores


def _bleu():
    # `force` suppresses a warning that the texts are tokenised already.
    return BLEU(max_ngram_order=max(ORDERS), tokenize="none", smooth_method="none", force=True)


def _plain(caption):
    return " ".join(tokens(caption))


def document_frequencies(references):
    """Number of images by n-gram of their references, and the number of all images.

    Args:
        references: A list of captions per image.

    Returns:
        The pair that `CiderD` takes: a `Counter` by n-gram, and the number of images.
    """
    counts = collections.Counter()
    for row in references:
        counts.update({ngram for caption in row for ngram in ngrams(tokens(caption))})
    return counts, len(references)


class CiderD:
    """CIDEr-D of captions of given images, 0 to 10.

    For each order n from 1 to 4, `g(s)` are the counts of the n-grams of a sentence, each times
    its `log(images / images whose references have it)`. A caption c gets of a reference s

        10 exp(-(len(c) - len(s))^2 / (2 sigma^2)) min(g(c), g(s)) . g(s) / (|g(c)| |g(s)|)

    and its score is the mean over its references and the four orders. As on the COCO server the
    counts are not divided by the length of the sentence, as they are in the paper's equation 1.
    An n-gram that no reference has counts as if one image had it. Frequencies of a single image
    make all weights, and so all scores, 0.

    **Reference**: Vedantam et al. 2015, CIDEr, section 4 and the variant CIDEr-D,
    https://arxiv.org/abs/1411.5726

    Args:
        references: A list of captions per image.
        frequencies: The `document_frequencies` of other references, such as those of the training
            images; None for those of these references.
    """

    def __init__(self, references, frequencies=None):
        self._counts, self._images = frequencies or document_frequencies(references)
        self._references = [[self._vector(caption) for caption in row] for row in references]

    def score(self, captions):
        """The score of one caption for each image, in order, (images,)."""
        return self.of(range(len(self._references)), captions)

    def of(self, images, captions):
        """The scores of captions for chosen images, (captions,).

        Args:
            images: Position of each caption's image among the references; any order, any repeats.
            captions: As many captions.
        """
        pairs = zip(images, captions, strict=True)
        return np.array([self._score(self._references[i], caption) for i, caption in pairs])

    def _vector(self, caption):
        """Weights by n-gram, their norm for each order, and the number of words."""
        words = tokens(caption)
        weights, squares = {}, [0.0] * len(ORDERS)
        for ngram, count in collections.Counter(ngrams(words)).items():
            weight = count * math.log(self._images / max(1, self._counts.get(ngram, 0)))
            weights[ngram] = weight
            squares[len(ngram) - 1] += weight**2
        return weights, [math.sqrt(square) for square in squares], len(words)

    def _score(self, references, caption):
        weights, norms, length = self._vector(caption)
        total = 0.0
        for other_weights, other_norms, other_length in references:
            products = [0.0] * len(ORDERS)
            for ngram in weights.keys() & other_weights.keys():
                other = other_weights[ngram]
                products[len(ngram) - 1] += min(weights[ngram], other) * other
            cosines = (
                product / (norm * other_norm)
                for product, norm, other_norm in zip(products, norms, other_norms, strict=True)
                if product  # else a norm may be 0
            )
            total += sum(cosines) * math.exp(-((length - other_length) ** 2) / (2 * SIGMA**2))
        return 10 * total / (len(references) * len(ORDERS))


def rouge_l(captions, references):
    """ROUGE-L, 0 to 1: the mean F of the longest common subsequence of words.

    As in the COCO evaluation, precision and recall are each the best over an image's references,
    and recall weighs more, `beta` 1.2.

    **Reference**: Lin 2004, ROUGE, section 3, https://aclanthology.org/W04-1013/

    Args:
        captions: One caption per image.
        references: A list of captions per image.
    """
    return statistics.fmean(
        _rouge_l(tokens(caption), [tokens(reference) for reference in row])
        for caption, row in zip(captions, references, strict=True)
    )


def _rouge_l(words, references):
    commons = [_common(words, reference) for reference in references]
    if not any(commons):
        return 0.0
    precision = max(commons) / len(words)
    recall = max(
        common / max(1, len(reference))
        for common, reference in zip(commons, references, strict=True)
    )
    return (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)


def _common(left, right):
    """The length of the longest common subsequence of two lists."""
    lengths = [0] * (len(right) + 1)  # of the words of `left` so far and each prefix of `right`
    for word in left:
        before = lengths
        lengths = [0]
        for i, other in enumerate(right):
            longer = before[i] + 1 if word == other else max(before[i + 1], lengths[i])
            lengths.append(longer)
    return lengths[-1]


def distinct_share(captions):
    """Distinct captions, by their words, per caption: 1 if no two are alike."""
    return len({_plain(caption) for caption in captions}) / len(captions)


def vocabulary(captions):
    """The number of distinct words in all captions."""
    return len({word for caption in captions for word in tokens(caption)})


def measure(captions, references):
    """Scores of captions against their references, and their variety.

    Args:
        captions: One caption per image.
        references: A list of captions per image.

    Returns:
        A dict: `bleu1` to `bleu4` (0 to 100), `cider` (CIDEr-D, 0 to 10, 1 being good), `rouge_l`
        (0 to 1), `distinct` (0 to 1) and `vocabulary` (words).
    """
    return {
        **bleu(captions, references),
        "cider": float(CiderD(references).score(captions).mean()),
        "rouge_l": rouge_l(captions, references),
        "distinct": distinct_share(captions),
        "vocabulary": vocabulary(captions),
    }


def signature():
    """The definition of the scores in a line: sacrebleu's signature and our constants."""
    metric = _bleu()
    metric.corpus_score(["a"], [["a"]])  # sacrebleu has no signature before it has scored
    # The first part is the number of references, which is the data's.
    _, counted = str(metric.get_signature()).split("|", 1)
    orders = f"{min(ORDERS)}-{max(ORDERS)}"
    return (
        f"words lower-case without punctuation; BLEU {counted}; "
        f"CIDEr-D n {orders}, sigma {SIGMA:g}; ROUGE-L beta {BETA:g}"
    )
