"""Classifiers of texts: the order of words counts for one and not for the other."""

import numpy as np

import zoo

SIZES = {"vocab_size": 11, "num_classes": 3, "embedding_dim": 6, "units": 5}


def test_bag_of_words_cannot_see_the_order():
    tokens = np.random.default_rng(0).integers(1, 11, (4, 6)).astype(np.int32)
    bag, recurrent = zoo.bag_of_words_classifier(**SIZES), zoo.rnn_classifier(**SIZES)
    there, back = ({"tokens": tokens}, {"tokens": tokens[:, ::-1]})
    np.testing.assert_allclose(bag.predict_on_batch(there), bag.predict_on_batch(back), atol=1e-6)
    found, other = (recurrent.predict_on_batch(order) for order in (there, back))
    assert not np.allclose(found, other, atol=1e-4)
