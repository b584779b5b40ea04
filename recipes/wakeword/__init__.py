"""Wakeword: listen for a phrase, frame by frame, from the phrase alone or with recordings of it.

python -m recipes.wakeword --phrase "hey computer"                     # synthetic voices, offline
python -m recipes.wakeword train --phrase alexa --positives recordings/ --run runs/alexa
python -m recipes.wakeword predict --run runs/alexa long.wav more_recordings/ --output heard.csv
python -m recipes.wakeword listen --run runs/alexa                     # to the microphone
arecord -f S16_LE -r 16000 -t raw | python -m recipes.wakeword listen --run runs/alexa -
"""

from recipes.common.trained_run import trainer, tuner
from recipes.wakeword.config import Config

train, tune = trainer(Config), tuner(Config)
