"""Many to many: translators, which read a sequence whole and then write another."""

import keras
from keras import layers

from zoo.layers.attention_decoders import AttendAfterDecoder, AttentionDecoder
from zoo.layers.checks import check_cell, check_sizes
from zoo.layers.decoder import NUM_STATES, Decoder, token_embedding
from zoo.layers.masking import PaddingMask, ReverseSequence
from zoo.layers.recurrent import recurrent_layer


def seq2seq(
    source_vocab_size,
    target_vocab_size,
    *,
    embedding_dim=1000,
    units=1000,
    num_layers=4,
    cell="lstm",
    reverse_source=True,
    tie_embeddings=False,
    dropout=0.0,
    begin_token=2,
    end_token=3,
    scheduled_sampling=False,
    name="seq2seq",
):
    """Translate through a single vector, the final state of the encoder.

    Each recurrent layer of the encoder hands its final state to the layer of the same number in
    the decoder, which knows nothing else of the source, however long it is.

    Reference: Sutskever, Vinyals & Le (2014), "Sequence to sequence learning with neural networks",
    https://arxiv.org/abs/1409.3215, sections 2 and 3.3 (the reversed source).

    Notes:
        The token is read from a tanh layer over state and embedding, `embedding_dim` wide, rather
        than from the state alone, so that all three translators choose their tokens alike.

    Size: 90,041,000 parameters by default, for `source_vocab_size=8_000, target_vocab_size=8_000`.

    Args:
        source_vocab_size: Number of source token ids, padding included.
        target_vocab_size: Number of target token ids, padding included.
        embedding_dim: Width of a token's vector, on both sides.
        units: Width of the state.
        num_layers: Number of recurrent layers, in the encoder and in the decoder.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        reverse_source: Whether the encoder reads from the end to the beginning.
        tie_embeddings: Whether the output weights are those of the target embedding.
        dropout: Share of features dropped from embeddings, between layers and before the logits;
            one mask a sequence (variational dropout).
        begin_token: Target id that stands before the first token.
        end_token: Target id that stands after the last one.
        scheduled_sampling: Whether the decoder can read some of its own tokens in training; the
            variable `own_tokens` of the layer `"decoder"`, 0 at first, is their share.
        name: Name of the model.

    Inputs:
        source: `(B, S)` int32, right padded with 0.
        target: `(B, T)` int32: the begin token and the tokens before the one to predict, right
            padded with 0. `zoo.generate` writes it by itself.

    Outputs:
        logits: `(B, T, target_vocab_size)` float32, of the token after each.

    Raises:
        ValueError: If `cell` is unknown, or a size is below one.
    """
    check_sizes(
        source_vocab_size=source_vocab_size,
        target_vocab_size=target_vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
    )
    check_cell(cell)
    source, target = _inputs()
    mask = PaddingMask(name="mask")(source)  # (B, S)
    tokens = ReverseSequence(name="reverse")(source, mask) if reverse_source else source
    x = token_embedding(source_vocab_size, embedding_dim)(tokens)
    states = []
    for number in range(1, num_layers + 1):
        x = layers.SpatialDropout1D(dropout, name=f"dropout_{number}")(x)
        layer = recurrent_layer(cell, units, return_state=True, name=f"encoder_{number}")
        x, *state = layer(x, mask=mask)  # (B, S, units), each (B, units)
        states += state
    decoder = Decoder(
        vocab_size=target_vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
        cell=cell,
        dropout=dropout,
        tie_embeddings=tie_embeddings,
        begin_token=begin_token,
        end_token=end_token,
        scheduled_sampling=scheduled_sampling,
        name="decoder",
    )
    return keras.Model({"source": source, "target": target}, decoder(target, states), name=name)


def bahdanau_seq2seq(
    source_vocab_size,
    target_vocab_size,
    *,
    embedding_dim=620,
    units=1000,
    attention_dim=1000,
    num_layers=1,
    cell="gru",
    tie_embeddings=False,
    dropout=0.0,
    begin_token=2,
    end_token=3,
    scheduled_sampling=False,
    name="bahdanau_seq2seq",
):
    """Translate with a decoder that attends to the source before each step.

    A bidirectional encoder gives one vector for each source token. Before each step, the decoder's
    state is compared with all of them by a small network; their mean, weighted by how well they
    match, is an input of the step. So nothing has to pass through a single vector, and the weights
    align a target token with its source tokens.

    Reference: Bahdanau, Cho & Bengio (2015), "Neural machine translation by jointly learning to
    align and translate", https://arxiv.org/abs/1409.0473, sections 3.1, 3.2 and appendix A.

    Notes:
        The token is read, by a tanh layer `embedding_dim` wide instead of the paper's 500 maxout
        units, from the state after the step instead of the one before it; of several layers, the
        first one attends.

    Size: 41,734,020 parameters by default, for `source_vocab_size=8_000, target_vocab_size=8_000`.

    Args:
        source_vocab_size: Number of source token ids, padding included.
        target_vocab_size: Number of target token ids, padding included.
        embedding_dim: Width of a token's vector, on both sides.
        units: Width of the state, in the encoder for each direction.
        attention_dim: Width of the hidden layer that scores a source token.
        num_layers: Number of recurrent layers, in the encoder and in the decoder.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        tie_embeddings: Whether the output weights are those of the target embedding.
        dropout: Share of features dropped from embeddings, between layers, from the memory and
            before the logits; one mask a sequence (variational dropout).
        begin_token: Target id that stands before the first token.
        end_token: Target id that stands after the last one.
        scheduled_sampling: Whether the decoder can read some of its own tokens in training; the
            variable `own_tokens` of the layer `"decoder"`, 0 at first, is their share.
        name: Name of the model.

    Inputs:
        source: `(B, S)` int32, right padded with 0.
        target: `(B, T)` int32: the begin token and the tokens before the one to predict, right
            padded with 0. `zoo.generate` writes it by itself.

    Outputs:
        logits: `(B, T, target_vocab_size)` float32, of the token after each.

    Raises:
        ValueError: If `cell` is unknown, or a size is below one.
    """
    check_sizes(
        source_vocab_size=source_vocab_size,
        target_vocab_size=target_vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
        attention_dim=attention_dim,
    )
    check_cell(cell)
    source, target = _inputs()
    memory, mask, states = _bidirectional_encoder(
        source, source_vocab_size, embedding_dim, units, num_layers, cell, dropout
    )
    decoder = AttentionDecoder(
        vocab_size=target_vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
        cell=cell,
        dropout=dropout,
        tie_embeddings=tie_embeddings,
        begin_token=begin_token,
        end_token=end_token,
        scheduled_sampling=scheduled_sampling,
        attention_dim=attention_dim,
        name="decoder",
    )
    logits = decoder(target, [memory, mask, *states])
    return keras.Model({"source": source, "target": target}, logits, name=name)


def luong_seq2seq(
    source_vocab_size,
    target_vocab_size,
    *,
    embedding_dim=1000,
    units=1000,
    num_layers=4,
    cell="lstm",
    tie_embeddings=False,
    dropout=0.2,
    begin_token=2,
    end_token=3,
    scheduled_sampling=False,
    name="luong_seq2seq",
):
    """Translate with a decoder that attends to the source after its recurrent layers.

    The context serves the choice of the token and does not enter the next step, so that in training
    all steps of the decoder attend at once, without a loop.

    Reference: Luong, Pham & Manning (2015), "Effective approaches to attention-based neural machine
    translation", https://arxiv.org/abs/1508.04025, section 3.1 (global attention, score `general`).

    Notes:
        The encoder is bidirectional, the paper's is not; its input feeding is left out, so that
        training needs no loop over attention.

    Size: 157,065,000 parameters by default, for `source_vocab_size=8_000, target_vocab_size=8_000`.

    Args:
        source_vocab_size: Number of source token ids, padding included.
        target_vocab_size: Number of target token ids, padding included.
        embedding_dim: Width of a token's vector, on both sides.
        units: Width of the state, in the encoder for each direction.
        num_layers: Number of recurrent layers, in the encoder and in the decoder.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        tie_embeddings: Whether the output weights are those of the target embedding.
        dropout: Share of features dropped from embeddings, between layers, from the memory and
            before the logits; one mask a sequence (variational dropout).
        begin_token: Target id that stands before the first token.
        end_token: Target id that stands after the last one.
        scheduled_sampling: Whether the decoder can read some of its own tokens in training; the
            variable `own_tokens` of the layer `"decoder"`, 0 at first, is their share.
        name: Name of the model.

    Inputs:
        source: `(B, S)` int32, right padded with 0.
        target: `(B, T)` int32: the begin token and the tokens before the one to predict, right
            padded with 0. `zoo.generate` writes it by itself.

    Outputs:
        logits: `(B, T, target_vocab_size)` float32, of the token after each.

    Raises:
        ValueError: If `cell` is unknown, or a size is below one.
    """
    check_sizes(
        source_vocab_size=source_vocab_size,
        target_vocab_size=target_vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
    )
    check_cell(cell)
    source, target = _inputs()
    memory, mask, states = _bidirectional_encoder(
        source, source_vocab_size, embedding_dim, units, num_layers, cell, dropout
    )
    decoder = AttendAfterDecoder(
        vocab_size=target_vocab_size,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
        cell=cell,
        dropout=dropout,
        tie_embeddings=tie_embeddings,
        begin_token=begin_token,
        end_token=end_token,
        scheduled_sampling=scheduled_sampling,
        name="decoder",
    )
    logits = decoder(target, [memory, mask, *states])
    return keras.Model({"source": source, "target": target}, logits, name=name)


def _inputs():
    source = keras.Input((None,), dtype="int32", name="source")
    return source, keras.Input((None,), dtype="int32", name="target")


def _bidirectional_encoder(source, vocab_size, embedding_dim, units, num_layers, cell, dropout):
    """Memory `(B, S, 2 * units)`, its mask `(B, S)`, and the decoder's initial states."""
    steps = PaddingMask(name="steps")(source)  # (B, S), for the recurrent layers
    mask = PaddingMask(at_least_one=False, name="mask")(source)  # (B, S), for the attention
    x = token_embedding(vocab_size, embedding_dim)(source)
    for number in range(1, num_layers + 1):
        x = layers.SpatialDropout1D(dropout, name=f"dropout_{number}")(x)
        layer = recurrent_layer(cell, units, name=f"encoder_{number}")
        x = layers.Bidirectional(layer, name=f"bidirectional_{number}")(x, mask=steps)
    x = layers.SpatialDropout1D(dropout, name="dropout_memory")(x)  # (B, S, 2 * units)
    # The backward direction ends at the first token, so it has read the whole source there.
    summary = x[:, 0, units:]  # (B, units)
    states = [
        layers.Dense(units, activation="tanh", name=f"bridge_{number}")(summary)
        for number in range(1, num_layers * NUM_STATES[cell] + 1)
    ]
    return x, mask, states
