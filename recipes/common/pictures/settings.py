"""Settings of recipes that learn from pictures with labels."""

import dataclasses
from typing import Annotated, Literal

from recipes.common import config as configs
from recipes.common.config import Range


@dataclasses.dataclass(frozen=True)
class LabelledPictures(configs.Scheduled):
    """Settings of a recipe whose data `pictures.labelled` reads."""

    data: configs.Paths = "rendered_digits"
    """An embedded set, a catalogue name as mnist, a folder of idx files or of a folder a label."""
    validation_share: configs.PositiveShare = 1 / 12
    """Share of the remaining distinct pictures split off for validation."""
    image_size: Annotated[int, Range(8)] = 28
    """Height and width to which pictures in folders are squeezed; idx files keep theirs."""
    colours: Literal["auto", "grey", "rgb"] = "auto"
    """Channels of pictures in folders: one if all are grey, or as named."""
