"""Many to many in step: each token in, the logits of the token after it out."""

import keras

from zoo.layers.checks import check_cell, check_sizes
from zoo.layers.language import LanguageDecoder


def rnn_language_model(
    vocab_size,
    *,
    embedding_dim=128,
    units=256,
    num_layers=1,
    cell="lstm",
    one_hot=False,
    dropout=0.0,
    embedding_dropout=0.0,
    layer_norm=False,
    residual=False,
    tie_embeddings=False,
    frame_token=None,
    states=False,
    begin_token=2,
    end_token=3,
    name="rnn_language_model",
):
    """Predict each token of a text from all tokens before it.

    Tokens, characters, subwords or words, pass through `num_layers` recurrent layers, and a dense
    layer reads the logits of the next token from the last one. `zoo.generate` goes on with a prime,
    `zoo.score` rates what follows one, `zoo.streaming` reads token by token.

    Reference: Mikolov et al. (2010), "Recurrent neural network based language model",
    https://doi.org/10.21437/Interspeech.2010-343; Graves (2013), "Generating sequences with
    recurrent neural networks", https://arxiv.org/abs/1308.0850, section 2, for stacked LSTMs over
    characters; Press & Wolf (2017), "Using the output embedding to improve language models",
    https://arxiv.org/abs/1608.05859, for `tie_embeddings`.

    Notes:
        Graves connects every layer to input and output; here a layer reads the one below it, and
        `residual` adds what it read to what it gives.
        Dropout is variational over time (one mask a row), and never inside the recurrence, where it
        would rule out cuDNN. `layer_norm` normalises the input of each layer, not its gates.

    Size: 3,474,240 parameters by default, for `vocab_size=8_000`.

    Args:
        vocab_size: Number of token ids, padding included.
        embedding_dim: Width of a token's vector.
        units: Width of the state.
        num_layers: Number of recurrent layers, one on the other.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        one_hot: Whether tokens are read as one-hot vectors, which suits a hundred characters;
            `embedding_dim` then has no effect.
        dropout: Share of features to drop from the output of each recurrent layer.
        embedding_dropout: Share of features to drop from the embeddings.
        layer_norm: Whether the input of each layer is normalised.
        residual: Whether a layer's input, where it is as wide as the state, is added to its output.
        tie_embeddings: Whether the output weights are those of the embedding; where the widths
            differ, after a projection to `embedding_dim`.
        frame_token: Id that closes a frame, a group of tokens such as the notes of a chord. Each
            step then also reads the tokens that the frame has so far, those of the frame before,
            and how many there are.
        states: Whether the states are inputs and outputs, so that a text can be read in pieces.
        begin_token: Id that stands before the first token.
        end_token: Id that stands after the last one.
        name: Name of the model.

    Inputs:
        tokens: `(B, T)` int32, right padded with 0; padding is read like any token, after all that
            counts.
        state_1, state_2, …: `(B, units)` each, with `states` alone: those of each layer in turn,
            of an LSTM `h` and then `c`. With `frame_token` the last one, `(B, 2 * vocab_size)`,
            counts the tokens of this frame and of the one before. Zeros stand for the beginning.

    Outputs:
        logits: `(B, T, vocab_size)` float32, of the token after each. With `states` a dict of
            `logits` and the states after the last token, under the names of the inputs.

    Raises:
        ValueError: If `cell` is unknown, a size is below one, `one_hot` and `tie_embeddings` are
            asked for together, or `begin_token`, `end_token` and `frame_token` are no ids of the
            vocabulary, or the first two are the same.
    """
    check_sizes(
        vocab_size=vocab_size, embedding_dim=embedding_dim, units=units, num_layers=num_layers
    )
    check_cell(cell)
    decoder = LanguageDecoder(
        vocab_size,
        embedding_dim,
        units,
        num_layers=num_layers,
        cell=cell,
        one_hot=one_hot,
        dropout=dropout,
        embedding_dropout=embedding_dropout,
        layer_norm=layer_norm,
        residual=residual,
        tie_embeddings=tie_embeddings,
        frame_token=frame_token,
        return_states=states,
        begin_token=begin_token,
        end_token=end_token,
        name="decoder",
    )
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    if not states:
        return keras.Model({"tokens": tokens}, decoder(tokens), name=name)
    shapes = decoder.state_shapes(None)
    names = [f"state_{number}" for number in range(1, len(shapes) + 1)]
    before = {
        name: keras.Input(shape, name=name) for name, shape in zip(names, shapes, strict=True)
    }
    logits, *after = decoder(tokens, list(before.values()))
    outputs = {"logits": logits, **dict(zip(before, after, strict=True))}
    return keras.Model({"tokens": tokens, **before}, outputs, name=name)
