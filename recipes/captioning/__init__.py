"""Captioning: look at a picture, write a sentence; with attention to positions and without.

python -m recipes.captioning                                    # embedded scenes, from pixels
python -m recipes.captioning train --data folder/ --run runs/mine      # pictures and captions.txt
python -m recipes.captioning predict --run runs/mine a.jpg b.png --beam 5 --plot attention.png
"""

from recipes.captioning.config import Config
from recipes.common.trained_run import trainer, tuner

train, tune = trainer(Config), tuner(Config)
