"""Scores of translations are sacrebleu's own; the dictionary learns what can be learnt."""

import json
import subprocess
import sys

import pytest

from recipes.common.errors import UserError
from recipes.common.text import tokenizer as tokenizers
from recipes.translation import scores
from recipes.translation.config import Config
from recipes.translation.scores import Scorer

REFERENCES = [
    "A man in an orange hat starring at something.",
    "A Boston Terrier is running on lush green grass in front of a white fence.",
    "A girl in karate uniform breaking a stick with a front kick.",
]
HYPOTHESES = [
    "a man in an orange hat is looking at something.",
    "a boston terrier running on green grass in front of a white fence.",
    "a girl in a karate uniform is breaking a stick with a kick.",
]


@pytest.mark.parametrize("lowercase", [True, False])
def test_scores_are_those_of_the_command_line(lowercase, tmp_path):
    for name, lines in (("references", REFERENCES), ("hypotheses", HYPOTHESES)):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "sacrebleu", "references", "-i", "hypotheses", "-w", "6"]
    command += ["-m", "bleu", "chrf", *["-lc", "--chrf-lowercase"][: 2 * lowercase]]
    out = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    bleu, chrf = json.loads(out.stdout)
    scorer = Scorer(lowercase)
    found = scorer.measure(HYPOTHESES, REFERENCES)
    assert found["bleu"] == pytest.approx(bleu["score"], abs=1e-6)
    assert found["chrf"] == pytest.approx(chrf["score"], abs=1e-6)
    assert scorer.signatures() == {"bleu": bleu["signature"], "chrf": chrf["signature"]}


def test_scores_of_perfect_and_of_empty_translations():
    assert Scorer().measure(REFERENCES, REFERENCES) == pytest.approx(
        {"bleu": 100, "chrf": 100, "exact": 1}
    )
    assert Scorer().measure(["", "", ""], REFERENCES) == {"bleu": 0, "chrf": 0, "exact": 0}


def test_bleu_by_length_groups_by_the_words_of_the_source():
    lengths = [0, 5, 6, 10, 10, 60]
    sources = ["w " * length for length in lengths]
    references = [
        f"the {name} sat on the mat" for name in ("cat", "dog", "cow", "ox", "hen", "eel")
    ]
    hypotheses = [*references[:2], "the cow lay on the mat", *references[3:5], "nothing"]
    groups = Scorer().bleu_by_length(sources, hypotheses, references)
    assert [(group["words"], group["unit"], group["count"]) for group in groups] == [
        ("1-5", "words", 2), ("6-10", "words", 3), ("51+", "words", 1),
    ]  # fmt: skip
    assert (groups[0]["first"], groups[0]["last"], groups[2]["last"]) == (1, 5, None)
    assert groups[0]["bleu"] == pytest.approx(100)
    assert groups[1]["bleu"] == Scorer().measure(hypotheses[2:5], references[2:5])["bleu"]
    assert 50 < groups[1]["bleu"] < 95
    assert groups[2]["bleu"] < 1


def test_exact_matches_look_past_case_white_space_and_composition():
    hypotheses, references = (
        ["The  cafe\u0301 ", "a dog", "an ox"],
        ["the caf\u00e9", "a dog", "an ax"],
    )
    assert Scorer().measure(hypotheses, references)["exact"] == pytest.approx(2 / 3)
    assert Scorer(lowercase=False).measure(hypotheses, references)["exact"] == 1 / 3


def test_case_is_the_same_on_both_sides_also_of_a_capital_sigma():
    """A tokenizer makes σ of it everywhere; `str.lower` of the reference would not."""
    whole = {"bleu": 100, "chrf": 100, "exact": 1}
    written = ["που είναι η αθηνασ"]
    reference = ["Που είναι η ΑΘΗΝΑΣ"]
    assert Scorer().measure(written, reference) == pytest.approx(whole)


@pytest.mark.parametrize("lowercase", [True, False])
def test_a_text_that_was_encoded_and_decoded_has_perfect_scores(lowercase, tmp_path):
    targets = [
        "Οι άνθρωποι τους είδαν εκεί, στους δρόμους της Αθήνας.",
        "Ｈｅｌｌｏ！你喜欢看书吗？我很喜欢，你呢？",
        "Qu’est-ce que c’est\u202f? Ça, c’est l’œuvre nº\u00a01…",
    ]
    tokenizer = tokenizers.tokenizer(tmp_path, targets, 300, "subwords", lowercase, begin_end=True)
    written = tokenizers.decode(tokenizer, tokenizer.encode(targets))
    assert Scorer(lowercase).measure(written, targets) == pytest.approx(
        {"bleu": 100, "chrf": 100, "exact": 1}
    )


SCRIPTS = {
    "13a": ["Two dogs run in the snow .", "Οι γάτες τους .", "दो कुत्ते दौड़ते हैं ."],
    "zh": ["两只狗在雪里跑，Tom 也在。"],
    "ja-mecab": ["雪の中を二匹の犬が走る。"],
    "ko-mecab": ["두 마리의 개가 눈 속에서 달린다."],
    "char": [
        "สุนัขสองตัววิ่งในหิมะ",  # Thai
        "ໝາສອງໂຕ",  # Lao
        "ឆ្កែពីរ",  # Khmer
        "ခွေးနှစ်ကောင်",  # Burmese
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("tokenize", "text"), [(name, text) for name, texts in SCRIPTS.items() for text in texts]
)
@pytest.mark.parametrize("there", [True, False])
def test_the_tokenizer_of_bleu_follows_the_script(tokenize, text, there, monkeypatch, capsys):
    monkeypatch.setattr(scores, "installed", lambda package: there)
    scorer = Scorer.for_references(Config(), [text, "OK"])
    told = capsys.readouterr().err
    if there or tokenize not in scores.NEEDS:
        assert scorer.tokenize == tokenize
        assert told == ""
    else:
        assert scorer.tokenize == "char"
        assert "pip install 'sacrebleu[" in told
    assert Scorer.for_references(Config(bleu_tokenize="intl"), [text]).tokenize == "intl"
    if scorer.tokenize not in scores.NEEDS:
        assert f"|tok:{scorer.tokenize}|" in scorer.signatures()["bleu"]
        assert scorer.measure([text], [text])["bleu"] == pytest.approx(100)


def test_a_tokenizer_whose_packages_are_missing_is_refused(monkeypatch):
    monkeypatch.setattr(scores, "installed", lambda package: False)
    with pytest.raises(UserError, match=r"ja-mecab needs: pip install 'sacrebleu\[ja\]'"):
        Scorer.for_references(Config(bleu_tokenize="ja-mecab"), ["a"])


def test_a_run_is_measured_as_it_was_trained():
    class Run:
        config, data = Config(lowercase=False), {}

    assert Scorer.of_run(Run) == Scorer(False, "13a"), "as runs of old, which say nothing"
    Run.data = Scorer(False, "zh").facts
    assert Scorer.of_run(Run) == Scorer(False, "zh")
    assert Scorer().facts == {}


SHORT = ["two dogs run", "no", "one two three four"]


@pytest.mark.parametrize(
    ("tokenize", "references", "told", "by_itself"),
    [
        ("zh", ["你好吗？", "我很好。"], "", "bleu"),
        ("13a", ["two dogs run .", "no", "one two three four"], "", "bleu"),
        ("13a", SHORT, "fewer than four words, where BLEU is 0", "chrf"),
        ("char", ["ໝາ"], "fewer than four characters, where BLEU is 0", "chrf"),
    ],
)
def test_chrf_chooses_by_itself_where_bleu_cannot(tokenize, references, told, by_itself, capsys):
    scorer = Scorer(tokenize=tokenize)
    assert scorer.monitor("auto", references) == by_itself
    said = capsys.readouterr().err
    assert (f"{told}; chrF chooses the epoch." in said) if told else not said
    assert scorer.monitor("bleu", references) == "bleu"
    said = capsys.readouterr().err
    assert (f"{told}: --monitor chrf." in said) if told else not said
    assert scorer.monitor("chrf", references) == "chrf"
    assert not capsys.readouterr().err


def test_sources_without_spaces_are_grouped_by_characters():
    sources = ["我很好", "我很好 " * 4]
    groups = Scorer().bleu_by_length(sources, ["i am well .", "so"], ["i am well .", "so"])
    assert [(group["words"], group["unit"], group["count"]) for group in groups] == [
        ("1-5", "characters", 1), ("11-15", "characters", 1),
    ]  # fmt: skip
