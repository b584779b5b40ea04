"""Translation: read a sentence, write it in another language; with attention and without.

python -m recipes.translation                                   # embedded English-French pairs
python -m recipes.translation train --data pairs.tsv --run runs/mine
python -m recipes.translation train --data train.de,train.en --validation val.de,val.en
python -m recipes.translation predict --run runs/mine "zwei Hunde spielen im Schnee"
"""

from recipes.common.trained_run import trainer, tuner
from recipes.translation.config import Config

train, tune = trainer(Config), tuner(Config)
