"""Characters as ids: 0 padding, 1 unknown, 2 begin, 3 end, then those of the training list."""

import numpy as np

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.common.text.tokenizer import BEGIN, END, PADDING, UNKNOWN

FILE = "characters.json"
FIRST = 4
UNKNOWN_SHOWN = "\N{REPLACEMENT CHARACTER}"


class Characters:
    """Ids of characters.

    Args:
        characters: All that are known, each a string; the first has the id 4.
    """

    def __init__(self, characters):
        self.characters = list(characters)
        self.ids = {character: i for i, character in enumerate(self.characters, FIRST)}

    @classmethod
    def of(cls, names):
        """Those of some names."""
        return cls(sorted(set("".join(names))))

    @classmethod
    def read(cls, directory):
        """Those that a run has kept.

        Raises:
            UserError: If the file is missing or damaged.
        """
        path = directory / FILE
        found = storage.read_json(path, ("characters",))["characters"]
        if not isinstance(found, list) or not all(isinstance(c, str) for c in found):
            raise UserError(f"The file {path} is damaged (no list); train the run anew.")
        return cls(found)

    def write(self, directory):
        """Keep them in a run."""
        storage.write_json(directory / FILE, {"characters": self.characters})

    def __len__(self):
        """Number of ids."""
        return FIRST + len(self.characters)

    def encode(self, text):
        """A list of ids."""
        return [self.ids.get(character, UNKNOWN) for character in text]

    def decode(self, ids):
        """The text of ids, as far as the end token."""
        text = ""
        for i in ids:
            if i == END:
                break
            if i not in (PADDING, BEGIN):
                text += UNKNOWN_SHOWN if i == UNKNOWN else self.characters[i - FIRST]
        return text

    def documents(self, names):
        """All names in one row of ids, `(sum of lengths,)`, and where each begins, `(N + 1,)`."""
        ids = np.array(self.encode("".join(names)), np.min_scalar_type(len(self)))
        return ids, np.cumsum([0, *map(len, names)])

    def warn_of_unknown(self, texts):
        """Tell which characters of some texts the training lacked, if any."""
        if unknown := sorted(set("".join(texts)) - set(self.characters)):
            shown = ", ".join(map(repr, unknown[:20])) + (" …" if len(unknown) > 20 else "")
            tell(f"Characters that the training lacked, read as unknown: {shown}")
