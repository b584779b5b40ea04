"""Labels of a video's frames as they come in, or window by window for networks that look ahead."""

import dataclasses
import itertools
from typing import Any

import numpy as np
from scipy.special import softmax

import zoo

STEPS = 8  # frames a call


@dataclasses.dataclass(frozen=True)
class LiveLabels:
    """A causal network per frame as a stream: each frame is read once, states go on.

    The probabilities are those of the whole video, however long it is.

    stream: What `zoo.streaming` makes of the network.
    steps: Frames a call.
    """

    stream: Any
    steps: int

    @classmethod
    def of(cls, model, steps=STEPS):
        """From a trained network."""
        return cls(zoo.streaming(model, steps), steps)

    def probabilities(self, frames):
        """Yield the probabilities of each frame, `(num_classes,)`, as soon as its call is made.

        Args:
            frames: An iterable of `(H, W, 3)` arrays.
        """
        states, waiting = zoo.initial_states(self.stream), []
        for frame in frames:
            waiting.append(frame)
            if len(waiting) == self.steps:
                states, found = self._call(waiting, states)
                yield from found
                waiting = []
        if waiting:  # what fills the call up comes later and changes nothing before
            filled = waiting + waiting[-1:] * (self.steps - len(waiting))
            yield from self._call(filled, states)[1][: len(waiting)]

    def _call(self, frames, states):
        given = np.stack(frames)[None].astype(np.float32)
        outputs = self.stream.predict_on_batch({"frames": given, **states})
        found = softmax(np.asarray(outputs["logits"][0], np.float64), -1)
        return {name: outputs[name] for name in states}, found


def by_windows(job, frames):
    """Probabilities of each frame, `(T, num_classes)`, of a network that looks ahead.

    Args:
        job: The `trained.TrainedJob`.
        frames: An iterable of `(H, W, 3)` arrays.
    """
    frames, found = iter(frames), []
    while window := list(itertools.islice(frames, job.config.frames)):
        logits = job.model.predict_on_batch(padded(np.stack(window), job))[0]
        found.append(logits[: len(window)])
    return softmax(np.concatenate(found).astype(np.float64), -1)


def padded(frames, job):
    """The inputs of a network for one clip of at most as many frames as in the training."""
    rest = job.config.frames - len(frames)
    whole = np.concatenate([frames, np.repeat(frames[-1:], rest, 0)])
    given = {"frames": whole[None].astype(np.float32)}
    if "lengths" in job.inputs:
        given["lengths"] = np.array([len(frames)], np.int32)
    return given
