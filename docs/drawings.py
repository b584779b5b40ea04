"""Draw the diagrams of the models' pages: `python docs/drawings.py` writes `figures/models/*.svg`.

They are SVG files, so that pages show them offline and in a repository's browser alike.
"""

from diagrams import pictures, signals, text
from diagrams.boxes import PLACE

if __name__ == "__main__":
    PLACE.mkdir(parents=True, exist_ok=True)
    for diagram in (*pictures.DIAGRAMS, *text.DIAGRAMS, *signals.DIAGRAMS):
        diagram()
