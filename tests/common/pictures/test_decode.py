"""Pictures of every kind become arrays; those that cannot are named."""

import numpy as np
import pytest
from PIL import Image

from recipes.common.pictures import decode
from tests.common.pictures.plain import picture


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [("RGB", "jpg"), ("CMYK", "jpg"), ("L", "jpg"), ("L", "png"), ("RGBA", "png"), ("P", "png"),
     ("LA", "png"), ("1", "png"), ("RGB", "bmp"), ("P", "gif"), ("RGB", "webp"), ("RGB", "tif")],
)  # fmt: skip
def test_pictures_of_every_kind_work(mode, suffix, tmp_path):
    path = picture(tmp_path / f"x.{suffix}", (255, 255, 255), mode=mode)
    found = decode.decode(path.read_bytes(), (20, 24))
    assert found.shape == (20, 24, 3)
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found, 255, atol=6)


def test_sixteen_bits_and_transparency(tmp_path):
    wide = np.full((30, 40), 32_768, np.uint16)
    Image.fromarray(wide).save(tmp_path / "deep.png")
    found = decode.decode((tmp_path / "deep.png").read_bytes(), (8, 8))
    np.testing.assert_allclose(found, 127, atol=1)
    Image.new("RGBA", (30, 40), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    found = decode.decode((tmp_path / "clear.png").read_bytes(), (8, 8))
    np.testing.assert_array_equal(found, 255)


def test_a_picture_of_20000_pixels_works_and_one_of_too_many_is_named(tmp_path):
    path = picture(tmp_path / "wide.jpg", size=(20_000, 300))
    assert decode.decode(path.read_bytes(), (32, 32)).shape == (32, 32, 3)
    path = picture(tmp_path / "huge.png", size=(20_000, 10_000))
    with pytest.raises(decode.BadPicture, match=r"20,000 x 10,000 pixels|more than 100,000,000"):
        decode.decode(path.read_bytes(), (32, 32))
