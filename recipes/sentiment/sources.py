"""Texts with labels from a file, an embedded set or the catalogue."""

import dataclasses

from recipes.common.data import files
from recipes.common.data.catalog import as_numpy, builder_of
from recipes.common.data.splits import PARTS, Rows, complete, digest, held_out, to_measure_on
from recipes.common.errors import UserError
from recipes.common.terminal import tell

ADVICE = (
    "Rename a column, or name the columns with --text-column, --label-column or, for a file "
    "without a header, --header."
)


@dataclasses.dataclass(frozen=True)
class Split(Rows):
    """Texts with their labels, and where each stands, for messages."""

    KEY, PAYLOAD = "texts", "labels"

    texts: list[str]
    labels: list[str]
    places: list[str]


def load(config, columns, header=""):
    """The splits `train`, `validation` and `test` named by a configuration.

    What the source does not name is split off by distinct text, so duplicates never straddle; a
    training text that also stands in another part is dropped from the training.

    Args:
        config: `data`, `validation`, `test`, `holdout`, the shares and `data_dir` count.
        columns: Names of the text column and the label column of files.
        header: Names of all columns of files without a header line.

    Returns:
        A dict of `Split` by name, and the SHA-256 of everything in it.

    Raises:
        UserError: If a source is unusable, or a part comes out empty or with one label only.
    """

    def read(path):
        return _read_file(path, config, columns, header)

    if files.looks_like_file(config.data):
        parts = {"train": read(config.data)}
    else:
        tables = labelled_texts(config.data, config.data_dir)
        parts = {name: Split.of(config.data, tables[name]) for name in PARTS if tables.get(name)}
        if "train" not in parts:
            raise UserError(f"--data {config.data} has no labelled training part.")
    parts = complete(parts, config, read, _split_off)
    _check(config, parts)
    return parts, digest(parts)


def load_one(data, config, columns, header=""):
    """One part to measure on: a file, or the test part of a catalogue name."""
    if files.looks_like_file(data):
        return _read_file(data, config, columns, header)
    if rows := to_measure_on(labelled_texts(data, config.data_dir)):
        return Split.of(data, rows)
    raise UserError(f"--data {data} has no labelled examples.")


def _read_file(path, config, columns, header):
    rows, skipped = files.read_table(path, columns, header, config.bad_share, ADVICE)
    if skipped:
        tell(skipped)
    return Split.of(path, rows, "line")


def _split_off(split, share, by):
    """The rest and the part split off, both in the order of the source.

    Labels of which nothing would be left for the training stay there altogether.
    """
    chosen = held_out(split.texts, share, by)
    labelled = list(zip(split.texts, split.labels, strict=True))
    left = {label for text, label in labelled if text not in chosen}
    chosen -= {text for text, label in labelled if label not in left}
    return split.divide(chosen)


def _check(config, parts):
    labels = set(parts["train"].labels)
    if len(labels) < 2:
        raise UserError(
            f"--data {config.data} has the single label {min(labels)!r} in its training part; "
            "a classifier needs two or more."
        )
    for name in ("validation", "test"):
        check_labels(parts[name], labels)


def check_labels(split, known):
    """Refuse labels that the training did not have.

    Raises:
        UserError: Naming the first such row.
    """
    for label, place in zip(split.labels, split.places, strict=True):
        if label not in known:
            raise UserError(
                f"{place} has the label {label!r}, which the training part does not have (it has "
                f"{', '.join(repr(name) for name in sorted(known)[:10])})."
            )


def labelled_texts(name, data_dir=""):
    """The texts and labels of a data set, split by split.

    Args:
        name: `"imdb_reviews"`, `"glue/sst2"`, an embedded set ...
        data_dir: Folder of prepared data sets, theirs by default.

    Returns:
        A dict from the name of a split to a list of `(number, text, label)`, numbers from 1 and
        labels by name. Unlabelled examples are left out.

    Raises:
        UserError: If no set has that name, it has no text and label, or it is neither on the disk
            nor within reach.
    """
    builder = builder_of(name, data_dir)
    text_key, label_key = _keys(name, builder.info.features)
    names = builder.info.features[label_key].names
    tables = {}
    for split, examples in as_numpy(builder, name).items():
        rows = []
        for batch in examples:
            for text, label in zip(batch[text_key], batch[label_key], strict=True):
                if label >= 0:
                    rows.append((len(rows) + 1, text.decode("utf-8").strip(), names[label]))
        tables[split] = [row for row in rows if row[1]]
    return tables


def _keys(name, features):
    import tensorflow_datasets as tfds

    text = [key for key, value in features.items() if isinstance(value, tfds.features.Text)]
    label = [key for key, value in features.items() if isinstance(value, tfds.features.ClassLabel)]
    if not text or not label:
        raise UserError(
            f"--data {name} has no text with a class label; it has {', '.join(features)}."
        )
    return text[0], label[0]
