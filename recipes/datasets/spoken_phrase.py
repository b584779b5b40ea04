"""A phrase, near misses, words and sentences, spoken by hundreds of synthetic voices."""

import collections
import concurrent.futures
import dataclasses
import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import tensorflow_datasets as tfds

from recipes.datasets.speech import pico_engine, plan

# So many utterances are spoken by one process, whatever the machine: the sound depends on it.
AT_ONCE = 500
PROCESSES = 2


@dataclasses.dataclass
class SpokenConfig(tfds.core.BuilderConfig):
    """The phrase, the factor of the numbers of utterances, and whether a second speaker helps."""

    phrase: str = ""
    scale: float = 1.0
    second: bool = False


def config_of(phrase, scale=1.0, second=None):
    """The `SpokenConfig` of a phrase; its name tells phrases, scales and speakers apart.

    Args:
        phrase: The phrase.
        scale: Factor of the numbers of utterances.
        second: Whether the second speaker helps; None if it does where it is installed.
    """
    phrase = " ".join(phrase.split())
    second = pico_engine.is_there() if second is None else second
    told = f"{phrase}\0{scale!r}" + second * "\0second"
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9]+", "_", phrase.lower()).strip("_")[:40] or "phrase"
    return SpokenConfig(
        name=f"{slug}_{digest}",
        description=f"The phrase {phrase!r}.",
        phrase=phrase,
        scale=scale,
        second=second,
    )


class SpokenPhrase(tfds.core.GeneratorBasedBuilder):
    """A phrase in hundreds of voices of espeak-ng and Pico, and what it must not be taken for.

    Voices differ in accent, in the shape of the vocal tract, in pitch and in speed; no variant of
    a voice stands in two splits. Those of Pico, where it is installed, are of train alone. What
    else is spoken are near misses made from the phrase's own sounds, everyday words and sentences,
    none of which has the phrase in it. `start` and `end` tell where in `audio`, 16-bit FLAC of
    16 kHz, the speech is, in samples.

    There is one configuration for each phrase, scale and set of speakers, made by `config_of`.
    """

    VERSION = tfds.core.Version("1.4.0")

    @staticmethod
    def track(iterable, total, what):
        """The items of an iterable; whoever makes the set may put one here that tells progress."""
        return iterable

    def _info(self):
        if self.builder_config is None:
            raise ValueError("it is made for one phrase at a time: SpokenPhrase(config_of(phrase))")
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "audio": tfds.features.Text(),  # the bytes of a FLAC file
                    "kind": tfds.features.ClassLabel(names=plan.KINDS),
                    "text": tfds.features.Text(),
                    "voice": tfds.features.Text(),
                    "start": tfds.features.Scalar(np.int32),
                    "end": tfds.features.Scalar(np.int32),
                }
            ),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in plan.SIZES}

    def _generate_examples(self, split):
        config = self.builder_config
        utterances = plan.plan(config.phrase, split, config.scale, config.second)
        spoken = self.track(speak(utterances), len(utterances), f"speaking ({split})")
        for number, (utterance, flac, start, end) in enumerate(spoken):
            if end:
                yield number, {
                    "audio": flac, "kind": utterance.kind, "text": utterance.text,
                    "voice": f"{utterance.voice}+{utterance.variant}".removesuffix("+"),
                    "start": start, "end": end,
                }  # fmt: skip


def speak(utterances):
    """Speak utterances in fresh processes, two at a time.

    Args:
        utterances: A list of `plan.Utterance`.

    Yields:
        `(utterance, bytes of a FLAC file, start, end)`, in the order of the list; the end is 0 for
        what came out silent.
    """
    groups = [utterances[i : i + AT_ONCE] for i in range(0, len(utterances), AT_ONCE)]
    waiting = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
        for i in range(len(groups) + PROCESSES):
            if i < len(groups):
                waiting.append(pool.submit(_speak_group, groups[i]))
            if i >= PROCESSES and waiting:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _speak_group(group):
    """A group as `speak` yields it; an utterance that crashes the library is left silent."""
    spoken = []
    while len(spoken) < len(group):
        rest = group[len(spoken) :]
        status, output, message = _work(rest)
        found = list(_parsed(output))
        spoken += [(row, *result) for row, result in zip(rest, found, strict=False)]
        if len(found) < len(rest):
            if status >= 0:
                raise RuntimeError(f"speech synthesis ended with status {status}: {message}")
            spoken.append((rest[len(found)], b"", 0, 0))
    return spoken


def _parsed(output):
    stream = io.BytesIO(output)
    while line := stream.readline():
        length, start, end = map(int, line.split())
        if len(content := stream.read(length)) == length:
            yield content, start, end


def _work(group):
    root = str(pathlib.Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", "recipes.datasets.speech.worker"],
        input=json.dumps(group).encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )
    message = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return done.returncode, done.stdout, message
