"""Pictures of clips: strips of their frames with labels, and probabilities over time."""

from recipes.common.plots import GREY, drawable, figure

COLORS = ("#c8402f", "#1f6fb4", "#2f8f4e", "#8d5fb0", "#d98a1f", "#3aa6a6", "#b0447c", "#6b6b2a")
COLUMNS = 12  # frames side by side


def color_of(number):
    """The colour of a label; the first one, of frames without an event, is grey."""
    return GREY if number == 0 else COLORS[(number - 1) % len(COLORS)]


def strips(clips, path, names=()):
    """Frames of clips side by side, each framed in the colour of its label and named at changes.

    Args:
        clips: Tuples `(title, frames (T, H, W, 3) uint8, labels or None)`, a number for each frame.
        path: Where the picture goes.
        names: The labels by number.
    """
    lines = sum(-(-len(frames) // COLUMNS) for _, frames, _ in clips)
    named = 0.3 if any(labels is not None for *_, labels in clips) else 0.0  # room below a row
    height = 0.36 * len(clips) + (1.06 + named) * lines
    with figure(path, 0.8 * COLUMNS, 0.8 * height, layout="none") as axes:
        axes.set_position((0.005, 0.005, 0.99, 0.99))
        axes.set_axis_off()
        y = 0.0
        for title, frames, labels in clips:
            y += 0.36
            axes.text(0, y - 0.1, drawable(title), fontsize=9, va="bottom")
            for number, frame in enumerate(frames):
                x = number % COLUMNS
                y += (1.06 + named) * (x == 0 < number)
                label = 0 if labels is None else labels[number]
                axes.imshow(frame, interpolation="nearest", extent=(x, x + 0.94, y + 0.94, y))
                outline = {"linewidth": 3 if label else 0.8, "edgecolor": color_of(label)}
                axes.add_patch(_rectangle((x, y), 0.94, 0.94, fill=False, **outline))
                if label and (x == 0 or labels[number - 1] != label):
                    text = drawable(names[label])
                    axes.text(x, y + 1, text, fontsize=8, va="top", color=color_of(label))
            y += 1.06 + named
        axes.set(xlim=(-0.03, COLUMNS), ylim=(height, 0), aspect="auto")


def _rectangle(*arguments, **options):
    from matplotlib.patches import Rectangle

    return Rectangle(*arguments, **options)


def timelines(clips, names, path):
    """Probabilities of labels over time, a panel a clip, true events shaded.

    Args:
        clips: Tuples `(title, seconds (T,), probabilities (T, C), events)`, the last a list of
            `(start, end, number of the label)` in seconds.
        names: The labels by number; the first one, of frames without an event, is not drawn.
        path: Where the picture goes.
    """
    height = 1.25 * len(clips) + 0.7
    with figure(path, 9, height, nrows=len(clips), squeeze=False, sharey=True) as panels:
        for axes, (title, seconds, probabilities, events) in zip(panels[:, 0], clips, strict=True):
            for start, end, label in events:
                axes.axvspan(start, end, color=color_of(label), alpha=0.2, linewidth=0)
            for label in range(1, len(names)):
                axes.plot(
                    seconds, probabilities[:, label], ".-", color=color_of(label),
                    label=drawable(names[label]), linewidth=1.2, markersize=4,
                )  # fmt: skip
            axes.set_ylim(-0.05, 1.05)
            axes.set_title(drawable(title), loc="left", fontsize=9)
        panels[-1, 0].set_xlabel("seconds; shaded: true events")
        count = len(names) - 1
        if count <= 8:
            panels[0, 0].legend(
                frameon=False, ncols=count, fontsize=8, loc="lower right", bbox_to_anchor=(1, 1)
            )
