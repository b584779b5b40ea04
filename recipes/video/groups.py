"""Sources of clips, such as the film that several were cut from, which no two parts may share."""

import collections
import hashlib
import re

from recipes.common.terminal import tell

# As in UCF-101: the label, the number of the source, and that of the clip of it.
UCF101 = re.compile(r"v_([^/]+_g\d+)_c\d+")


def finder(pattern):
    """A function from the path of a clip to its source, or nothing where that is not known.

    Args:
        pattern: Regular expression, the parts of which in brackets, or all of it, name the source;
            empty for names as of UCF-101.
    """
    expression = re.compile(pattern) if pattern else UCF101

    def group_of(name):
        found = expression.search(name)
        if not found:
            return ""
        return " ".join(filter(None, found.groups())) or found[0]

    return group_of


def tell_of(groups, digests, pattern):
    """Say how clips are grouped, if they are.

    Args:
        groups, digests: Of each clip; a clip without a source has its digest for one.
        pattern: The pattern that was asked for.
    """
    alone = sum(digest.startswith(group) for group, digest in zip(groups, digests, strict=True))
    named = {g for g, d in zip(groups, digests, strict=True) if not d.startswith(g)}
    if named:
        rest = f"; {alone:,} match no pattern, each a source of its own" if alone else ""
        tell(f"{len(groups) - alone:,} clips are of {len(named):,} sources, which no two parts "
             f"share{rest}.")  # fmt: skip
    elif pattern and groups:
        tell(f"No clip matches --group {pattern}; each is a source of its own.")


def split_off(part, share, by):
    """The rest and a share of the sources, of each label as far as it has several.

    Every label keeps a source in the rest, so that it can be learned.

    Args:
        part: The `Clips`.
        share: Share of the sources of a label.
        by: `"hash"`, or `"last"` for the last sources in the order of the clips.
    """
    sources = collections.defaultdict(set)  # of each label
    for labels, group in zip(part.labels, part.groups, strict=True):
        for label in [labels] if isinstance(labels, str) else set(labels):
            sources[label].add(group)
    order = list(dict.fromkeys(part.groups))
    order = order[::-1] if by == "last" else sorted(order, key=_rank)
    labels_of = collections.defaultdict(set)
    for label, groups in sources.items():
        for group in groups:
            labels_of[group].add(label)
    chosen = set()
    # The rarest labels first: those that all clips share have enough by then.
    for label in sorted(sources, key=lambda label: (len(sources[label]), label)):
        wanted = max(1, round(share * len(sources[label])))
        for group in order:
            if len(sources[label] & chosen) >= wanted:
                break
            left = all(sources[other] - chosen - {group} for other in labels_of[group])
            if group in sources[label] and group not in chosen and left:
                chosen.add(group)
    where = [[], []]
    for i, group in enumerate(part.groups):
        where[group in chosen].append(i)
    return part.take(where[0]), part.take(where[1])


def _rank(group):
    return hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest()
