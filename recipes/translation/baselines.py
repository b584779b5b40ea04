"""Translation word by word: a dictionary learnt from pairs, which knows nothing of order."""

import re

import numpy as np

# A word with its apostrophes and hyphens, or a single mark.
WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")
NOTHING = ""  # where target words come from that no source word brings
# Source words beside target words, over all pairs: as many take 8 seconds and 0.8 GB.
ENOUGH = 10_000_000


def learn(sources, targets, iterations=10, lowercase=True):
    """The likeliest translation of each source word.

    IBM Model 1: every target word comes from one word of its source sentence, or from nothing,
    wherever the two stand; `t(target word | source word)` is found by EM from equal chances.

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
        if cells > ENOUGH:
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
    # The last of each source word is its likeliest; of equals, the one seen first.
    ranked = np.lexsort([-right, chance, left])
    best = ranked[np.append(left[ranked][1:] != left[ranked][:-1], True)]
    names = list(source_words), list(target_words)
    return {
        names[0][i]: names[1][j]
        for i, j in zip(left[best], right[best], strict=True)
        if names[0][i] != NOTHING
    }


def translate(dictionary, sources, lowercase=True):
    """Each sentence word by word, spaced as it is; words that the dictionary lacks are copied."""
    return [
        WORD.sub(lambda word: dictionary.get(word[0], word[0]), _cased(source, lowercase))
        for source in sources
    ]


def split(text, lowercase=True):
    """The words and marks of a text."""
    return WORD.findall(_cased(text, lowercase))


def _cased(text, lowercase):
    return text.lower() if lowercase else text
