"""Texts from a file, a folder, a table, an embedded set or the catalogue, divided into parts."""

import dataclasses
import hashlib
import os
import pathlib

from recipes.characters import tables
from recipes.characters.vocabulary import blocks
from recipes.common.data import files
from recipes.common.data.catalog import as_numpy, builder_of
from recipes.common.data.splits import PARTS, Rows, complete, held_out, to_measure_on
from recipes.common.errors import UserError
from recipes.common.terminal import tell

MANY = 20  # documents from which whole ones are set aside; fewer are cut
LEAST = 500  # characters that can be divided
SUFFIXES = (".txt", ".txt.gz")
NEEDS = "text to learn from"


@dataclasses.dataclass(frozen=True)
class Documents(Rows):
    """Texts, and where each comes from, for messages."""

    KEY, PAYLOAD = "texts", "places"

    texts: list[str]
    places: list[str]

    @property
    def characters(self):
        """Number of characters of all texts."""
        return sum(map(len, self.texts))

    def sample(self, count):
        """So many thousand characters at most, of texts chosen by a hash; all for 0."""
        left = count * 1000
        if not left or self.characters <= left:
            return self
        if len(self) == 1:
            return Documents([self.texts[0][:left]], self.places)
        ranked = sorted(
            range(len(self)), key=lambda i: hashlib.sha256(_bytes(self.texts[i])).digest()
        )
        kept = {}
        for i in ranked:
            if left <= 0:
                break
            kept[i] = self.texts[i][:left]
            left -= len(kept[i])
        return Documents([kept[i] for i in sorted(kept)], [self.places[i] for i in sorted(kept)])

    def cut(self, share, ahead):
        """Each text without a share of it, and that share: its beginning, `ahead`, or its end."""
        both = []
        for text in self.texts:
            place = int(len(text) * (share if ahead else 1 - share))
            pieces = text[:place], text[place:]
            both.append(pieces[::-1] if ahead else pieces)
        rest, off = zip(*both, strict=True)
        return Documents(list(rest), self.places), Documents(list(off), self.places)


@dataclasses.dataclass(frozen=True)
class Read:
    """Texts that a name of data stands for.

    parts: `Documents` by part.
    source: Name and version of a prepared set, or nothing.
    cut: True if the texts are few and are divided by position.
    """

    parts: dict[str, Documents]
    source: str = ""
    cut: bool = False


def load(config):
    """The parts `train`, `validation` and `test` that a configuration names.

    A single text is cut by position: its end is the test part, its beginning the validation part,
    as what stands just before the end is worth most for it. Of many documents whole ones are set
    aside.

    Args:
        config: The settings; those of data and files count.

    Returns:
        `parts, about`: a dict of `Documents` by name; `sha256` of everything in it, `source`,
        `split`, a sentence, and `whole`, True if documents are whole, with a beginning and an end.

    Raises:
        UserError: If a source is unusable, or there is too little text.
    """
    read = _read(config.data, config)
    own = set(read.parts)
    if "train" not in own:
        raise UserError(f"--data {config.data} has no training part.")
    size = read.parts["train"].characters
    if size < LEAST:
        of = "character" if size == 1 else "characters"
        raise UserError(
            f"--data {config.data} has {size:,} {of}; to learn from it and to measure it takes "
            f"{LEAST} at least, and some 100,000 to be learnt well."
        )

    def split_off(part, share, by):
        if read.cut:
            return part.cut(share, ahead="test" in read.parts)  # which is the first to be cut off
        return part.divide(held_out(part.texts, share, by))

    split = _sentence(config, own, read)
    # The dict itself, so that a long text is let go once it is cut.
    parts = complete(read.parts, config, lambda path: load_one(path, config), split_off)
    for name in PARTS:
        if parts[name].characters < 2:
            held = "no character" if not parts[name].characters else "a single character"
            own_file = getattr(config, name, "")  # of validation and test
            where = f"--{name} {own_file}" if own_file else f"--data {config.data}: the {name} part"
            raise UserError(f"{where} has {held}; it needs two at least.")
    about = {
        "sha256": digest(parts),
        "source": read.source,
        "split": split,
        "documents": {name: len(part) for name, part in parts.items()},
        "whole": not read.cut,
    }
    return parts, about


def load_one(data, config):
    """One part to measure on: a file or a folder, or the test part of a catalogue name.

    Raises:
        UserError: If it is unusable or has no text.
    """
    if part := to_measure_on(_read(data, config).parts):
        return part
    raise UserError(f"--data {data} has no text.")


def _sentence(config, own, read):
    """The way the parts came about, for the report."""
    found = []
    for name, share in (("test", config.test_share), ("validation", config.validation_share)):
        rest = "" if name == "test" else " of the rest"
        if path := getattr(config, name):
            found.append(f"{name}: {path}")
        elif name in own:
            found.append(f"{name}: that of {read.source or config.data}")
        elif read.cut:
            each = "the text" if len(read.parts["train"]) == 1 else "each text"
            end = "last" if name == "test" else "first"
            found.append(f"{name}: the {end} {share:.0%} of {'the rest' if rest else each}")
        elif name == "test" and config.holdout == "last":
            found.append(f"{name}: the last {share:.0%} of the documents")
        else:
            found.append(f"{name}: {share:.0%}{rest} of the documents, chosen by a hash")
    return "; ".join(found)


def _read(data, config):
    if os.path.isdir(data):
        part = _of_folder(data, config)
    elif tables.is_table(data):
        rows = tables.read(data, config)
        part = Documents(
            [text for _, text in rows], [f"{data}, line {number}" for number, _ in rows]
        )
    elif files.looks_like_file(data):
        text = read_text(data, config.encoding)
        if not text.strip():
            raise UserError(f"The file {data} is empty; it needs {NEEDS}.")
        part = Documents([text], [str(data)])
    else:
        return _of_catalogue(data, config)
    return Read({"train": part}, cut=len(part) < MANY)


def read_text(path, encoding):
    """The text of a file, its lines ended by line feeds.

    Raises:
        UserError: If it is missing, damaged or in another encoding.
    """
    text = files.decode(path, files.read_bytes(path), encoding)
    if text.count("\0") > len(text) // 4:
        raise UserError(
            f"The file {path} is full of NUL characters, as UTF-16 is without a byte order mark. "
            "Read it with --encoding utf-16-le or utf-16-be, or convert it to UTF-8."
        )
    (text,) = files.with_line_feeds(path, [text])
    return text


def _of_folder(folder, config):
    paths = [
        path for path in files.walk(folder, (".txt", ".gz")) if path.name.lower().endswith(SUFFIXES)
    ]
    if not paths:
        held = ", ".join(sorted(path.name for path in pathlib.Path(folder).iterdir())[:6])
        raise UserError(
            f"The folder {folder} has no .txt files, each of which would be a document (it holds "
            f"{held or 'nothing'})."
        )
    read = [(path, read_text(path, config.encoding)) for path in paths]
    kept = [(path, text) for path, text in read if text.strip()]
    bad = [(path, "is empty") for path, text in read if not text.strip()]
    if skipped := files.judge(folder, bad, len(read), config.bad_share, "file"):
        tell(skipped)
    return Documents([text for _, text in kept], [str(path) for path, _ in kept])


def _of_catalogue(name, config):
    """The parts of a prepared set; one that is a single text is put together again."""
    builder = builder_of(name, config.data_dir)
    key = _key(name, builder.info.features)
    parts = {}
    for split, batches in as_numpy(builder, name).items():
        texts = [text.decode("utf-8") for batch in batches for text in batch[key]]
        texts = files.with_line_feeds(name, texts)
        texts = [text for text in texts if text.strip()]
        if split in PARTS and texts:
            places = [f"{name}, {split} {number}" for number in range(1, len(texts) + 1)]
            parts[split] = Documents(texts, places)
    source = builder.info.full_name
    if len(parts) > 1 and all(len(part) == 1 for part in parts.values()):
        tell(f"The parts of {name} are pieces of one text, which is divided as a file would be.")
        whole = "".join(parts[split].texts[0] for split in PARTS if split in parts)
        parts = {"train": Documents([whole], [name])}
    few = len(parts) == 1 and len(parts.get("train", ())) < MANY
    return Read(parts, source, few)


def _key(name, features):
    import tensorflow_datasets as tfds

    found = [key for key, value in features.items() if isinstance(value, tfds.features.Text)]
    if not found:
        raise UserError(f"--data {name} has no text; it has {', '.join(features)}.")
    return "text" if "text" in found else found[0]


def digest(parts):
    """SHA-256 over the texts of all parts, as a hexadecimal string."""
    total = hashlib.sha256()
    for name in sorted(parts):
        total.update(f"{name}\0".encode())
        for text in parts[name].texts:
            for block in blocks(text):
                total.update(_bytes(block))
            total.update(b"\0")
    return total.hexdigest()


def _bytes(text):
    return text.encode("utf-8", "surrogatepass")
