"""Characters: a recurrent network that goes on with a text, by characters, words or subwords.

python -m recipes.characters                                   # source text of Python, offline
python -m recipes.characters train --data novel.txt --run runs/novel
python -m recipes.characters predict --run runs/novel --prime "It was" --temperature 0.8
python -m recipes.characters predict --run runs/words --next 5 "I grew up in Chennai, I speak"
python -m recipes.characters cells --run runs/novel            # units that count quotes, columns
"""

from recipes.characters.config import Config
from recipes.common.trained_run import trainer, tuner

train, tune = trainer(Config), tuner(Config)
