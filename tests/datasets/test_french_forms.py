"""French words and phrases as the embedded grammar puts them together."""

import pytest

from recipes.datasets.french import forms


@pytest.mark.parametrize(
    ("number", "masculine", "feminine"),
    [
        (2, "deux", "deux"),
        (10, "dix", "dix"),
        (11, "onze", "onze"),
        (16, "seize", "seize"),
        (17, "dix-sept", "dix-sept"),
        (20, "vingt", "vingt"),
        (21, "vingt et un", "vingt et une"),
        (22, "vingt-deux", "vingt-deux"),
        (31, "trente et un", "trente et une"),
        (49, "quarante-neuf", "quarante-neuf"),
        (51, "cinquante et un", "cinquante et une"),
        (60, "soixante", "soixante"),
        (61, "soixante et un", "soixante et une"),
        (69, "soixante-neuf", "soixante-neuf"),
        (70, "soixante-dix", "soixante-dix"),
        (71, "soixante et onze", "soixante et onze"),
        (72, "soixante-douze", "soixante-douze"),
        (77, "soixante-dix-sept", "soixante-dix-sept"),
        (80, "quatre-vingts", "quatre-vingts"),
        (81, "quatre-vingt-un", "quatre-vingt-une"),
        (83, "quatre-vingt-trois", "quatre-vingt-trois"),
        (90, "quatre-vingt-dix", "quatre-vingt-dix"),
        (91, "quatre-vingt-onze", "quatre-vingt-onze"),
        (96, "quatre-vingt-seize", "quatre-vingt-seize"),
        (99, "quatre-vingt-dix-neuf", "quatre-vingt-dix-neuf"),
    ],
)
def test_numbers(number, masculine, feminine):
    assert forms.french_number(number, feminine=False) == masculine
    assert forms.french_number(number, feminine=True) == feminine


def test_numbers_are_distinct():
    assert len({forms.english_number(number) for number in range(2, 100)}) == 98
    assert len({forms.french_number(number, False) for number in range(2, 100)}) == 98
    assert forms.english_number(40) == "forty"
    assert forms.english_number(88) == "eighty-eight"


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        ("je aime le homme de la école", "j'aime l'homme de l'école"),
        ("il la aime parce que il y a un héros", "il l'aime parce qu'il y a un héros"),
        ("je ne le ai pas vu près de le hôtel", "je ne l'ai pas vu près de l'hôtel"),
        ("je parle à le héros de les rois", "je parle au héros des rois"),
        ("je parle à les rois de le hibou", "je parle aux rois du hibou"),
        ("je viens si il a la hache", "je viens s'il a la hache"),
        ("je viens si elle me attend", "je viens si elle m'attend"),
        ("il dort parce que onze rois et huit hiboux dansent",) * 2,
        ("beaucoup de hiboux de anne", "beaucoup de hiboux d'anne"),
        ("il ne y a pas de horloge", "il n'y a pas d'horloge"),
    ],
)
def test_spelling(apart, together):
    assert forms.spelt(f"{apart} .") == f"{together} ."


@pytest.mark.parametrize(
    ("english", "french", "arguments"),
    [
        ("a beautiful tree", "un bel arbre", ("a", False, 0, "beautiful")),
        ("some beautiful trees", "de beaux arbres", ("a", True, 0, "beautiful")),
        ("some trees", "des arbres", ("a", True)),
        ("these eighty sick trees", "ces quatre-vingts arbres malades",
         ("this", True, 80, None, "sick")),
        ("this tree", "cet arbre", ("this", False)),
        ("this old tree", "ce vieil arbre", ("this", False, 0, "old")),
        ("these old trees", "ces vieux arbres", ("this", True, 0, "old")),
        ("my new expensive hotel", "mon nouvel hôtel cher", ("my", False, 0, "new", "expensive")),
        ("my new hotels", "mes nouveaux hôtels", ("my", True, 0, "new")),
        ("my church", "mon église", ("my", False)),
        ("my pretty church", "ma jolie église", ("my", False, 0, "pretty")),
        ("her white church", "son église blanche", ("her", False, 0, None, "white")),
        ("his axe", "sa hache", ("his", False)),
        ("this axe", "cette hache", ("this", False)),
        ("this old hero", "ce vieux héros", ("this", False, 0, "old")),
        ("an honest hero", "un héros honnête", ("a", False, 0, None, "honest")),
        ("twenty-one old axes", "vingt et une vieilles haches", ("number", True, 21, "old")),
        ("twenty-one old owls", "vingt et un vieux hiboux", ("number", True, 21, "old")),
        ("their big grey horses", "leurs grands chevaux gris", ("their", True, 0, "big", "grey")),
        ("an old fresh egg", "un vieil œuf frais", ("a", False, 0, "old", "fresh")),
        ("every old orange", "chaque vieille orange", ("every", False, 0, "old")),
        ("many hotels", "beaucoup de hôtels", ("many", True)),
    ],
)  # fmt: skip
def test_noun_phrases(english, french, arguments):
    """The French is before elision, which is the last thing that happens to a sentence."""
    noun = next(noun for noun in forms.NOUNS if english.split()[-1] in noun.english)
    known = {adjective.english: adjective for adjective in forms.ADJECTIVES}
    adjectives = [known.get(word) for word in arguments[3:]]
    assert forms.noun_phrase(noun, *arguments[:3], *adjectives) == (english, french)
