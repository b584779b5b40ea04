"""Music: a recurrent network that writes chords note by note, goes on, and harmonises melodies.

python -m recipes.music                                        # embedded chorales, offline
python -m recipes.music train --data folder/ --run runs/mine   # MIDI files, or JSON piano rolls
python -m recipes.music predict --run runs/mine --length 32 --temperature 0.9 --midi out.mid
python -m recipes.music predict --run runs/mine --prime theme.mid --midi on.mid
python -m recipes.music predict --run runs/mine --harmonise melody.mid --midi chorale.mid
"""

from recipes.common.trained_run import trainer, tuner
from recipes.music.config import Config

train, tune = trainer(Config), tuner(Config)
