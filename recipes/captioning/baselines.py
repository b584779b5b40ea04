"""Captions without a language model: the commonest one, and those of similar training images."""

import collections
import itertools

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import CountVectorizer

from recipes.captioning.scores import ORDERS, ngrams, tokens

BLOCK = 256  # images compared with all training images at once, to bound the memory


def commonest(train_references):
    """The most frequent training caption, word for word, as it is written first.

    Args:
        train_references: A list of captions per training image.
    """
    captions = list(itertools.chain.from_iterable(train_references))
    words = [tuple(tokens(caption)) for caption in captions]
    ((best, _),) = collections.Counter(words).most_common(1)
    return captions[words.index(best)]


def nearest(train_features, train_references, features):
    """The first caption of the most similar training image.

    Args:
        train_features: A vector per training image, (M, D).
        train_references: A list of captions per training image.
        features: A vector per image, (N, D); similarity is the cosine.

    Returns:
        A list of N captions.
    """
    found = _neighbours(train_features, features, 1)
    return [train_references[i][0] for (i,) in found]


def consensus(train_features, train_references, features, neighbours=25):
    """The consensus caption of similar training images.

    Of all captions of the nearest training images, the one with the highest mean CIDEr to the
    others. This CIDEr is the plain one, a cosine, with the training images' document frequencies.
    The paper compares with the most central captions only, which is left out: on Flickr8k it brings
    0.001 of CIDEr-D.

    **Reference**: Devlin et al. 2015, Exploring Nearest Neighbor Approaches for Image Captioning,
    https://arxiv.org/abs/1505.04467

    Args:
        train_features, train_references, features: As for `nearest`.
        neighbours: Training images whose captions are the candidates.

    Returns:
        A list of N captions.
    """
    captions = list(itertools.chain.from_iterable(train_references))
    vectors = _vectors(train_references)
    ends = np.cumsum([len(row) for row in train_references])
    found = []
    for images in _neighbours(train_features, features, neighbours):
        candidates = [j for i in images for j in range(ends[i] - len(train_references[i]), ends[i])]
        chosen = vectors[candidates]
        similarity = (chosen @ chosen.T).toarray()
        np.fill_diagonal(similarity, 0)
        found.append(captions[candidates[similarity.sum(axis=1).argmax()]])
    return found


def _neighbours(train_features, features, count):
    """Numbers of the training images with the largest cosines, the largest first, (N, count)."""
    train, images = _unit(train_features), _unit(features)
    count = min(count, len(train))
    found = np.empty((len(images), count), int)
    for start in range(0, len(images), BLOCK):
        distance = -images[start : start + BLOCK] @ train.T  # (block, M)
        some = np.sort(np.argpartition(distance, count - 1, axis=1)[:, :count], axis=1)
        order = np.take_along_axis(distance, some, axis=1).argsort(axis=1, kind="stable")
        found[start : start + BLOCK] = np.take_along_axis(some, order, axis=1)
    return found


def _unit(features):
    features = np.asarray(features, "float32")
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)


def _vectors(references):
    """Sparse rows, one per caption, whose products are the CIDEr of two captions over 10."""
    counter = CountVectorizer(analyzer=lambda caption: ngrams(tokens(caption)))
    counts = counter.fit_transform(itertools.chain.from_iterable(references))
    counts = scipy.sparse.csr_array(counts)  # (captions, n-grams)
    owner = np.repeat(np.arange(len(references)), [len(row) for row in references])
    of_image = scipy.sparse.csr_array((np.ones(len(owner)), (owner, np.arange(len(owner)))))
    frequencies = ((of_image @ counts) > 0).sum(axis=0)  # (n-grams,)
    weights = counts.multiply(np.log(len(references) / frequencies)).tocsc()
    lengths = np.empty(weights.shape[1], int)
    for ngram, i in counter.vocabulary_.items():
        lengths[i] = len(ngram)
    blocks = []
    for n in ORDERS:
        block = weights[:, lengths == n]
        norms = np.sqrt(block.multiply(block).sum(axis=1))  # (captions,)
        blocks.append(block.multiply(1 / np.maximum(norms, 1e-12)[:, None] / len(ORDERS) ** 0.5))
    return scipy.sparse.hstack(blocks, "csr")
