"""Digits: label pictures, seen at once by plain networks or read row by row by a recurrent one.

python -m recipes.digits                                       # embedded digits, offline
python -m recipes.digits train --data mnist/ --network rnn --run runs/mnist      # idx files
python -m recipes.digits train --data pictures/ --image-size 32 --run runs/mine  # a folder a label
python -m recipes.digits predict --run runs/mine picture.png
"""

from recipes.common.trained_run import trainer, tuner
from recipes.digits.config import Config

train, tune = trainer(Config), tuner(Config)
