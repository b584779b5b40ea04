"""Clips with their labels or events: the embedded set, or a folder of the user's."""

import dataclasses
import hashlib
import os
import pathlib
from typing import Any

from recipes.common.data import catalog, files, splits
from recipes.common.errors import UserError
from recipes.common.progress import track
from recipes.common.terminal import tell
from recipes.datasets.moving_shapes import RATE
from recipes.video import event_files, folders, groups, moments, reading
from recipes.video.config import EMBEDDED


@dataclasses.dataclass(frozen=True)
class Clips(splits.Rows):
    """Clips, or stretches of videos, as they are labelled for one job.

    digests: SHA-256 of the content of each.
    labels: Its label; of frame labels, one for each of its moments.
    places: Where it stands, for messages.
    groups: Its source, which no two parts share.
    clips: What `reading` reads.
    times: Seconds at which it is looked at.
    """

    KEY, PAYLOAD = "digests", "labels"

    digests: list[str]
    labels: list
    places: list[str]
    groups: list[str]
    clips: list
    times: list

    def add(self, *row):
        """Add a row, its values in the order of the fields."""
        for column, value in zip(self.columns.values(), row, strict=True):
            column.append(value)

    @classmethod
    def none(cls):
        """No clips yet."""
        return cls(*([] for _ in dataclasses.fields(cls)))


def load(config, job):
    """The parts `train`, `validation` and `test` for a job.

    What a folder does not name is split off by the sources of the clips, so that neither a source
    nor the same file, under whatever names, stands in two parts.

    Args:
        config: `data`, `validation`, `test`, `group`, `frames`, `fps`, the shares and `data_dir`
            count.
        job: `"clip"` or `"frames"`.

    Returns:
        `parts, sha256, labels`: a dict of `Clips` by name, the SHA-256 of everything in it, and
        the labels of the training, in order.

    Raises:
        UserError: If the data is unusable, or a part comes out empty or with unknown labels.
    """
    if config.data == EMBEDDED:
        parts = read_embedded(config, job)
    else:
        parts = {"train": read_folder(config.data, config, job)}
    # The labels of all training clips are known, also of those that a limit leaves out.
    whole = dataclasses.replace(config, limit=0)
    parts = splits.complete(
        parts, whole, lambda data: read_folder(data, config, job), groups.split_off
    )
    known = labels_of(parts["train"], job)
    if len(known) < 2:
        raise UserError(
            f"--data {config.data} has the single label {known[0]!r} in its training part; a "
            "classifier needs two or more."
        )
    for name in ("validation", "test"):
        check_labels(parts[name], known, job)
    parts = {name: part.sample(config.limit) for name, part in parts.items()}
    return parts, splits.digest(parts), known


def load_one(data, config, job):
    """One part to measure on: a folder, or the test part of the embedded set.

    Raises:
        UserError: If the data is unusable.
    """
    return (
        read_embedded(config, job)["test"] if data == EMBEDDED else read_folder(data, config, job)
    )


def labels_of(part, job):
    """The labels that come in a part, in order; of frame labels, `none` first."""
    if job == "clip":
        return sorted(set(part.labels))
    found = {label for labels in part.labels for label in labels}
    return [moments.NOTHING, *sorted(found - {moments.NOTHING})]


def check_labels(part, known, job):
    """Refuse labels that the training did not have.

    Raises:
        UserError: Naming the first such clip.
    """
    for labels, place in zip(part.labels, part.places, strict=True):
        for label in [labels] if job == "clip" else labels:
            if label not in known:
                raise UserError(
                    f"{place} has the label {label!r}, which the training part does not have (it "
                    f"has {', '.join(known[:10])})."
                )


def read_embedded(config, job):
    """The embedded clips as a dict of `Clips` by part."""
    builder = catalog.builder_of(EMBEDDED, config.data_dir)
    names = {
        "clip": builder.info.features["label"].names,
        "frames": builder.info.features["events"].feature.names,
    }[job]
    parts = {}
    for split, batches in catalog.as_numpy(builder, EMBEDDED).items():
        part = parts[split] = Clips.none()
        for batch in batches:
            for i, length in enumerate(batch["length"]):
                clip = reading.Drawn(batch["frames"][i][:length], RATE)
                times = moments.of_clip(reading.facts_of(clip, 1), config.frames, config.fps)
                digest = hashlib.sha256(clip.array.tobytes()).hexdigest()
                label = names[batch["label"][i]] if job == "clip" else [
                    names[batch["events"][i][int(t * RATE)]] for t in times
                ]  # fmt: skip
                place = f"{EMBEDDED} ({split}), clip {len(part) + 1}"
                part.add(digest, label, place, digest, clip, times)
    return parts


def read_folder(data, config, job):
    """The clips of a folder, those that cannot be used counted and left out.

    Raises:
        UserError: If there is no such folder, it has no clips, or too many cannot be used.
    """
    folder = pathlib.Path(data)
    if os.path.isfile(data):
        raise UserError(f"{data} is a file; name the folder that holds the clips.")
    if not folder.is_dir():
        raise files.missing(data, "folder")
    paths = folders.clips_below(folder)
    reading.check_installed(paths)
    part, faults, single = Clips.none(), [], []
    group_of = groups.finder(config.group)
    for path in track(paths, len(paths), f"looking at clips of {folder.name}"):
        name = path.relative_to(folder)
        try:
            facts = reading.facts_of(path, config.folder_fps)
            digest = folders.digest_of(path)
            group = group_of(name.as_posix()) or digest
            for key, label, times in _labelled(path, name, facts, config, job):
                part.add(digest + key, label, str(path), group, path, times)
            single += [path] * (facts.count == 1)
        except reading.BadClip as error:
            faults.append((str(path), str(error)))
    groups.tell_of(part.groups, part.digests, config.group)
    if single:
        tell(f"Clips of a single frame, in which nothing moves: {len(single):,} ({single[0]} …).")
    files.report(folder, faults, len(paths), config.bad_share, "clip")
    if job == "clip" and (beside := sum(p.with_suffix(".csv").exists() for p in paths)):
        tell(f"{beside:,} files of events lie beside clips; --task frames learns frame labels.")
    return part


def _labelled(path, name, facts, config, job) -> Any:
    """Yield the rows that a clip makes: an addition to its digest, labels and times."""
    if job == "clip":
        label = folders.label_of(name)
        if config.names and label not in config.names:
            raise reading.BadClip(
                f"has the unknown label {label!r} (known are {', '.join(config.names)})"
            )
        yield "", label, moments.of_clip(facts, config.frames, config.fps)
        return
    events = folders.events_beside(path)
    if events is None:
        raise reading.BadClip(f"has no events {path.stem}.csv beside it")
    events = event_files.read(events, config.encoding, config.names)
    if events and events[-1][0] >= facts.seconds:
        raise reading.BadClip(
            f"has an event from {events[-1][0]:g} s on, and lasts {facts.seconds:.1f} s"
        )
    for number, times in enumerate(moments.of_stretches(facts, config.frames, config.fps)):
        yield f"#{number}" * (number > 0), moments.labels_at(times, events), times
