"""Translation word by word: a dictionary learned from pairs, without any word order."""

import numpy as np

from recipes.common.text import scripts
from recipes.common.text.normalisation import normalised

NOTHING = ""  # the source of target words that no source word brings
# Source words beside target words, over all pairs: as many take 8 seconds and 0.8 GB.
MOST_CELLS = 10_000_000


def dictionary(train, lowercase=True):
    """A translator word by word, learned from training pairs: a function of a list of sources."""
    learned = learn(train.sources, train.targets, lowercase=lowercase)
    spaced = scripts.has_spaces(train.sources), scripts.has_spaces(train.targets)
    between = {(True, False): "", (False, True): " "}.get(spaced)

    def of(sources):
        return translate(learned, sources, lowercase, between)

    return of


def learn(sources, targets, iterations=10, lowercase=True):
    """The most probable translation of each source word.

    IBM Model 1: every target word comes from one word of its source sentence, or from nothing,
    whatever their positions; `t(target word | source word)` is found by EM from a uniform start.

    **Reference**: Brown et al. 1993, The Mathematics of Statistical Machine Translation, section
    4.1, https://aclanthology.org/J93-2003/

    Args:
        sources: Training sentences.
        targets: Their translations.
        iterations: Passes of EM.
        lowercase: Whether to make all words lower-case.

    Returns:
        A dict from source word to target word.
    """
    source_words, target_words = {NOTHING: 0}, {}
    # A cell is a target token beside a word of its source sentence.
    lefts, rights, widths, cells = [], [], [], 0
    for i in np.random.default_rng(0).permutation(len(sources)):
        left = [NOTHING, *split(sources[i], lowercase)]
        right = split(targets[i], lowercase)
        left = [source_words.setdefault(word, len(source_words)) for word in left]
        right = [target_words.setdefault(word, len(target_words)) for word in right]
        lefts.append(np.tile(left, len(right)))
        rights.append(np.repeat(right, len(left)))
        widths.append(np.repeat(len(left), len(right)))
        cells += len(left) * len(right)
        if cells > MOST_CELLS:
            break
    widths = np.concatenate(widths)
    token = np.repeat(np.arange(len(widths)), widths)  # (cells,)
    pairs = np.concatenate(lefts) * len(target_words) + np.concatenate(rights)
    pairs, cell = np.unique(pairs, return_inverse=True)  # (pairs,), (cells,)
    left, right = np.divmod(pairs, len(target_words))
    chance = np.ones(len(pairs))
    for _ in range(iterations):
        expected = chance[cell]
        expected /= np.bincount(token, expected)[token]
        count = np.bincount(cell, expected)
        chance = count / np.bincount(left, count)[left]
    # The last of each source word is its most probable; of equals, the one seen first.
    ranked = np.lexsort([-right, chance, left])
    best = ranked[np.append(left[ranked][1:] != left[ranked][:-1], True)]
    names = list(source_words), list(target_words)
    return {
        names[0][i]: names[1][j]
        for i, j in zip(left[best], right[best], strict=True)
        if names[0][i] != NOTHING
    }


def translate(dictionary, sources, lowercase=True, between=None):
    """Each sentence word by word; words that the dictionary lacks are copied.

    Args:
        dictionary: Target words by source word, as from `learn`.
        sources: Sentences.
        lowercase: As it was for `learn`.
        between: Text to put between words, for a pair of scripts of which one has no spaces; None
            to space each sentence as it is.
    """
    if between is not None:
        return [
            between.join(dictionary.get(word, word) for word in split(source, lowercase))
            for source in sources
        ]
    return [
        scripts.words().sub(
            lambda word: dictionary.get(word[0], word[0]), normalised(source, lowercase)
        )
        for source in sources
    ]


def split(text, lowercase=True):
    """The words and punctuation marks of a text."""
    return scripts.words().findall(normalised(text, lowercase))
