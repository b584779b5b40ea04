"""Video: what happened in a clip, and what happens in each of its frames.

python -m recipes.video                                        # embedded clips, both jobs
python -m recipes.video train --data clips/ --run runs/mine    # a folder of videos per label
python -m recipes.video predict --run runs/mine clip.mp4 --plot strip.png
"""

from recipes.common.trained_run import trainer, tuner
from recipes.video.config import Config

train, tune = trainer(Config), tuner(Config)
