"""Names: a character language model that invents names, and blends two of them into one.

python -m recipes.names                                         # embedded given names, offline
python -m recipes.names train --data names.txt --run runs/mine  # a name a line
python -m recipes.names predict --run runs/names --start Br --count 20
python -m recipes.names blend --run runs/names Brad Angelina    # ranked, with seam and score
"""

from recipes.common.trained_run import trainer, tuner
from recipes.names.config import Config

train, tune = trainer(Config), tuner(Config)
