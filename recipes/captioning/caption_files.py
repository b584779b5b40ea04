"""Files of captions: lines as in Flickr8k, tables, COCO's JSON, with every fault located."""

import csv
import io
import json
import pathlib

from recipes.common.data import files
from recipes.common.errors import UserError

# Usual names of a file of captions, the first one first.
CAPTION_FILES = (
    "captions.txt", "captions.tsv", "captions.csv", "captions.json", "Flickr8k.token.txt",
    "results_20130124.token", "results.csv",
)  # fmt: skip
# Usual names of the column of pictures.
IMAGE_COLUMNS = ("image", "image_name", "file", "filename", "file_name")


def find(folder, given):
    """The file of captions of a folder, or the one that is given.

    Raises:
        UserError: If there is none.
    """
    if given:
        return pathlib.Path(given)
    for name in CAPTION_FILES:
        if (folder / name).is_file():
            return folder / name
    raise UserError(
        f"The folder {folder} has no file of captions ({', '.join(CAPTION_FILES[:4])}); name one "
        "with --captions."
    )


def read(path, encoding="utf-8"):
    """The rows of a file of captions, by its form.

    Args:
        path: The file.
        encoding: Its encoding.

    Returns:
        A list of `(number, name of the picture, caption, fault)`; the last tells what is wrong with
        a row that has no caption, and is empty for others.

    Raises:
        UserError: If the file is of none of the forms, empty, damaged or of another
            encoding.
    """
    if path.suffix.lower() == ".json":
        return _coco_rows(path, encoding)
    text = files.read_text(path, "a picture's name and a caption on each line", encoding)
    first = text.partition("\n")[0]
    if path.suffix.lower() == ".csv" or "\t" not in first:
        return _table_rows(path, text, "|" if "|" in first else ",")
    rows = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        name, _, caption = line.rstrip("\r").partition("\t")
        if number == 1 and name.strip().lower() in ("image", "file", "filename"):
            continue
        name, mark, index = name.strip().rpartition("#")
        name = name if mark and index.isdigit() else name + mark + index
        rows.append((number, name, caption, ""))
    return rows


def _table_rows(path, text, delimiter):
    """The rows of a table with the columns `image` and `caption`."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    rows = []
    try:
        columns = [name.strip().lower() for name in next(reader)]
        chosen = _chosen(path, columns)
        for fields in reader:
            if not fields:
                continue
            name, caption = (fields[i].strip() if i < len(fields) else "" for i in chosen)
            wrong = len(fields) != len(columns)
            fault = f"has {len(fields)} fields instead of {len(columns)}" if wrong else ""
            rows.append((reader.line_num, name, caption, fault))
    except csv.Error as error:
        raise UserError(
            f"The file {path} breaks off or is misquoted at line {reader.line_num}: {error}."
        ) from None
    return rows


def _chosen(path, columns):
    """The numbers of the columns of pictures and of captions."""
    name = next((name for name in IMAGE_COLUMNS if name in columns), None)
    caption = next((name for name in ("caption", "comment") if name in columns), None)
    if name is None or caption is None:
        raise UserError(
            f"The file {path} is neither lines of name, tab, caption nor a table whose first line "
            f"names the columns image and caption (found: {', '.join(columns)[:80]})."
        )
    return columns.index(name), columns.index(caption)


def _coco_rows(path, encoding):
    text = files.read_text(path, "COCO's images and annotations", encoding)
    rows = []
    try:
        content = json.loads(text)
        names = {image["id"]: image["file_name"] for image in content["images"]}
        for number, row in enumerate(content["annotations"], start=1):
            name, caption = names.get(row["image_id"]), row["caption"]
            name = name if isinstance(name, str) else f"(id {row['image_id']})"
            fault = ""
            if not isinstance(caption, str):
                fault = f"has {json.dumps(caption)[:40]} in the place of a caption of {name!r}"
            rows.append((number, name, "" if fault else caption, fault))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"The file {path} is no JSON of COCO's form, with images (id, file_name) and "
            f"annotations (image_id, caption): {type(error).__name__} {error}."
        ) from None
    return rows
