"""Everyday English words and sentences to be spoken, as what a wake word must not be taken for."""

import collections
import functools
import re

EVERYDAY = """
able about above accept accident account across act active actor actually add address adult advice
afraid after afternoon again against age agree ahead air airport alarm album alive all allow almost
alone along already also although always amazing among amount anchor angry animal ankle another
answer any anyone anything anywhere apartment appeal appear apple apply april apron arch area argue
arm army around arrive arrow art article artist ask asleep assist at attack attend attic august aunt
autumn available avenue average avoid awake away awful baby back bacon bad bag bake balance balcony
ball balloon banana band bank bar barber bare bark barn basement basic basket bath bathroom battery
beach beam bean bear beard beat beautiful because become bed bedroom bee beef beer before begin
behind believe bell belong below belt bench bend berry beside best better between beyond bicycle big
bike bill bird birthday biscuit bit bite bitter black blame blanket bleed blind block blood blow
blue board boat body boil bone book boot border boring born borrow boss both bother bottle bottom
bowl box boy brain branch brave bread break breakfast breath breathe brick bridge bright bring
broccoli broken broom brother brown brush bucket budget build building bulb burn bus bush business
busy but butter butterfly button buy cabbage cable cake calendar call calm camera camp can canal
cancel candle candy cap captain car card care careful carpet carrot carry cart case cash castle cat
catch caution ceiling celery cell cement center century cereal certain chain chair chalk chance
change chapter charge chart chase cheap check cheek cheese chef cherry chest chew chicken chief
child chimney chin chocolate choice choose church cinema circle citizen city class classic clean
clear clever click climb clock close closet cloth cloud coach coast coat coconut code coffee coin
cold collar collect college color comb combine come comfort comic common commute commuter company
compare compete complain complete complex compose compute confuse connect consider consult contain
contest control cook cookie cool copper copy corn corner correct cost cotton cough could count
counter country couple courage course cousin cover cow crab cracker crash crazy cream create credit
crime crisp cross crowd crown cruel cry cucumber culture cup curious curtain curve cushion custom
customer cut cute daily damage dance danger dare dark date daughter day dead deal dear debate
december decide deep deer degree delay delicious deliver dentist depend depth desert deserve desk
dessert destroy detail develop device diamond diary dictionary die difference different difficult
dig dinner dirt dirty disappear disaster discover discuss disease dish distance divide dizzy do
doctor document dog doll dollar donkey door double doubt down dozen drag drama draw drawer dream
dress drink drive driver drop drum dry duck due dull during dust duty each eager eagle ear early
earn earth easily east easy eat echo edge education effect effort egg eight either elastic elbow
election electric elephant elevator eleven else email embrace empty end enemy energy engine engineer
enjoy enough enter entire entrance envelope equal eraser error escape especially even evening event
ever every everyone everything exact exam example excellent except excite excuse exercise exist exit
expect expensive explain express extra eye eyebrow face fact factory fade fail fair faith fall false
family famous fan far farm farmer fashion fast fat father faucet fault favorite fear feather
february fee feed feel fellow fence ferry fever few field fifteen fifty fight figure file fill film
final find fine finger finish fire firm first fish fist fit five fix flag flame flash flat flavor
flight float flood floor flour flow flower fly fog fold follow food foot football for force forest
forever forget forgive fork form forward found four fourteen fox frame free freedom freeze fresh
friday fridge friend friendly frog from front frozen fruit fry fuel full fun funny fur furniture
future gallery game garage garbage garden garlic gas gate gather general gentle ghost giant gift
ginger giraffe girl give glad glass glove glue go goal goat gold good goodbye goose government grand
grandfather grandmother grape grass gray great green greet grocery ground group grow guard guess
guest guide guitar habit hair half hall hammer hand handle hang happen happy harbor hard hardly harm
harvest hat hate have hay head health healthy hear heart heat heavy hedge heel height helicopter
hello help hen her here hero hide high highway hill hire history hit hobby hold hole holiday home
honest honey hook hope horse hospital host hot hotel hour house how however huge human humor hundred
hungry hunt hurry hurt husband ice idea if ill imagine important impossible improve in inch include
increase indeed industry inform insect inside instead instruction interest internet into invite iron
island issue item jacket jail jam january jar jaw jazz jealous jeans jelly jewel job join joke
journey joy judge juice july jump june jungle junior just keep kettle key keyboard kick kid kill
kind king kiss kitchen kite kitten knee knife knock know ladder lady lake lamb lamp land language
large last late laugh laundry law lawn lay lazy lead leader leaf learn least leather leave lecture
left leg legal lemon lend length less lesson let letter lettuce level library lie life lift light
lightning like limit line lion lip list listen little live liver lizard load loaf local lock logic
lonely long look loose lorry lose lost lot loud love lovely low lucky luggage lunch lung machine
magic mail main make male man manage manager mango many map maple march mark market marriage master
match math matter may maybe meadow meal mean measure meat medicine meet melon melt member memory
mention menu merchant message metal meter middle midnight might mild mile milk million mind mine
minute mirror miss mistake mix model modern moment monday money monkey month mood moon more morning
mosquito most mother motor mountain mouse mouth move movie much mud muscle museum mushroom music
must mustard nail name narrow nation nature near nearly neat neck need needle neighbor neither
nephew nerve nervous nest never new news newspaper next nice niece night nine nobody noise none
noodle noon normal north nose note nothing notice novel november now number nurse nut oak object
ocean october of offer office often oil old olive on once one onion only open opinion option orange
order ordinary other our outside oven over owe own owner ox page pain paint pair palace pale pan
pants paper parcel pardon parent park parrot part partner party pass passenger past pasta path
patient pause pay pea peace peach peanut pear pearl pen pencil people pepper percent perfect perhaps
permit person phone photo piano pick picnic picture pie piece pig pigeon pillow pilot pin pink pipe
pizza place plan plane planet plant plastic plate play please plenty plug pocket poem poet point
police polite pond pony pool poor popcorn popular portrait possible post pot potato pound pour power
practice prefer prepare present president press pretty price pride prince princess print prison
private prize probably problem process produce professor program promise proper protect proud prove
public pull pump pumpkin punish pupil puppy purple purpose push put puzzle quality quarter queen
question quick quiet quite rabbit race radio railway rain rainbow raise rapid rare rather raw reach
read ready real reason receive recent recipe record recover red refuse regret relax remember remind
remote remove rent repair repeat reply report request rescue rest restaurant result return review
reward ribbon rice rich ride right ring ripe rise river road roast rob robot rock roll roof room
root rope rose rough round row rubber rude rug ruler run rush sad saddle safe sail salad salary sale
salmon salt same sand sandwich saturday sauce sausage save say scale scarf school science scissors
score scream screen screw sea search season seat second secret see seed seem seldom sell send sense
sentence separate september serious serve service seven several shade shadow shake shallow shape
share shark sharp she sheep sheet shelf shell shelter shine ship shirt shock shoe shoot shop short
should shoulder shout show shower shut shy sick side sign signal silence silk silly silver similar
simple since sing singer single sink sister sit six size skate skill skin skirt sky sleep sleeve
slice slide slim slip slow small smart smell smile smoke smooth snack snail snake snow soap soccer
social sock sofa soft soil soldier some somebody something sometimes son song soon sorry soul sound
soup sour south space spare speak special speech speed spell spend spice spider spill spin spinach
spirit spoon sport spot spray spread spring square squirrel stage stair stamp stand star start state
station statue stay steak steal steam steel steep step stick still stir stitch stomach stone stop
store storm story stove straight strange stranger straw strawberry stream street strength strike
string strip strong student study stupid style subject succeed such sudden suffer sugar suggest suit
summer sun sunday sunny sunset sure surface surprise swallow swan sweat sweater sweep sweet swim
swing switch table tail tailor take tale talent talk tall tank tap tape taste tax taxi tea teach
teacher team tear teeth television tell temper temperature temple ten tennis tent terrible test text
than thank that theater their then there thermometer thick thief thin thing think third thirsty
thirteen thirty this thousand thread three throat through throw thumb thunder thursday ticket tide
tie tiger tight till time tiny tip tire tired toast today toe together toilet tomato tomorrow tongue
tonight too tool tooth top topic total touch tour toward towel tower town toy track trade traffic
train translate trash travel tray treasure treat tree triangle trick trip trouble truck true trumpet
trust truth try tube tuesday tulip tunnel turkey turn turtle twelve twenty twice twin two type ugly
umbrella uncle under understand uniform union unit until unusual upon upper upset use useful usual
vacation valley value van variety vegetable very vet video village vinegar violet violin visit voice
volcano volleyball wagon wait waiter wake walk wall wallet walnut want war warm warn wash waste
watch water watermelon wave way weak wealth weapon wear weather website wedding wednesday week
weekend weigh weight welcome well west wet whale what wheat wheel when where which while whisper
whistle white who whole why wide wife wild will win wind window wine wing winner winter wire wise
wish with without wolf woman wonder wonderful wood wool word work world worm worry worse worth wound
wrap wrist write wrong yard year yellow yes yesterday yet yogurt young zebra zero zipper zoo alert
alpha annex axis annexed lexicon lexical lexus latex legs lesser relaxing reflex perplex flexible
elixir eclipse illegal allege alas alaska alibi alloy computing computed commuting disputed
recruiter tutor scooter looter neuter pewter router shooter suitor tooter hooter cuter muter
polluter commuters computation competitor compiler comforter google goggle giggle gaggle gurgle
regal bugle ogle doodle poodle moodle okay obey hooray someday haze hail hey bay ray series siren
syrup cyril theory eerie weary dreary jarvis harness carving marvellous travis paris porcupine
grapefruit grasshopper picovoice bumblebee blueberry terminator americano jasmine snowboy snowball
cowboy playboy tomboy snappy happily nappy chapel hammock marvin margin starving martin sheila
shield feeler tequila dealer wheeler visual vision casual yearn hollow wallow backward wayward
awkward
"""
NAMES = """
aaron abigail adam adrian aisha alan albert alec alex alexander alexandra alexis alfred alice alicia
alison allegra amanda amber amelia amir amy ana andrea andrew angela anita anna anthony april ariel
arthur ashley barbara beatrice ben benjamin bernard beth betty bianca brandon brenda brian bruce
caleb camilla carl carla carlos carmen carol caroline catherine cecilia charles charlotte chloe
chris christina claire clara colin connor cynthia daisy daniel darren david dean deborah denise
dennis derek diana diego dominic donald donna doris dorothy douglas duncan dylan edgar edith edward
elaine eleanor elena eli elias elisa elizabeth ella ellen elliot elsa elsie emily emma eric erica
ernest esther ethan eva evelyn felicia felix fiona florence frances frank fred gabriel gary gavin
george gerald gina glen gloria gordon grace graham grant greg hannah harold harriet harry hassan
hazel heather hector helen henry holly howard hugh hugo ian ibrahim ingrid irene iris isaac isabel
ivan jack jackson jacob james jane janet jason jasper jean jeffrey jennifer jeremy jerry jesse
jessica jill joan joanna joel john jonathan jordan joseph joshua joyce juan judith julia julian
justin karen kate keith kelly kenneth kevin kimberly kyle laura lauren lawrence leah leo leon
leonard leslie lewis liam lily linda lisa logan lorenzo louis louise lucas lucy luke lydia magnus
malcolm marcus margaret maria marie mario mark martha martin mary mason matthew maurice max maya
megan melissa michael michelle miguel mohammed molly monica morgan nadia nancy naomi natalie nathan
neil nicholas nicole nigel nina noah nora norman oliver olivia omar oscar owen pamela patricia
patrick paul paula pedro peter philip phoebe priya rachel ralph raymond rebecca rex richard rita
robert robin roger ronald rosa rose roy russell ruth ryan sally samantha samuel sandra sara scott
sean sergio seth sharon shirley simon sofia sophie stella stephen steven stuart susan sylvia tamara
tara teresa terry theodore theresa thomas tiffany timothy tina toby tom tony tracy trevor tyler
valerie vanessa vera veronica victor victoria vincent viola virginia vivian walter wanda warren
wayne wendy wesley william xavier yasmin yvonne zachary zoe
"""
ROOMS = "kitchen/bedroom/bathroom/living room/hall/garage/garden/office/cellar/attic".split("/")
THINGS = (
    "lamp/light/heater/radio/door/window/oven/television/fan/washing machine/curtain/alarm/kettle"
).split("/")
PLACES = (
    "station/market/library/hospital/school/beach/airport/museum/park/bakery/church/post office"
).split("/")
FOODS = "bread/rice/soup/cheese/apples/coffee/tea/fish/cake/potatoes/tomatoes/chocolate".split("/")
TIMES = (
    "today/tomorrow/tonight/this morning/on monday/on friday/at the weekend/at seven/at half past "
    "nine/in an hour/every day/after lunch/before breakfast/next week/last year/on sunday"
).split("/")
PEOPLE = (
    "my mother/my father/your sister/her brother/the teacher/the doctor/our neighbor/his boss/the "
    "children/my friend/the driver/an old man/the girl next door/everyone/nobody/the manager"
).split("/")
DEEDS = (
    "went to/walked to/came back from/waited at/drove past/worked near/got lost behind/looked for"
).split("/")
FEELINGS = "tired/happy/late/hungry/busy/ready/afraid/surprised/bored/angry/ill/quiet".split("/")
TOPICS = (
    "the weather/the football match/the price of bread/the new neighbor/that film/the election/her "
    "holiday/the garden/old cars/their wedding/the news/music/the winter/school"
).split("/")
TEMPLATES = """
turn on the {thing} in the {room}
please turn off the {thing}
could you open the {thing} in the {room}
is the {thing} in the {room} still on
what time do we leave for the {place} {time}
{person} {deed} the {place} {time}
{person} told {person} about {topic}
I think {person} was {feeling} {time}
we need more {food} and some {food}
do you want {food} or {food} {time}
{name} and {name} {deed} the {place}
{name} said that {person} likes {topic}
why is {name} so {feeling} {time}
nobody talked about {topic} at the {place}
let us meet {name} at the {place} {time}
remind me to buy {food} {time}
how far is it from the {place} to the {place}
the {word} is next to the {word}
she put the {word} behind the {thing}
I have never seen a {word} like that
he said {word} instead of {word}
can you spell {word} for me
play something by {name} {name}
set the {thing} to {number} degrees
there are {number} people in the {room}
add {food} to the list and call {name}
it was {number} miles to the {place} and we were {feeling}
when {person} is {feeling} we talk about {topic}
the train to the {place} leaves {time}
{word} {word} {word} and {word}
I read a long story about {topic} and then I {deed} the {place}
no I do not know where {person} put the {food}
"""
NUMBERS = (
    "two/three/four/five/six/seven/eight/nine/ten/eleven/twelve/fifteen/twenty/thirty/forty "
    "five/sixty/eighty/ninety nine/one hundred"
).split("/")


@functools.cache
def words():
    """Everyday words and first names, each once, in a fixed order."""
    return tuple(dict.fromkeys(EVERYDAY.split() + NAMES.split()))


@functools.cache
def rare_words():
    """More words to look for near misses among: those of Python's own help texts."""
    found = re.findall(r"(?<![a-z_.'])[a-z]{4,12}(?![a-z_.'(])", _help().lower())
    # Names in examples of code are left out: they are rare, or have no vowel.
    counts = collections.Counter(word for word in found if re.search("[aeiou]", word))
    return tuple(sorted(word for word in counts if counts[word] > 1 and word not in words()))


@functools.cache
def help_sentences():
    """Sentences of Python's own help texts that are nothing but words."""
    sentences = re.split(r"(?<=[.!?:])\s+", " ".join(_help().split()))
    plain = re.compile(r"[A-Z][a-z]*(,? [a-z]+)+[.]")
    return tuple(
        dict.fromkeys(
            sentence.removesuffix(".")
            for sentence in sentences
            if plain.fullmatch(sentence) and 5 <= len(sentence.split()) <= 18
        )
    )


def sentence(draw):
    """A sentence of everyday words.

    Args:
        draw: A `Draw` that makes the choices.
    """
    choices = {
        "room": ROOMS, "thing": THINGS, "place": PLACES, "food": FOODS, "time": TIMES,
        "person": PEOPLE, "deed": DEEDS, "feeling": FEELINGS, "topic": TOPICS,
        "name": NAMES.split(), "number": NUMBERS, "word": words(),
    }  # fmt: skip
    template = draw.one_of(TEMPLATES.strip().split("\n"))
    return re.sub(r"{(\w+)}", lambda match: draw.one_of(choices[match[1]]), template)


@functools.cache
def _help():
    from pydoc_data import topics

    return " ".join(topics.topics[name] for name in sorted(topics.topics))
