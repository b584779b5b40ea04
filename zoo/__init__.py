"""Sequence architectures for Keras 3: functions that return an uncompiled `keras.Model`.

Grouped by input and output, one item or a sequence. `generate` writes sequences with any model that
has a decoder, and `score` gives the log-probability of sequences.
"""

from zoo import diagnostics as diagnostics

# One to many: a picture in, a sentence out.
from zoo.captioning import show_and_tell, show_attend_and_tell

# Many to many in step: what sensors measure in, what is done out.
from zoo.control import controller

# Decoding with any model that has a decoder.
from zoo.decoding import BeamSearch, Constraint, Greedy, Sample, generate, score

# One to one, in strokes: a picture in, the same one painted; or new ones from nothing.
from zoo.drawing import draw

# Many to many: numbers up to now in, those that come next out.
from zoo.forecasting import rnn_forecaster

# Many to one and to many: a picture read by glimpses.
from zoo.glimpses import multi_object_attention, recurrent_attention

# Many to many in step: each token in, the logits of the next one out.
from zoo.language import rnn_language_model

# Many to many in step: each frame of a piano roll in, a logit for each key of the next one out.
from zoo.music import rnn_frame_model

# One to one, and many to one: a picture in, a label out, seen at once or read row by row.
from zoo.pictures import image_classifier, row_classifier

# Many to one: a text in, a label out.
from zoo.sentiment import bag_of_words_classifier, rnn_classifier

# Streaming: any causal model step by step, its state carried along.
from zoo.streaming import initial_states, streaming

# Many to many: a sequence is read whole, then another one is written.
from zoo.translation import bahdanau_seq2seq, luong_seq2seq, seq2seq

# Many to one and many to many in step: a video in, a label for it or for each frame out.
from zoo.video import video_classifier

# Many to many in step: a sound in, a logit for each frame out.
from zoo.wakeword import wakeword_detector

__version__ = "0.1.0"

__all__ = [
    "BeamSearch",
    "Constraint",
    "Greedy",
    "Sample",
    "bag_of_words_classifier",
    "bahdanau_seq2seq",
    "controller",
    "draw",
    "generate",
    "image_classifier",
    "initial_states",
    "luong_seq2seq",
    "multi_object_attention",
    "recurrent_attention",
    "rnn_classifier",
    "rnn_forecaster",
    "rnn_frame_model",
    "rnn_language_model",
    "row_classifier",
    "score",
    "seq2seq",
    "show_and_tell",
    "show_attend_and_tell",
    "streaming",
    "video_classifier",
    "wakeword_detector",
]
