"""Sequence architectures for Keras 3: functions that return an uncompiled `keras.Model`.

Grouped by what goes in and what comes out, one item or a sequence. `generate` writes with any model
that writes, and `score` gives the log-probability of what could have been written.
"""

# One to many: a picture in, a sentence out.
from zoo.captioning import show_and_tell, show_attend_and_tell

# Decoding with any model that writes.
from zoo.decoding import BeamSearch, Greedy, Sample, generate, score

# Many to one: a text in, a label out.
from zoo.sentiment import bag_of_words_classifier, rnn_classifier

# Any causal model as a model of a stream, which carries its state from step to step.
from zoo.streaming import initial_states, streaming

# Many to many: a sequence is read whole, then another one is written.
from zoo.translation import bahdanau_seq2seq, luong_seq2seq, seq2seq

# Many to many in step: a sound in, an answer for each moment out.
from zoo.wakeword import wakeword_detector

__all__ = [
    "BeamSearch",
    "Greedy",
    "Sample",
    "bag_of_words_classifier",
    "bahdanau_seq2seq",
    "generate",
    "initial_states",
    "luong_seq2seq",
    "rnn_classifier",
    "score",
    "seq2seq",
    "show_and_tell",
    "show_attend_and_tell",
    "streaming",
    "wakeword_detector",
]
