"""Sentiment: label a text with a recurrent network, beside models that lose the word order.

python -m recipes.sentiment                                    # embedded reviews, offline
python -m recipes.sentiment train --data imdb_reviews --run runs/imdb
python -m recipes.sentiment train --data reviews.csv.gz --run runs/mine
python -m recipes.sentiment predict --run runs/mine "not bad at all"
"""

from recipes.common.trained_run import trainer, tuner
from recipes.sentiment.config import Config

train, tune = trainer(Config), tuner(Config)
