"""Training on several captions of a picture at once."""

import keras
from keras import ops

from zoo.decoding import writer_of


class EachCaption(keras.layers.Layer):
    """A decoder applied to several captions of each picture.

    Args:
        decoder: The decoder of a captioner.

    Inputs:
        target: `(B, n, T)` int32.
        source: What the encoder gives of the pictures, a list of tensors `(B, …)`.

    Outputs:
        `(B, n, T, V)` logits.
    """

    def __init__(self, decoder, **kwargs):
        super().__init__(dtype=decoder.dtype_policy, **kwargs)
        self.decoder = decoder

    def call(self, target, source, training=False):
        rows, several, steps = ops.shape(target)
        source = [_repeat(x, several) for x in source]  # (B * n, …)
        tokens = ops.reshape(target, (-1, steps))  # (B * n, T)
        logits = self.decoder(tokens, source, training=training)
        return ops.reshape(logits, (rows, several, steps, logits.shape[-1]))

    def compute_output_spec(self, target, source, training=False):
        return keras.KerasTensor((*target.shape, self.decoder.vocab_size), dtype="float32")


def _repeat(x, several):
    shape = ops.shape(x)
    x = ops.broadcast_to(ops.expand_dims(x, 1), (shape[0], several, *shape[1:]))
    return ops.reshape(x, (-1, *shape[1:]))


def trainer(model):
    """A model that takes several captions of each picture, with the weights of a captioner.

    Its inputs are `image` `(B, …)` and `target` `(B, n, T)`, its output `(B, n, T, V)`: what runs
    before the first word runs once for all captions of a picture.
    """
    writer = writer_of(model)
    image, target = model.input["image"], keras.Input((None, None), dtype="int32", name="target")
    source = keras.tree.flatten(writer.encoder({"image": image}))
    logits = EachCaption(writer.decoder, name="each_caption")(target, source)
    return keras.Model({"image": image, "target": target}, logits, name=model.name)
