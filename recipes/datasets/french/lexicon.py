"""English words and their French ones, with what a grammar must know of them."""

# Singular and plural in both languages, gender, and the kinds that say what goes with the noun.
NOUNS = """
man men homme hommes m person/adult
woman women femme femmes f person/adult
boy boys garçon garçons m person
girl girls fille filles f person
king kings roi rois m person/adult
queen queens reine reines f person/adult
hero heroes héros héros m person/adult
child children enfant enfants m person/kin
aunt aunts tante tantes f person/adult/kin
dog dogs chien chiens m animal
cat cats chat chats m animal
horse horses cheval chevaux m animal
bird birds oiseau oiseaux m animal
owl owls hibou hiboux m animal
mouse mice souris souris f animal
bee bees abeille abeilles f animal
book books livre livres m thing
hat hats chapeau chapeaux m thing
axe axes hache haches f thing
key keys clé clés f thing
box boxes boîte boîtes f thing/shut/inside
door doors porte portes f thing/shut/spot
window windows fenêtre fenêtres f thing/shut/spot
boat boats bateau bateaux m thing/built/inside/spot
chair chairs chaise chaises f thing/top/cover
table tables table tables f thing/top/cover/spot
tree trees arbre arbres m plant/cover/spot
flower flowers fleur fleurs f plant/spot
apple apples pomme pommes f food
orange oranges orange oranges f food
egg eggs œuf œufs m food
cake cakes gâteau gâteaux m food
house houses maison maisons f place/built/inside/spot
castle castles château châteaux m place/goal/built/inside/spot
church churches église églises f place/goal/built/inside/spot
school schools école écoles f place/goal/built/inside/spot
hotel hotels hôtel hôtels m place/goal/built/inside/spot
forest forests forêt forêts f place/inside/spot
"""
NAMES = {"anne": "f", "marie": "f", "julie": "f", "arthur": "m", "paul": "m", "louis": "m"}
# Masculine, feminine and their plurals, the side of the noun, and the kinds of noun it goes with.
ADJECTIVES = """
small petit petite petits petites before person/animal/thing/plant/food/place
big grand grande grands grandes before animal/thing/plant/place
old vieux vieille vieux vieilles before adult/animal/thing/plant/food/place
new nouveau nouvelle nouveaux nouvelles before thing/place
beautiful beau belle beaux belles before animal/thing/plant/place
pretty joli jolie jolis jolies before animal/thing/plant/place
young jeune jeune jeunes jeunes before person/animal
good bon bonne bons bonnes before thing/food/place
red rouge rouge rouges rouges after thing/plant/food
green vert verte verts vertes after thing/plant/food
blue bleu bleue bleus bleues after thing
black noir noire noirs noires after thing/animal
white blanc blanche blancs blanches after thing/animal/place
grey gris grise gris grises after thing/animal/place
sad triste triste tristes tristes after person/animal
sick malade malade malades malades after person/animal/plant
honest honnête honnête honnêtes honnêtes after person
happy heureux heureuse heureux heureuses after person/animal
tired fatigué fatiguée fatigués fatiguées after person/animal
dangerous dangereux dangereuse dangereux dangereuses after animal/place
french français française français françaises after person/thing/food
expensive cher chère chers chères after thing/plant/food
dirty sale sale sales sales after thing/animal/place
fresh frais fraîche frais fraîches after food
"""
# Not said with "est"; not said with "très" or "aussi".
ATTRIBUTES_ONLY = {"new"}
UNGRADABLE = {"french"}
# Base, third person, past and particle; je, il, nous, ils, participle, auxiliary, preposition;
# who does it to what. States have no past here, as theirs would be another tense in French.
VERBS = """
see sees saw - vois voit voyons voient vu avoir - living any
hear hears heard - entends entend entendons entendent entendu avoir - living living
look looks looked for cherche cherche cherchons cherchent cherché avoir - living any
find finds found - trouve trouve trouvons trouvent trouvé avoir - living any
eat eats ate - mange mange mangeons mangent mangé avoir - living food
follow follows followed - suis suit suivons suivent suivi avoir - living living
wait waits waited for attends attend attendons attendent attendu avoir - living person
love loves - - aime aime aimons aiment - avoir - person any
hate hates - - déteste déteste détestons détestent - avoir - person any
know knows - - connais connaît connaissons connaissent - avoir - person person/place
have has - - ai a avons ont - avoir - person thing/animal
buy buys bought - achète achète achetons achètent acheté avoir - person goods
sell sells sold - vends vend vendons vendent vendu avoir - person goods
carry carries carried - porte porte portons portent porté avoir - person thing/food
open opens opened - ouvre ouvre ouvrons ouvrent ouvert avoir - person shut
build builds built - construis construit construisons construisent construit avoir - person built
visit visits visited - visite visite visitons visitent visité avoir - person place
give gives gave - donne donne donnons donnent donné avoir - person thing/food/plant
speak speaks spoke to parle parle parlons parlent parlé avoir à person person
go goes went to vais va allons vont allé être à living goal
sleep sleeps slept - dors dort dormons dorment dormi avoir - living -
run runs ran - cours court courons courent couru avoir - living -
sing sings sang - chante chante chantons chantent chanté avoir - person -
work works worked - travaille travaille travaillons travaillent travaillé avoir - person -
arrive arrives arrived - arrive arrive arrivons arrivent arrivé être - living -
come comes came - viens vient venons viennent venu être - living -
stay stays stayed - reste reste restons restent resté être - living -
go goes went out sors sort sortons sortent sorti être - living -
"""
# Their objects are definite: one loves the dogs, not some dogs.
DEFINITE = {"love", "hate", "know"}
# I, he, we and they.
BE = {False: "am is are are".split(), True: "was was were were".split()}
ÊTRE = {
    False: "suis est sommes sont".split(),
    True: "étais était étions étaient".split(),
}
AUXILIARIES = {"avoir": "ai a avons ont".split(), "être": ÊTRE[False]}
ENGLISH_VOWELS = ("a", "e", "i", "o", "u", "honest")
# English singular and plural, French masculine, feminine and plural; None is not in use.
DETERMINERS = {
    "the": ("the", "the", "le", "la", "les"),
    "this": ("this", "these", "ce", "cette", "ces"),
    "my": ("my", "my", "mon", "ma", "mes"),
    "his": ("his", "his", "son", "sa", "ses"),
    "her": ("her", "her", "son", "sa", "ses"),
    "our": ("our", "our", "notre", "notre", "nos"),
    "their": ("their", "their", "leur", "leur", "leurs"),
    "a": ("a", "some", "un", "une", "des"),
    "one": ("a", None, "un", "une", None),
    "any": ("a", "any", "de", "de", "de"),
    "none": ("no", "no", "de", "de", "de"),
    "no": ("no", None, "aucun", "aucune", None),
    "every": ("every", None, "chaque", "chaque", None),
    "many": (None, "many", None, None, "beaucoup de"),
    "number": (None, "", None, None, ""),
}
# What the determiners of a noun phrase are drawn from, by the place of the phrase.
ROLES = {
    "subject": "the the the the the this my his her our their number number many every no".split(),
    "object": "the the the the this my his her our their a a a a number number many every".split(),
    "negated": "the the the this my his her our any any any".split(),
    "definite": "the the the the this my his her our their".split(),
    "place": "the the the the this my our one".split(),
    "antecedent": "the the the this my her a a number".split(),
    "listed": "a a number many".split(),
    "absent": ["none"],
}
POSSESSIVES = {"my", "his", "her", "our", "their"}
# Those that a number may follow, and those whose noun may have a clause about it.
EXACT = {"the", "this"} | POSSESSIVES
MODIFIED = {"the", "a", "one", "number", "many", "every"}
# Prepositions and the kinds of noun that follow them; those of a spot also take pronouns.
PREPOSITIONS = [
    ("in", "dans", "inside"),
    ("in", "dans", "inside"),
    ("on", "sur", "top"),
    ("under", "sous", "cover"),
    ("near", "près de", "spot"),
    ("behind", "derrière", "spot"),
    ("in front of", "devant", "spot"),
    ("next to", "à côté de", "spot"),
]
TONIC = [("him", "lui"), ("her", "elle"), ("me", "moi"), ("us", "nous")]
INDIRECT = [("him", "lui"), ("her", "lui"), ("them", "leur"), ("me", "me"), ("us", "nous")]
# With the gender that a participle shows after them.
DIRECT = [
    ("him", "le", 0),
    ("her", "la", 1),
    ("them", "les", 0),
    ("me", "me", 0),
    ("us", "nous", 0),
]
SUBJECTS = [("i", "je"), ("he", "il"), ("she", "elle"), ("we", "nous")]
# The first two join sentences of any tense.
CONJUNCTIONS = [
    ("and", "et"),
    (", but", ", mais"),
    ("because", "parce que"),
    ("when", "quand"),
    ("if", "si"),
]
UNITS = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
    "seize dix-sept dix-huit dix-neuf"
).split()
TENS = ["", "", *"vingt trente quarante cinquante soixante soixante".split(), *["quatre-vingt"] * 2]
ENGLISH_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
ENGLISH_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
VOWELS = "aeiouyhâéèêîôœ"
# Their first letter is one of these, but nothing is left out before them.
WITHOUT_ELISION = {"héros", "hibou", "hiboux", "hache", "haches", "huit", "onze"}
CONTRACTIONS = {
    "de le": "du",
    "de les": "des",
    "à le": "au",
    "à les": "aux",
    "si il": "s'il",
}
# What becomes of a singular word before a vowel.
BEFORE_VOWEL = {
    "ce": "cet",
    "ma": "mon",
    "sa": "son",
    "beau": "bel",
    "nouveau": "nouvel",
    "vieux": "vieil",
}
KINDS = {
    "any": {"person", "animal", "thing", "plant", "food", "place"},
    "living": {"person", "animal"},
    "goods": {"animal", "thing", "plant", "food"},
}
