"""Glimpses: label pictures by small parts of them; where to look next is learned.

python -m recipes.glimpses                                      # embedded digits, offline
python -m recipes.glimpses train --data mnist/ --task translated --run runs/translated
python -m recipes.glimpses train --data mnist/ --task pairs     # two digits, read as a sequence
python -m recipes.glimpses predict --run runs/glimpses picture.png --plot looked.png
"""

from recipes.common.trained_run import trainer, tuner
from recipes.glimpses.config import Config

train, tune = trainer(Config), tuner(Config)
