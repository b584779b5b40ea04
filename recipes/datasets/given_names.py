"""Given names of many countries, in Latin letters without accents."""

import pathlib

import tensorflow_datasets as tfds

LIST = pathlib.Path(__file__).with_suffix(".txt")


class GivenNames(tfds.core.GeneratorBasedBuilder):
    """Given names such as "Angelina", "Thorbjorn" and "Wanjiru", each once.

    They come from sixty-one languages, countries and times, and were written down for this set.
    What has accents, or another script, is spelt with the twenty-six letters. A name that several
    languages share has the origin that comes first in the list.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "name": tfds.features.Text(),
                    "origin": tfds.features.ClassLabel(names=list(by_origin())),
                }
            ),
            supervised_keys=("name", "origin"),
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for number, (name, origin) in enumerate(names().items()):
            yield number, {"name": name, "origin": origin}


def by_origin():
    """The names of each origin, a dict of lists."""
    found = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            found[line.removeprefix("#").strip()] = chosen = []
        else:
            chosen += line.split()
    return found


def names():
    """The origin of each name, a dict in the order of the list."""
    found = {}
    for origin, those in by_origin().items():
        for name in those:
            found.setdefault(name, origin)
    return found
