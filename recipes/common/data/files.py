"""Files and folders of a user's own, plain or gzipped, read with every error located."""

import codecs
import contextlib
import gzip
import os
import pathlib
import zlib

from recipes.common.errors import UserError
from recipes.common.terminal import tell

SUFFIXES = tuple(
    f"{suffix}{gz}" for suffix in (".csv", ".tsv", ".txt", ".jsonl", ".json") for gz in ("", ".gz")
)
LISTED = 20  # bad rows that are named one by one


def exists(name):
    """True if there is a file or directory of this name; a name too long for one is none."""
    with contextlib.suppress(OSError):
        return pathlib.Path(name).exists()
    return False


def looks_like_file(name):
    """True if a `--data` value names a file rather than a data set."""
    return exists(name) or name.lower().endswith(SUFFIXES)


def folder_and_list(value):
    """The folder and the list of `folder,list.txt`, where either name may have commas.

    Of all ways to divide the value, one that names a folder and a file that exist is chosen, or one
    whose folder exists, or else the last.

    Returns:
        `folder, listed`; the second is empty where no list is named.
    """
    if exists(value) or "," not in value:
        return value, ""
    commas = [i for i, character in enumerate(value) if character == ","]
    ways = [(value[:i], value[i + 1 :]) for i in reversed(commas)]
    of_folders = [way for way in ways if way[0] and exists(way[0]) and os.path.isdir(way[0])]
    complete = [way for way in of_folders if way[1] and exists(way[1])]
    return [*complete, *of_folders, *ways][0]


def names_listed(path, what, encoding="utf-8"):
    """The names in the lines of a file, each once.

    Args:
        path: The file.
        what: What a line names, for the message that there is nothing, as "picture".
        encoding: Name of its encoding.

    Raises:
        UserError: As `read_text`.
    """
    lines = read_text(path, f"the name of a {what} on each line", encoding).split("\n")
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


def walk(folder, suffixes):
    """Everything below a folder that has one of the suffixes, sorted by path.

    Links to folders are followed. Every folder is entered once, by its own path if it lies below
    this one, and a link to a folder that holds it is not followed, so nothing runs in circles.

    Args:
        folder: The folder, a path.
        suffixes: Suffixes in lower case; those of the names may have either case.
    """
    found, entered, starts = [], set(), [pathlib.Path(folder)]
    for start in starts:  # grows by the links that are found
        links = []
        for parent, folders, names in os.walk(start):
            if (real := os.path.realpath(parent)) in entered:
                folders.clear()
                continue
            entered.add(real)
            paths = [pathlib.Path(parent, name) for name in (*folders, *names)]
            found += [path for path in paths if path.suffix.lower() in suffixes]
            links += [path for path in paths[: len(folders)] if path.is_symlink()]
        starts += sorted(link for link in links if not _leads_back(link))
    return sorted(found)


def _leads_back(link):
    """True if a link leads to a folder that holds it."""
    return pathlib.Path(os.path.realpath(link.parent)).is_relative_to(os.path.realpath(link))


def read_text(path, needs, encoding="utf-8"):
    """The text of a file, `.gz` or not, without a byte order mark.

    Where carriage returns alone end the lines, as on Macs of old, line feeds take their place.

    Args:
        path: The file.
        needs: What it must hold, for the message that it is empty.
        encoding: Name of its encoding.

    Raises:
        UserError: If the file is missing, a directory, empty, damaged or in another encoding, or
            no encoding has that name.
    """
    text = decode(path, read_bytes(path), encoding)
    if not text.strip():
        raise UserError(f"The file {path} is empty; it needs {needs}.")
    return text if "\n" in text else text.replace("\r", "\n")


def missing(path, what="file"):
    """The error that there is no such file, with the folder where it was looked for.

    Args:
        path: Its name.
        what: What was looked for.
    """
    where = "" if os.path.isabs(path) else f" (looked for in {os.getcwd()})"
    return UserError(f"There is no {what} {path}{where}.")


def read_bytes(path):
    """The bytes of a file, decompressed if its name ends in `.gz`.

    Raises:
        UserError: If the file is missing, a directory, unreadable or damaged.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        raise UserError(f"{path} is a directory; name a file in it.")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise missing(path) from None
    except OSError as error:
        raise UserError(f"The file {path} cannot be read: {error.strerror}.") from None
    if path.suffix.lower() != ".gz" or not content:
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"The file {path} is damaged or not gzip: {error}.") from None


def decode(source, content, encoding="utf-8"):
    """The text that bytes stand for, without a byte order mark.

    Args:
        source: Where they come from, for messages.
        content: The bytes.
        encoding: Name of their encoding.

    Raises:
        UserError: If they are in another encoding, or no encoding has that name.
    """
    try:
        "a".encode(encoding)  # which codecs such as rot13, that are not of text, refuse
        encoding = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise UserError(
            f"--encoding {encoding} is no encoding of text; usual are utf-8, cp1252 (Windows, "
            "western Europe), cp1251 (Cyrillic), gb18030, shift_jis and utf-16."
        ) from None
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise UserError(
                f"The file {source} is not {encoding}: byte {error.start + 1} is "
                f"0x{content[error.start]:02x}. Name another encoding with --encoding."
            ) from None
        if name := _with_mark(content):
            raise UserError(
                f"The file {source} is {name.upper()}, not UTF-8. Read it with --encoding {name}, "
                f"or convert it: iconv -f {name} -t utf-8."
            ) from None
        # A byte order mark is skipped before decoding, so positions count without it.
        content = content.removeprefix(b"\xef\xbb\xbf")
        end = b"\n" if b"\n" in content else b"\r"
        line = content.count(end, 0, error.start) + 1
        column = error.start - (content.rfind(end, 0, error.start) + 1) + 1
        raise UserError(
            f"The file {source} is not UTF-8: line {line} has the byte "
            f"0x{content[error.start]:02x} at byte {column}. Read it with --encoding cp1252 or "
            "what it is in, or convert it, as with: iconv -f cp1252 -t utf-8."
        ) from None


def _with_mark(content):
    """The encoding whose byte order mark begins the bytes, or an empty string."""
    # The mark of UTF-32 begins with that of UTF-16.
    marks = {"utf-32": (b"\xff\xfe\0\0", b"\0\0\xfe\xff"), "utf-16": (b"\xff\xfe", b"\xfe\xff")}
    return next((name for name, found in marks.items() if content.startswith(found)), "")


def with_line_feeds(source, texts):
    """Texts whose lines are ended by line feeds alone; it is told if that was different.

    Args:
        source: Where they come from.
        texts: A list of strings.
    """
    pairs = sum(text.count("\r\n") for text in texts)
    single = sum(text.count("\r") for text in texts) - pairs
    if not pairs and not single:
        return texts
    kinds = [f"{pairs:,} by CR LF"] * (pairs > 0) + [f"{single:,} by CR alone"] * (single > 0)
    tell(f"{source}: lines are ended {' and '.join(kinds)}; they are read with line feeds.")
    return [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]


def judge(source, bad, total, bad_share, unit="line"):
    """A message for the rows left out, empty if there are none.

    Args:
        source: Where the rows come from.
        bad: A list of `(number, reason)`.
        total: Number of rows, the bad ones included.
        bad_share: Share of bad rows that is skipped.
        unit: What the numbers count.

    Raises:
        UserError: If the share of bad rows is higher.
    """
    if not bad:
        return ""
    number, reason = bad[0]
    units = "rows" if unit == "line" else f"{unit}s"  # a row of a file may have several lines
    counted = f"{len(bad)} of {total} {units} of {source} cannot be used: {unit} {number} {reason}"
    if len(bad) > bad_share * total:
        raise UserError(
            f"{counted}, and so on. Mend them, or allow more than {bad_share:.1%} with --bad-share."
            if len(bad) > 1
            else f"{counted}. Mend it, or allow more than {bad_share:.1%} with --bad-share."
        )
    return f"Skipped: {counted}."


def report(source, bad, total, bad_share, unit="line"):
    """Say which rows are left out: what `judge` says, after several of them one by one.

    Args:
        source, bad, total, bad_share, unit: As for `judge`.

    Raises:
        UserError: If the share of bad rows is higher.
    """
    if len(bad) > 1:
        for number, reason in bad[:LISTED]:
            tell(f"  {unit} {number} {reason}")
        if len(bad) > LISTED:
            tell(f"  and {len(bad) - LISTED:,} more")
    if message := judge(source, bad, total, bad_share, unit):
        tell(message)
