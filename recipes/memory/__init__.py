"""Memory: recurrent cells of equal size on dependencies 5 to 400 steps apart.

python -m recipes.memory                                       # RNN, IRNN, GRU, LSTM; three tasks
python -m recipes.memory --quick                               # fewer distances, one seed
python -m recipes.memory predict --run runs/memory "I was born in Chennai . at home I speak"
python -m recipes.memory evaluate --run runs/memory --distances 150,300,600
"""

from recipes.common.trained_run import trainer, tuner
from recipes.memory.config import Config

train, tune = trainer(Config), tuner(Config)
