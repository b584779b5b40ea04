"""Names as batches: read, split by distinct name, encoded character by character."""

import dataclasses

from recipes.common import storage
from recipes.common.data.streams import Streams
from recipes.common.run import Run
from recipes.common.text.tokenizer import BEGIN, END
from recipes.common.writing import sizes
from recipes.names import sources
from recipes.names.characters import Characters

TRAINING_LIST = "training_names.txt"


@dataclasses.dataclass(frozen=True)
class Data:
    """The three parts as names and the two of the training as batches, and the characters."""

    parts: dict[str, sources.Split]
    train: Streams
    validation: Streams
    characters: Characters

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return {"vocab_size": len(self.characters)}

    def names(self, part):
        """The names of a part, a list."""
        return self.parts[part].names


def load(run):
    """Read, split and encode; characters and training names stay in the run."""
    parts, sha256 = sources.load(run.config)
    first = Run.first(run.config, run.recipe)
    characters = Characters.read(first.directory) if first else Characters.of(parts["train"].names)
    longest = max(len(name) for part in parts.values() for name in part.names)
    capitals = sources.are_capitalised(parts["train"].written)
    counts = {name: len(part) for name, part in parts.items()}
    run.begin(sha256, counts, longest=longest, capitalised=capitals)
    sizes.announce(run, "names")
    for part in parts.values():
        characters.warn_of_unknown(part.names)
    characters.write(run.directory)
    storage.write_text(run.directory / TRAINING_LIST, "\n".join(parts["train"].names) + "\n")
    seeds = {"train": run.config.seed, "validation": None}
    # One chunk a name: the longest one and its end.
    batches = {
        name: Streams(
            *characters.documents(parts[name].names),
            run.config.batch_size,
            longest + 1,
            begin_token=BEGIN,
            end_token=END,
            seed=seed,
        )
        for name, seed in seeds.items()
    }
    return Data(parts, **batches, characters=characters)


def training_names(run):
    """The names that a finished run was trained on, a set."""
    return set(storage.read_text(run.directory / TRAINING_LIST).splitlines())
