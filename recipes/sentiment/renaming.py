"""Other names for labels, as `--labels 0=neg,1=pos` gives them."""

from recipes.common.errors import UserError


def renames(value):
    """The new name of each label by its old one.

    Args:
        value: `old=new` pairs with commas between.

    Raises:
        UserError: If it is not of that form.
    """
    found = {}
    for pair in filter(None, (part.strip() for part in value.split(","))):
        old, _, new = (part.strip() for part in pair.partition("="))
        if not old or not new:
            raise UserError(f"--labels {value}: {pair!r} is no pair such as 0=neg,1=pos.")
        if old in found:
            raise UserError(f"--labels {value}: {old!r} has two names.")
        found[old] = new
    return found


def rename(labels, places, mapping):
    """The labels by their new names; those that have one already keep it.

    Args:
        labels: A list of labels.
        places: Where each stands, for messages.
        mapping: The `renames`.

    Raises:
        UserError: If a label is neither an old nor a new name.
    """
    if not mapping:
        return labels
    new = set(mapping.values())
    for label, place in zip(labels, places, strict=True):
        if label not in mapping and label not in new:
            raise UserError(
                f"{place} has the label {label!r}, which --labels does not name (it has "
                f"{', '.join(mapping)}); add {label}=NAME to it."
            )
    return [mapping.get(label, label) for label in labels]


def check_used(labels, mapping, data):
    """Refuse old names that no label has.

    Args:
        labels: Labels as they were read.
        mapping: The `renames`.
        data: Name of the data, for the message.

    Raises:
        UserError: Naming the first one.
    """
    there = set(labels)
    for old in mapping:
        if old not in there:
            raise UserError(
                f"--labels renames {old!r}, which no row of {data} has (it has "
                f"{', '.join(map(repr, sorted(there)[:10]))})."
            )
