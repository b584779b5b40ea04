"""Utterances laid end to end in one array."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Clips:
    """Utterances laid end to end, 16-bit at 16 kHz."""

    samples: np.ndarray  # (total,) int16
    starts: np.ndarray  # (N,) where each utterance begins in `samples`
    lengths: np.ndarray  # (N,) samples of each, with the little silence around the words
    speech_start: np.ndarray  # (N,) where its words begin, counted from its own beginning
    speech_end: np.ndarray  # (N,) where they end
    kinds: list[str]  # "phrase", "near_miss", "word" or "sentence"
    texts: list[str]
    voices: list[str]  # as "gmw/en-US+f2"

    def __len__(self):
        return len(self.starts)

    def audio(self, i, first=0, most=None):
        """An utterance, `(lengths[i],)` float32 in [-1, 1], or `most` samples from `first` on."""
        start, end = self.starts[i] + first, self.starts[i] + self.lengths[i]
        end = end if most is None else min(end, start + most)
        return self.samples[start:end].astype(np.float32) / 32_768


def take(clips, chosen):
    """The utterances of these numbers, their samples shared."""
    return Clips(
        clips.samples,
        clips.starts[chosen],
        clips.lengths[chosen],
        clips.speech_start[chosen],
        clips.speech_end[chosen],
        [clips.kinds[i] for i in chosen],
        [clips.texts[i] for i in chosen],
        [clips.voices[i] for i in chosen],
    )


def join(several):
    """Several `spoken.Clips` as one."""
    offsets = np.cumsum([0, *(len(clips.samples) for clips in several[:-1])])
    return Clips(
        np.concatenate([clips.samples for clips in several]),
        np.concatenate([c.starts + o for c, o in zip(several, offsets, strict=True)]),
        *(
            np.concatenate([getattr(clips, name) for clips in several])
            for name in ("lengths", "speech_start", "speech_end")
        ),
        *(
            [value for clips in several for value in getattr(clips, name)]
            for name in ("kinds", "texts", "voices")
        ),
    )


def of_recordings(found, kind, chosen, extents=None):
    """Recordings as `spoken.Clips` of one kind.

    Args:
        found: `recordings.Recordings`.
        kind: `"own_phrase"`, `"word"` or `"recording"`.
        chosen: Numbers of those to take.
        extents: For each recording where the speech starts and ends; the whole if None.
    """
    samples = [found.samples[i] for i in chosen]
    lengths = np.array([len(x) for x in samples], np.int64)
    bounds = np.array([extents[i] for i in chosen]) if extents else None
    return Clips(
        np.concatenate([*samples, np.zeros(0, np.int16)]),
        np.cumsum([0, *lengths[:-1]], dtype=np.int64)[: len(lengths)],
        lengths,
        bounds[:, 0].astype(np.int64) if extents and len(chosen) else np.zeros_like(lengths),
        bounds[:, 1].astype(np.int64) if extents and len(chosen) else lengths.copy(),
        [kind] * len(chosen),
        [found.names[i] for i in chosen],
        ["recorded"] * len(chosen),
    )
