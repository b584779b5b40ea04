"""Sequence architectures for Keras 3: functions that return an uncompiled `keras.Model`.

Grouped by what goes in and what comes out, one item or a sequence.
"""

# Many to one: a text in, a label out.
from zoo.sentiment import bag_of_words_classifier, rnn_classifier

__all__ = [
    "bag_of_words_classifier",
    "rnn_classifier",
]
