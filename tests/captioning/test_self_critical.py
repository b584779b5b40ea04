"""Training on sampled captions: their weights, that they come again, and that they get better."""

import keras
import numpy as np
import pytest

import zoo
from recipes.captioning import data, features, self_critical, several_captions, sources
from recipes.captioning.batches import CaptionBatches
from recipes.captioning.config import Config
from recipes.common.run import Run
from recipes.common.text import tokenizer as tokenizers
from recipes.common.writing import teacher_forcing

NAMES = ("red", "green", "blue", "white")
CAPTIONS = [[f"a picture all in {name}", f"nothing but {name} here"] for name in NAMES]


def settings(**options):
    """Settings of the stage, of a run that learns a few captions by heart."""
    return Config(batch_size=16, patience=50, warmup_epochs=0.0, label_smoothing=0.0, **options)


@pytest.fixture
def setup(tmp_path):
    """Pictures of four colours as features, their captions, and a captioner that knows nothing."""
    keras.utils.set_random_seed(0)
    references = CAPTIONS * 6
    arrays = np.eye(4, dtype=np.float32)[np.arange(24) % 4][:, None, None, :].repeat(2, 1)
    names = [str(n) for n in range(24)]
    rows = sources.Captioned(names, references, names, [None] * 24, [])
    part = features.Part(rows, arrays, np.arange(24))
    captions = [caption for several in references for caption in several]
    tokenizer = tokenizers.tokenizer(tmp_path, captions, 40, "words", begin_end=True)
    batches = CaptionBatches(part, data.encode(tokenizer, references), 8, [8])
    pictures = data.Data({"train": part, "validation": part}, batches, batches, tokenizer)
    model = zoo.show_attend_and_tell(
        **pictures.facts, cnn=None, embedding_dim=12, units=16, attention_dim=4, dropout=0.0,
        doubly_stochastic=0.0,
    )  # fmt: skip
    return pictures, model, tokenizer


def sampled(pictures, model, tokenizer, batch_size=8):
    return self_critical.SampledBatches(
        model, pictures.parts["train"], tokenizer, batch_size, length=8, seed=3
    )


def test_a_batch_is_a_function_of_seed_pictures_and_weights(setup):
    batches = sampled(*setup)
    numbers = batches.order(epoch=1)[2]
    first, again = (sampled(*setup).batch(numbers) for _ in range(2))
    for one, other in zip(*(keras.tree.flatten(batch) for batch in (first, again)), strict=True):
        np.testing.assert_array_equal(one, other)
    other = batches.batch(batches.order(epoch=0)[2])
    assert not np.array_equal(first[1], other[1])
    assert sorted(np.concatenate(batches.order(epoch=2))) == list(range(48, 72))


def test_targets_are_labels_one_token_later_and_weights_are_advantages(setup):
    batches = sampled(*setup, batch_size=16)
    inputs, labels, weights = batches.batch(batches.order()[1])  # 8 pictures, then 8 to fill up
    assert labels.shape == weights.shape == (16, self_critical.SAMPLES, 8)
    assert (inputs["target"][:, :, 0] == tokenizers.BEGIN).all()
    inside = labels[:, :, 1:] != 0
    np.testing.assert_array_equal(inputs["target"][:, :, 1:][inside], labels[:, :, :-1][inside])
    assert (weights[labels == 0] == 0).all()
    assert (weights[8:] == 0).all()
    of_sample = weights[:, :, 0]
    assert np.abs(weights[:8]).max() > 0
    np.testing.assert_allclose(of_sample.sum(1), 0, atol=1e-5)
    spread = np.where(labels != 0, of_sample[:, :, None], 0)
    np.testing.assert_array_equal(weights, spread)


def test_a_caption_that_ends_is_worth_more_than_one_that_breaks_off(setup):
    batches = sampled(*setup)
    tokenizer = setup[2]
    right = [*tokenizer.encode("a picture all in red"), tokenizers.END]
    ended = np.array(right + [0] * (8 - len(right)))
    broken = np.where(ended == tokenizers.END, 0, ended)
    wrong = np.array([*tokenizer.encode("nothing"), tokenizers.END, *[0] * 6])[:8]
    tokens = np.stack([ended, broken, wrong, wrong, wrong])[None]
    advantage = batches.advantages(np.array([0]), tokens)[0]
    assert advantage[0] > advantage[1] > advantage[2]
    assert advantage.sum() == pytest.approx(0, abs=1e-9)


def test_captions_get_better_by_their_scores(setup, tmp_path):
    pictures, model, _ = setup
    config = settings(epochs=14, learning_rate=2e-2)
    trainer = several_captions.trainer(model)
    teacher_forcing.compile_model(trainer, config, len(pictures.train))
    trainer.fit(
        pictures.train.endless(), steps_per_epoch=len(pictures.train), epochs=14, shuffle=False,
        verbose=0,
    )  # fmt: skip
    run = Run("captioning", settings(epochs=12, learning_rate=1e-2), tmp_path)
    rows = self_critical.fit(run, pictures, model).rows
    sampled = [row["drawn_cider"] for row in rows]
    assert np.mean(sampled[-3:]) > np.mean(sampled[:3]) + 0.3
    assert all(np.isfinite(row["crossentropy"]) for row in rows)
    assert rows[-1]["crossentropy"] < rows[0]["crossentropy"]
