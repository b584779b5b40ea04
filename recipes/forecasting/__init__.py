"""Forecasting: numbers over time, what is coming and between which bounds.

python -m recipes.forecasting                                  # an embedded climate, offline
python -m recipes.forecasting train --data weather.csv.gz --target "T (degC)" --run runs/mine
python -m recipes.forecasting predict --run runs/mine latest.csv --plot next.png
"""

from recipes.common.trained_run import trainer, tuner
from recipes.forecasting.config import Config

train, tune = trainer(Config), tuner(Config)
