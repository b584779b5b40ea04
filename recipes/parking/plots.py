"""Pictures of runs: the ways seen from above, and the share parked by the length of the slot."""

import numpy as np

from recipes.common.plots import BLUE, GREY, RED, figure
from recipes.parking import car
from recipes.parking.measure import of
from recipes.parking.simulator import BAY, OUTCOMES, PARKED

ROOM = (4.0, 4.0)  # metres that are shown before the slot and after it, at least
BELOW, HEIGHT = 0.6, 6.6  # and below the kerb and above it
EVERY = 6  # steps between outlines of the car on its way
FORWARD, REVERSE = BLUE, RED
COLOURS = {"network": BLUE, "memoryless": RED, "expert": GREY}


def ways(scenes, runs, titles, path):
    """The way of each run, forward and reverse in two colours, with the outline at the end.

    Args:
        scenes: The `Scenes`.
        runs: Their `driving.Runs`.
        titles: A line for each.
        path: Where the picture goes.
    """
    count = len(scenes)
    columns = min(2, count)
    lines = -(-count // columns)
    size = {"width": 6.2 * columns, "height": 3.1 * lines + 0.4}
    with figure(path, **size, nrows=lines, ncols=columns, squeeze=False) as panels:
        for axes in panels.flat:
            axes.set_axis_off()
        for number in range(count):
            axes = panels.flat[number]
            _street(axes, scenes.boxes[number], scenes.slots[number])
            _way(axes, runs.poses[number, : runs.steps[number] + 1])
            axes.set_title(titles[number], fontsize=9)
            begin, end = scenes.slots[number]
            low = min(begin - ROOM[0], runs.poses[number, 0, 0] - car.REAR - 0.5)
            high, top = car.reach(runs.poses[number, : runs.steps[number] + 1])
            high, top = max(end + ROOM[1], high + 0.5), max(HEIGHT, top + 0.5)
            axes.set(xlim=(low, high), ylim=(-BELOW, top), aspect="equal")
        handles = [
            axes.plot([], [], color=color, label=label)[0]
            for color, label in ((FORWARD, "forward"), (REVERSE, "reverse"))
        ]
        panels.flat[0].figure.legend(
            handles=handles, loc="outside lower center", ncols=2, frameon=False
        )


def _street(axes, boxes, slot):
    axes.axhline(0, color="#555555", linewidth=1.5)
    for low, high, near, far in boxes:
        axes.fill([low, high, high, low], [near, near, far, far], color="#c9ced4", linewidth=0)
    begin, end = slot
    line = {"color": "#3c9a5f", "linewidth": 1, "linestyle": "--"}
    axes.plot([begin, begin, end, end], [0, BAY, BAY, 0], **line)


def _way(axes, poses):
    x, y, heading, speed = poses[:, :4].T
    for pose in (*poses[:-1:EVERY], poses[-1]):
        px, py = car.corners(*pose[:3, None])
        last = pose is poses[-1] or np.array_equal(pose, poses[-1])
        style = {"color": "#111111", "linewidth": 1.2} if last else {"color": "#d9dde2"}
        axes.plot(*(np.append(p, p[:, :1]) for p in (px, py)), **{"linewidth": 0.6, **style})
    middle = car.WHEELBASE / 2
    x, y = x + middle * np.cos(heading), y + middle * np.sin(heading)
    for sign, color in ((1, FORWARD), (-1, REVERSE)):
        moving = np.sign(np.where(np.abs(speed) > 0.01, speed, 0))
        # A step belongs to the motion that it ends with.
        shown = (moving[1:] == sign)[:, None]
        pairs_x = np.where(shown, np.stack([x[:-1], x[1:]], 1), np.nan)
        pairs_y = np.where(shown, np.stack([y[:-1], y[1:]], 1), np.nan)
        gap = np.full((len(shown), 1), np.nan)
        axes.plot(np.hstack([pairs_x, gap]).ravel(), np.hstack([pairs_y, gap]).ravel(), color=color)


def by_length(slack, outcomes, path):
    """Share parked against the length of the slot, for each that drove.

    Args:
        slack: `(B,)` metres that the slots are longer than the car.
        outcomes: `(B,)` numbers of `OUTCOMES` by name.
        path: Where the picture goes.
    """
    edges = np.quantile(slack, np.linspace(0, 1, min(9, len(slack) + 1)))
    place = np.clip(np.searchsorted(edges, slack, side="right") - 1, 0, len(edges) - 2)
    with figure(path, width=6) as axes:
        for name, outcome in reversed(outcomes.items()):  # the network over the others
            shares = [
                (outcome[place == number] == PARKED).mean() if (place == number).any() else np.nan
                for number in range(len(edges) - 1)
            ]
            middles = car.LENGTH + (edges[1:] + edges[:-1]) / 2
            axes.plot(middles, shares, "o-", color=COLOURS[name], label=name)
        axes.set(xlabel=f"length of the slot, m (the car: {car.LENGTH:g} m)", ylabel="parked")
        axes.set_ylim(-0.03, 1.03)
        axes.legend(frameon=False)


def title(runs, number):
    """A line on one of the runs: how it ended, after how long, with how many changes."""
    one = of(runs, slice(number, number + 1))
    changes = int(one.changes[0])
    return (
        f"{OUTCOMES[one.outcome[0]]}, {one.steps[0] * car.SECONDS:.0f} s, "
        f"{changes} change{'' if changes == 1 else 's'} of direction"
    )
