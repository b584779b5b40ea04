"""Many to one: classifiers of texts."""

import keras
from keras import layers

from zoo.layers.attention import AttentionWeights, WeightedSum
from zoo.layers.checks import check_sizes
from zoo.layers.dropout import WordDropout
from zoo.layers.masking import MaskedPooling, PaddingMask
from zoo.layers.recurrent import recurrent_layer


def rnn_classifier(
    vocab_size,
    num_classes,
    *,
    embedding_dim=128,
    units=128,
    num_layers=1,
    cell="lstm",
    bidirectional=True,
    pooling="max",
    attention_dim=128,
    dropout=0.5,
    embedding_dropout=0.2,
    word_dropout=0.0,
    name="rnn_classifier",
):
    """Classify a sequence of tokens with a recurrent network.

    Embeddings pass through `num_layers` recurrent layers; the outputs of the last are pooled over
    the real steps into one vector, from which a dense layer reads the logits. Padding is masked in
    every layer and in the pooling.

    Reference: Graves & Schmidhuber (2005), "Framewise phoneme classification with bidirectional
    LSTM", https://doi.org/10.1016/j.neunet.2005.06.042, for the bidirectional layers; Johnson &
    Zhang (2016), "Supervised and semi-supervised text categorization using LSTM for region
    embeddings", https://arxiv.org/abs/1602.02373, section 2, for pooling over the states.

    Notes:
        Dropout is variational over time (one mask a sequence) on the embeddings and between layers,
        and never inside the recurrence, where it would rule out cuDNN.
        An empty row counts as one padding token.

    Size: 1,543,682 parameters by default, for `vocab_size=10_000, num_classes=2`.

    Args:
        vocab_size: Number of token ids, padding included.
        num_classes: Number of labels.
        embedding_dim: Width of a token's vector.
        units: Width of the state, for each direction.
        num_layers: Number of recurrent layers, one on the other.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        bidirectional: Whether each layer also reads from the end to the beginning.
        pooling: `"last"` (the final state of each direction), `"max"`, `"mean"` or `"attention"`
            (weights in the layer named `"attention"`).
        attention_dim: Width of the hidden layer that scores a step; for `pooling="attention"`.
        dropout: Share of features to drop between layers and before the logits.
        embedding_dropout: Share of features to drop from the embeddings.
        word_dropout: Share of the vocabulary to drop from each training sequence.
        name: Name of the model.

    Inputs:
        tokens: `(B, T)` int32, right padded with 0.

    Outputs:
        logits: `(B, num_classes)` float32.

    Raises:
        ValueError: If `cell` or `pooling` is unknown, or a size is below one.
    """
    check_sizes(
        vocab_size=vocab_size,
        num_classes=num_classes,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
        attention_dim=attention_dim,
    )
    if pooling not in ("last", "max", "mean", "attention"):
        raise ValueError(f"pooling must be last, max, mean or attention; got {pooling!r}.")

    tokens = keras.Input((None,), dtype="int32", name="tokens")
    mask = PaddingMask(name="mask")(tokens)  # (B, T)
    x = layers.Embedding(vocab_size, embedding_dim, name="embed")(tokens)  # (B, T, embedding_dim)
    x = WordDropout(word_dropout, vocab_size, name="word_dropout")(x, tokens)
    for number in range(1, num_layers + 1):
        rate = embedding_dropout if number == 1 else dropout
        x = layers.SpatialDropout1D(rate, name=f"dropout_{number}")(x)
        # Each direction's own final state is the summary when only the last step counts.
        sequences = pooling != "last" or number < num_layers
        layer = recurrent_layer(cell, units, return_sequences=sequences, name=f"recurrent_{number}")
        if bidirectional:
            layer = layers.Bidirectional(layer, name=f"bidirectional_{number}")
        x = layer(x, mask=mask)  # (B, T, units or 2 * units), without T after the last if "last"
    if pooling == "attention":
        weights = AttentionWeights(attention_dim, name="attention")(x, mask)  # (B, T)
        x = WeightedSum(name="context")(x, weights)
    elif pooling != "last":
        x = MaskedPooling(pooling, name="pool")(x, mask)
    x = layers.Dropout(dropout, name="dropout_pooled")(x)  # (B, units or 2 * units)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"tokens": tokens}, logits, name=name)


def bag_of_words_classifier(
    vocab_size,
    num_classes,
    *,
    embedding_dim=128,
    units=128,
    num_layers=1,
    dropout=0.5,
    word_dropout=0.0,
    name="bag_of_words_classifier",
):
    """Classify a sequence of tokens by the words it has, whatever their order.

    The mean of the embeddings passes through `num_layers` dense layers. The gain of
    `rnn_classifier` over this model is owed to the order of the words.

    Reference: Iyyer et al. (2015), "Deep unordered composition rivals syntactic methods for text
    classification", https://aclanthology.org/P15-1162, section 2.2 and, for `word_dropout`, 2.3.

    Size: 1,296,770 parameters by default, for `vocab_size=10_000, num_classes=2`.

    Args:
        vocab_size: Number of token ids, padding included.
        num_classes: Number of labels.
        embedding_dim: Width of a token's vector.
        units: Width of each hidden layer.
        num_layers: Number of hidden layers after the mean.
        dropout: Share of hidden features to drop.
        word_dropout: Share of the vocabulary to drop from each training sequence.
        name: Name of the model.

    Inputs:
        tokens: `(B, T)` int32, right padded with 0.

    Outputs:
        logits: `(B, num_classes)` float32.

    Raises:
        ValueError: If a size is below one.
    """
    check_sizes(
        vocab_size=vocab_size,
        num_classes=num_classes,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
    )
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    mask = PaddingMask(name="mask")(tokens)  # (B, T)
    x = layers.Embedding(vocab_size, embedding_dim, name="embed")(tokens)  # (B, T, embedding_dim)
    x = WordDropout(word_dropout, vocab_size, name="word_dropout")(x, tokens)
    x = MaskedPooling("mean", name="pool")(x, mask)  # (B, embedding_dim)
    for number in range(1, num_layers + 1):
        x = layers.Dense(units, activation="relu", name=f"hidden_{number}")(x)  # (B, units)
        x = layers.Dropout(dropout, name=f"dropout_{number}")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"tokens": tokens}, logits, name=name)
