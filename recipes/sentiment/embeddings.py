"""Initial embeddings from co-occurrence in the training texts alone."""

import numpy as np

WINDOW = 5
# As many tokens as 60,000 film reviews; more change the vectors little and fill the memory.
ENOUGH_TOKENS = 20_000_000
# Keras starts embeddings at 0.029; larger ones let a first layer read the neighbourhoods at once.
DEVIATION = 0.1


def cooccurrence_vectors(sequences, vocab_size, dimension):
    """Vectors under which tokens that stand near the same tokens are near each other.

    Co-occurrences within five tokens, weighted by nearness, become positive pointwise mutual
    information, whose truncated singular value decomposition gives the vectors.

    Reference: Levy, Goldberg & Dagan (2015), "Improving distributional similarity with lessons
    learned from word embeddings", https://aclanthology.org/Q15-1016, sections 2 and 3 (smoothing of
    the contexts by the power 0.75, eigenvalues to the power 0.5).

    Args:
        sequences: `batching.Sequences` of the training texts.
        vocab_size: Number of token ids, padding included.
        dimension: Width of a vector.

    Returns:
        `(vocab_size, dimension)` float32; zero for tokens that stand near no other, as padding
        does, and in columns beyond the rank.
    """
    from scipy import sparse
    from sklearn.utils.extmath import randomized_svd

    ids = sequences.ids[:ENOUGH_TOKENS].astype(np.int64)
    text = np.repeat(np.arange(len(sequences)), sequences.lengths)[:ENOUGH_TOKENS]
    counts = sparse.csr_matrix((vocab_size, vocab_size), dtype=np.float32)
    for distance in range(1, min(WINDOW, len(ids) - 1) + 1):
        left, right = ids[:-distance], ids[distance:]
        together = (text[:-distance] == text[distance:]) & (left > 0) & (right > 0)
        left, right = left[together], right[together]
        weight = np.full(len(left), 1 / distance, np.float32)
        counts += sparse.coo_matrix((weight, (left, right)), counts.shape).tocsr()
    vectors = np.zeros((vocab_size, dimension), np.float32)
    if not counts.nnz:
        return vectors
    counts = (counts + counts.T).tocoo()
    often = np.asarray(counts.sum(axis=1)).ravel()
    context = often**0.75 / np.sum(often**0.75)
    information = np.log(counts.data / (often[counts.row] * context[counts.col]))
    positive = information > 0
    matrix = sparse.csr_matrix(
        (information[positive], (counts.row[positive], counts.col[positive])), counts.shape
    )
    left, values, _ = randomized_svd(matrix, min(dimension, vocab_size), random_state=0)
    vectors[:, : left.shape[1]] = np.where(often[:, None] > 0, left * np.sqrt(values), 0)
    return vectors * (DEVIATION / max(vectors.std(), 1e-12))


def start_from_cooccurrence(model, sequences):
    """Set the layer `"embed"` of a model to co-occurrence vectors of the training sequences.

    Tokens without one keep the vector that was drawn for them.
    """
    embed = model.get_layer("embed")
    vectors = cooccurrence_vectors(sequences, embed.input_dim, embed.output_dim)
    (drawn,) = embed.get_weights()
    embed.set_weights([np.where(vectors.any(axis=1, keepdims=True), vectors, drawn)])
