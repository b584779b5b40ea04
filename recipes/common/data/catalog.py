"""Data sets of the tensorflow-datasets catalogue and the embedded ones, which are built alike."""

import contextlib
import difflib
import importlib
import logging
import os
import pathlib
import pkgutil
import random
import re
import threading

from recipes import datasets
from recipes.common import devices
from recipes.common.data import files
from recipes.common.errors import UserError, is_disk_full
from recipes.common.terminal import tell

SECONDS_TO_ANSWER = 6


def builder_of(name, data_dir):
    """The builder of a data set, embedded or of the catalogue.

    Raises:
        UserError: If no set has that name.
    """
    import tensorflow_datasets as tfds

    # Its warnings are about folders that hold no data set yet, which is no news.
    logging.getLogger("absl").setLevel(logging.ERROR)
    for module in pkgutil.iter_modules(datasets.__path__):
        importlib.import_module(f"{datasets.__name__}.{module.name}")
    # Asked beforehand, as `tfds.builder` looks for unknown names in the network.
    known = tfds.list_builders(with_community_datasets=False)
    if name.partition("/")[0].partition(":")[0] not in known:
        if re.search(r"[/\\,.~\s]", name):
            raise files.missing(name, "file or folder")
        raise UserError(
            f"--data {name} is neither a file nor a name of the catalogue; nearest to it are "
            f"{', '.join(_nearest(name, known))}."
        )
    try:
        return tfds.builder(name, **({"data_dir": data_dir} if data_dir else {}))
    except (ValueError, AssertionError) as error:
        first = str(error).strip().partition("\n")[0]
        whole, slash, _ = name.partition("/")
        if slash and (forms := list(tfds.builder_cls(whole).builder_configs)):
            first = f"it has {', '.join(f'{whole}/{form}' for form in forms[:12])}"
        raise UserError(
            f"--data {name}: the catalogue does not take this name ({first})."
        ) from None


def _nearest(name, known):
    """The three names most like this one, as a whole or in their first word."""

    def likeness(candidate):
        words = candidate, candidate.partition("_")[0]
        return max(difflib.SequenceMatcher(None, name, word).ratio() for word in words)

    return sorted(dict.fromkeys(known), key=likeness, reverse=True)[:3]


def as_numpy(builder, name):
    import tensorflow_datasets as tfds

    ensure_prepared(builder, name)
    devices.import_tensorflow()
    # Unlabelled parts, as the 50,000 of imdb_reviews, would only be read and thrown away.
    splits = [split for split in builder.info.splits if split != "unsupervised"]
    read = tfds.ReadConfig(interleave_cycle_length=1, skip_prefetch=True)
    return {
        split: tfds.as_numpy(
            builder.as_dataset(split=split, read_config=read, shuffle_files=False).batch(1000)
        )
        for split in splits
    }


def ensure_prepared(builder, name):
    """Prepare a data set that is not on the disk."""
    if not builder.is_prepared():
        prepare(builder, name)


def prepare(builder, name):
    """Generate or download a data set, unless its host does not answer."""
    urls = [str(url) for url in getattr(builder, "url_infos", None) or {}]
    if urls and not reachable(urls[0]):
        raise UserError(
            f"--data {name} is not in {pathlib.Path(builder.data_dir).parent} and {urls[0]} cannot "
            "be reached. Prepare it on a machine with a network and copy that folder here, or name "
            "a folder that has it with --data-dir."
        )
    import tensorflow_datasets as tfds

    devices.import_tensorflow()
    tell(f"Preparing {name} in {builder.data_dir}.")
    if not urls:
        tfds.disable_progress_bar()
    drawn = random.getstate()  # what weights are drawn from; to prepare data draws from it too
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            builder.download_and_prepare()
    except Exception as error:
        if is_disk_full(error):
            raise
        if builder.is_prepared():  # by another process meanwhile
            builder.info.read_from_directory(builder.data_dir)
            return
        first = str(error).strip().partition("\n")[0]
        raise UserError(
            f"--data {name} could not be prepared in {builder.data_dir}: {first}. Another folder "
            "can be named with --data-dir."
        ) from error
    finally:
        random.setstate(drawn)


def reachable(url):
    """True if the host of an address answers at all, within `SECONDS_TO_ANSWER`."""
    import requests

    answers = []

    def ask():
        with contextlib.suppress(requests.RequestException):
            answers.append(requests.head(url, timeout=SECONDS_TO_ANSWER / 2))

    # Looking up a name has no timeout of its own, so the thread is left behind if it hangs.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(SECONDS_TO_ANSWER)
    return bool(answers)
