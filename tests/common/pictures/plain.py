"""Pictures of one colour for tests."""

import hashlib

from PIL import Image

from recipes.common.pictures.decode import Picture


def picture(path, color=(200, 30, 30), size=(40, 30), mode="RGB", **options):
    """Write a picture of one colour."""
    image = Image.new("RGB", size, color).convert(mode)
    image.save(path, **options)
    return path


def color(number):
    """A colour for each of twelve pictures."""
    return 20 * number, 255 - 20 * number, 7 * number


def pictures(folder, count=12):
    """Write so many pictures; a list of `Picture` and one of digests."""
    paths = [picture(folder / f"p{n}.jpg", color(n)) for n in range(count)]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    return [Picture(str(path)) for path in paths], digests
