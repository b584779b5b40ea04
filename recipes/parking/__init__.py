"""Parking: steer a simulated car into a slot by its range sensors, taught by a planner.

python -m recipes.parking                           # learns to park, and parks 1,000 times
python -m recipes.parking predict --run runs/parking --plot way.png --page way.html
python -m recipes.parking predict --run runs/parking "slot=5.6 aside=0.9 gaps=4.5,0.8"
python -m recipes.parking evaluate --run runs/parking --scenes 2000
"""

from recipes.common.trained_run import trainer, tuner
from recipes.parking.config import Config

train, tune = trainer(Config), tuner(Config)
