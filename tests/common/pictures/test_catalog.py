"""Data sets of the catalogue that have pictures with captions."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from recipes.common.errors import UserError
from recipes.common.pictures import catalog

IMAGE = tfds.features.Image(shape=(None, None, 3))
TEXT = tfds.features.Text()


def test_captions_are_found_in_the_features_of_a_set():
    features = tfds.features
    coco = features.FeaturesDict(
        {"image": IMAGE, "captions": features.Sequence({"id": np.int64, "text": TEXT})}
    )
    assert catalog.keys_of("coco_captions", coco) == ("image", "captions", "text")
    plain = features.FeaturesDict({"image": IMAGE, "captions": features.Sequence(TEXT)})
    assert catalog.keys_of("scenes", plain) == ("image", "captions", None)
    without = features.FeaturesDict({"image": IMAGE, "label": np.int64})
    with pytest.raises(UserError, match="--data digits has no pictures with captions; it has"):
        catalog.keys_of("digits", without)
