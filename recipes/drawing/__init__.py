"""Drawing: paint digits stroke by stroke (DRAW), each where attention has moved the window.

python -m recipes.drawing                                             # embedded digits, offline
python -m recipes.drawing train --data mnist/ --run runs/mnist        # idx files
python -m recipes.drawing train --data mnist/ --classes --run runs/classes  # asked for
python -m recipes.drawing paint --run runs/mnist --count 16 --folder painted/
python -m recipes.drawing predict --run runs/mnist picture.png --plot painted.png
"""

from recipes.common.trained_run import trainer, tuner
from recipes.drawing.config import Config

train, tune = trainer(Config), tuner(Config)
