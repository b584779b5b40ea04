"""Decoding: greedy, sampling and beam search over one step of a decoder."""

from zoo.decoding.beam_search import BeamSearch
from zoo.decoding.constraint import Constraint
from zoo.decoding.generate import Generated, generate, score, writer_of
from zoo.decoding.sampling import Greedy, Sample

__all__ = [
    "BeamSearch",
    "Constraint",
    "Generated",
    "Greedy",
    "Sample",
    "generate",
    "score",
    "writer_of",
]
