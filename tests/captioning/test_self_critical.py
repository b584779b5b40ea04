"""Training on drawn captions: what they weigh, that they come again, and that they get better."""

import dataclasses

import keras
import numpy as np
import pytest

import zoo
from recipes.captioning import batches as captioning_batches
from recipes.captioning import config, features, self_critical, several_captions, sources
from recipes.captioning import data as captioning_data
from recipes.captioning import measure as captioning_measure
from recipes.common.errors import Interrupted
from recipes.common.text import tokenizer as text_tokenizer
from recipes.common.training import fit
from recipes.common.writing import teacher_forcing

NAMES = ("red", "green", "blue", "white")
CAPTIONS = [[f"a picture all in {name}", f"nothing but {name} here"] for name in NAMES]


@dataclasses.dataclass(frozen=True)
class Settings(config.CaptionConfig):
    """What the stage asks of a recipe's settings."""

    self_critical_epochs: int = 12
    self_critical_rate: float = 1e-2
    label_smoothing: float = 0.0
    scheduled_sampling: float = 0.0


@pytest.fixture
def setup(tmp_path):
    """Pictures of four colours as features, their captions, and a captioner that knows nothing."""
    keras.utils.set_random_seed(0)
    references = CAPTIONS * 6
    arrays = np.eye(4, dtype=np.float32)[np.arange(24) % 4][:, None, None, :].repeat(2, 1)
    names = [str(n) for n in range(24)]
    said = sources.Captioned(names, references, names, [None] * 24, [])
    part = features.Part(said, arrays, np.arange(24))
    clean = [caption for captions in references for caption in captions]
    tokenizer = text_tokenizer.tokenizer(tmp_path, clean, 40, "words", begin_end=True)
    encoded = captioning_data.encode(tokenizer, references)
    batches = captioning_batches.CaptionBatches(arrays, part.numbers, encoded, 8, [8])
    data = captioning_data.Data({"train": part, "validation": part}, batches, batches, tokenizer)
    model = zoo.show_attend_and_tell(
        **data.facts, cnn=None, embedding_dim=12, units=16, attention_dim=4, dropout=0.0,
        doubly_stochastic=0.0,
    )  # fmt: skip
    return data, model, tokenizer


def sampled(data, model, tokenizer, batch_size=8):
    return self_critical.SampledBatches(
        model, data.parts["train"], tokenizer, batch_size, length=8, seed=3
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
    assert (inputs["target"][:, :, 0] == text_tokenizer.BEGIN).all()
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
    right = [*tokenizer.encode("a picture all in red"), text_tokenizer.END]
    ended = np.array(right + [0] * (8 - len(right)))
    broken = np.where(ended == text_tokenizer.END, 0, ended)
    wrong = np.array([*tokenizer.encode("nothing"), text_tokenizer.END, *[0] * 6])[:8]
    tokens = np.stack([ended, broken, wrong, wrong, wrong])[None]
    advantage = batches.advantages(np.array([0]), tokens)[0]
    assert advantage[0] > advantage[1] > advantage[2]
    assert advantage.sum() == pytest.approx(0, abs=1e-9)


def test_captions_get_better_by_their_scores(setup, tmp_path):
    data, model, _ = setup
    settings = Settings(batch_size=16, epochs=14, patience=50, learning_rate=2e-2, warmup_epochs=0)
    trainer = several_captions.trainer(model)
    teacher_forcing.compile_model(trainer, settings, len(data.train))
    trainer.fit(
        data.train.endless(), steps_per_epoch=len(data.train), epochs=14, shuffle=False, verbose=0
    )
    measure = captioning_measure.measuring(settings, data, model)
    history, _ = self_critical.fit(settings, tmp_path, data, model, measure)
    drawn = [row["drawn_cider"] for row in history]
    assert np.mean(drawn[-3:]) > np.mean(drawn[:3]) + 0.3
    assert all(np.isfinite(row["crossentropy"]) for row in history)
    assert history[-1]["crossentropy"] < history[0]["crossentropy"]


def test_a_stage_that_was_cut_off_ends_the_same(setup, tmp_path, monkeypatch):
    data, model, _ = setup
    before = model.get_weights()
    settings = Settings(batch_size=16, self_critical_epochs=2, patience=50)
    measure = captioning_measure.measuring(settings, data, model)
    whole, _ = self_critical.fit(settings, tmp_path / "whole", data, model, measure)
    expected = model.get_weights()
    ended = fit.Session.on_train_batch_end

    def stop(self, batch, logs=None):
        if self.epoch == 1 and self.step == 1:
            self.signal = 15
        ended(self, batch, logs)

    model.set_weights(before)
    with monkeypatch.context() as patch:
        patch.setattr(fit.Session, "on_train_batch_end", stop)
        with pytest.raises(Interrupted):
            self_critical.fit(settings, tmp_path / "cut", data, model, measure)
    model.set_weights(before)
    again, _ = self_critical.fit(settings, tmp_path / "cut", data, model, measure)
    assert again == whole
    for weight, other in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(weight, other)
