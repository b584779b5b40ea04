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
    rows = [
        (title if start == 0 else "", frames[start : start + COLUMNS], labels, start)
        for title, frames, labels in clips
        for start in range(0, len(frames), COLUMNS)
    ]
    height = 1.0 * len(rows) + 0.22 * len(clips) + 0.1
    with figure(path, 10, height, nrows=len(rows), ncols=COLUMNS, squeeze=False) as panels:
        for line, (title, frames, labels, start) in zip(panels, rows, strict=True):
            for axes in line:
                axes.set_axis_off()
            for i, frame in enumerate(frames):
                axes, number = line[i], start + i
                axes.set_axis_on()
                axes.imshow(frame, interpolation="nearest")
                axes.set(xticks=[], yticks=[])
                label = None if labels is None else labels[number]
                for spine in axes.spines.values():
                    spine.set(visible=True, linewidth=2.5 if label else 0.8)
                    spine.set_color(color_of(label or 0))
                if label and (i == 0 or labels[number - 1] != label):
                    axes.set_xlabel(drawable(names[label]), color=color_of(label), fontsize=8)
                    axes.xaxis.set_label_coords(0, -0.05)
                    axes.xaxis.label.set_ha("left")
            if title:
                line[0].set_title(drawable(title), loc="left", fontsize=9)


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
