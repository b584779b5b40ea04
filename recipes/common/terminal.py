"""Messages for people, on standard error, and lines from standard input."""

import sys

from recipes.common.errors import UserError


def tell(message):
    """Print a line to standard error."""
    print(message, file=sys.stderr, flush=True)


def lines_of(inputs, blank=False):
    """The inputs, with the lines of standard input in place of `-`, those not blank or all.

    Raises:
        UserError: If an argument or a line of standard input is not UTF-8 or has a NUL byte.
    """
    for item in inputs:
        if item != "-":
            if any("\udc80" <= character <= "\udcff" for character in item):
                raise UserError(f"The argument {item!r} is not UTF-8.")
            yield item
            continue
        for number, line in enumerate(sys.stdin.buffer, start=1):
            try:
                decoded = line.decode("utf-8").strip()
            except UnicodeDecodeError as error:
                raise UserError(
                    f"Line {number} of standard input is not UTF-8: it has the byte "
                    f"0x{line[error.start]:02x} at byte {error.start + 1}."
                ) from None
            if "\0" in decoded:
                raise UserError(f"Line {number} of standard input has a NUL byte.")
            if decoded or blank:
                yield decoded
