"""Pictures of every kind as arrays of red, green and blue."""

import dataclasses
import io
import pathlib
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
MOST_PIXELS = 100_000_000  # more take longer to read than all other pictures of a data set


class BadPicture(Exception):
    """A picture that cannot be used; the message is the reason, to stand after its name."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """The bytes of a picture: a file, or a part of one."""

    path: str
    start: int = 0
    length: int = -1

    def read(self):
        """The bytes."""
        with open(self.path, "rb") as file:
            file.seek(self.start)
            return file.read(self.length)

    @property
    def is_file(self):
        """True if it is a file of its own."""
        return self.length < 0

    @property
    def name(self):
        """The name of its file."""
        return pathlib.Path(self.path).name


def decode(content, size):
    """A picture as `(H, W, 3)` uint8, squeezed to `size`.

    Grey, 16-bit, CMYK and palette pictures become RGB, transparent pixels become white, and a
    picture that a camera has marked as turned is turned back.

    Args:
        content: The bytes of a JPEG, PNG, BMP, GIF (its first frame), WebP or TIFF file.
        size: `(H, W)`.

    Raises:
        BadPicture: If they are none, are cut off or damaged, or are of too many pixels.
    """
    if not content:
        raise BadPicture("is empty")
    height, width = size
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, and of many pixels, counted below
            with Image.open(io.BytesIO(content)) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise BadPicture(
                        f"has {image.width:,} x {image.height:,} pixels (at most "
                        f"{MOST_PIXELS:,} are read)"
                    )
                image.draft("RGB", (2 * width, 2 * height))  # JPEG alone: no more than is needed
                image = _to_rgb(ImageOps.exif_transpose(image))
                image = image.resize((width, height), Image.Resampling.BILINEAR)
                return np.asarray(image)
    except UnidentifiedImageError:
        raise BadPicture("is no picture") from None
    except Image.DecompressionBombError:
        raise BadPicture(f"has more than {MOST_PIXELS:,} pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise BadPicture(f"is damaged ({_reason(error)})") from None


def _to_rgb(image):
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits and more, grey
        values = np.asarray(image, np.float64)
        highest = 65_535 if values.max(initial=0) > 255 else 255
        grey = np.clip(values / highest * 255, 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if "A" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _reason(error):
    return str(error).strip().partition("\n")[0].removesuffix(".") or type(error).__name__
