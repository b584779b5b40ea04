"""Park in drawn or described scenes, and draw, film or play the way."""

import pathlib

from recipes.common import plots
from recipes.common.errors import UserError
from recipes.parking import animation, driving, measure, scenes
from recipes.parking import plots as parking_plots
from recipes.parking.car import SECONDS
from recipes.parking.simulator import OUTCOMES
from recipes.parking.trained import restore


def predict(run, inputs, plot="", gif="", page=""):
    """The outcome in each scene; the way in the first may be drawn.

    Args:
        run: The finished run.
        inputs: Numbers of test scenes, or descriptions such as `"slot=5.6 aside=0.9"`.
        plot: PNG file for the way of the first.
        gif: GIF file for it.
        page: HTML file that plays it.

    Raises:
        UserError: If an input is neither, or a file cannot be written.
    """
    chosen = [scenes.parse(text) for text in inputs]
    if plot:
        plots.check_path(plot)
    for option, path, suffixes in (("--gif", gif, (".gif",)), ("--page", page, (".html", ".htm"))):
        _check_path(option, path, suffixes)
    if not chosen:
        return {"predictions": []}, []
    driver = driving.Network(restore(run).model)
    predictions, lines = [], []
    for place, (text, scene) in enumerate(zip(inputs, chosen, strict=True)):
        runs = driving.drive(driver, scene, measure.noise())
        x, y, heading = map(float, runs.poses[0, -1, :3])
        begin, end = map(float, scene.slots[0])
        row = {
            "scene": text,
            "slot": end - begin,
            "outcome": OUTCOMES[runs.outcome[0]],
            "changes": int(runs.changes[0]),
            "seconds": float(runs.steps[0] * SECONDS),
            "pose": [x, y, heading],
        }
        predictions.append(row)
        title = parking_plots.title(runs, 0)
        lines.append(f"{title}\tslot of {row['slot']:.2f} m\t{text}")
        if place:
            continue
        if plot:
            parking_plots.ways(scene, runs, [title], plot)
        if gif:
            animation.gif(scene, runs, pathlib.Path(gif))
        if page:
            animation.page(scene, runs, f"Scene {text}: {title}", pathlib.Path(page))
    return {"predictions": predictions}, lines


def _check_path(option, path, suffixes):
    if not path:
        return
    place = pathlib.Path(path)
    if place.suffix.lower() not in suffixes:
        raise UserError(f"{option} must name a file that ends in {suffixes[0]}; got {path}.")
    if place.is_dir() or not place.parent.is_dir():
        what = "is a folder" if place.is_dir() else f"lies in {place.parent}, which is no folder"
        raise UserError(f"{option} {path} {what}.")
