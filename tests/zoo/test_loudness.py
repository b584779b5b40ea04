"""Features of sound: normalised energies do not depend on the loudness of the recording."""

import numpy as np
from keras import layers, ops

from zoo.layers.loudness import LevelCell, NormalisedEnergies


def normalised(energies):
    levels = layers.RNN(LevelCell(energies.shape[-1]), return_sequences=True)(energies)
    return ops.convert_to_numpy(NormalisedEnergies()(energies, levels))


def test_deep_silence_before_a_voice_looks_like_a_quiet_room():
    """Recordings whose background is 80 dB below the voice were missed for their silence alone."""
    generator = np.random.default_rng(0)
    shape = (1, 60, 8)
    pattern = generator.gamma(4.0, 0.25, shape).astype("float32")
    room, silence = (pattern * level for level in (1e-3, 1e-8))
    for energies in (room, silence):
        energies[:, 40:] = generator.gamma(4.0, 0.25, (1, 20, 8))
    before = [normalised(energies)[:, :40] for energies in (room, silence)]
    np.testing.assert_allclose(before[1], before[0], rtol=0.3, atol=0.05)
    assert before[1].mean() > 0.2
    assert not normalised(np.zeros(shape, "float32")).any()
