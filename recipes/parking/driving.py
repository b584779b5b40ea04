"""Runs in closed loop: many cars at once, one call of what drives them a step."""

import dataclasses

import numpy as np

import zoo
from recipes.parking.car import SPEEDS, STAND, TURNS
from recipes.parking.simulator import MEASURED, STEPS, Simulator

CHOICES = len(SPEEDS) * len(TURNS)  # logits of a step, one for each pair of speed and turn


@dataclasses.dataclass
class Runs:
    """Records of runs in several scenes.

    sensors: `(B, T, S)` float32.
    asked: `(B, T, 2)` numbers of speed and turn, as driven.
    advised: the same of the expert, or None if it was not asked.
    poses: `(B, T + 1, 5)` x, y, heading, speed and angle of the wheels.
    steps: `(B,)` steps of each run; what comes after is of no meaning.
    outcome: `(B,)` numbers of `simulator.OUTCOMES`.
    changes: `(B,)` changes of direction.
    """

    sensors: np.ndarray
    asked: np.ndarray
    advised: np.ndarray | None
    poses: np.ndarray
    steps: np.ndarray
    outcome: np.ndarray
    changes: np.ndarray


class Network:
    """A network at the wheel: the likeliest speed and turn of each step.

    Args:
        model: A model of `zoo.controller`, whose weights it goes on using.
    """

    def __init__(self, model):
        self.stream = zoo.streaming(model)
        self.states = {}

    def begin(self, count):
        """Forget, and drive so many cars."""
        self.states = zoo.initial_states(self.stream, count)

    def act(self, sensors, simulator):
        """Numbers of speed and turn, `(B,)` each."""
        inputs = {"sensors": sensors[:, None], **self.states}
        outputs = self.stream.predict_on_batch(inputs)
        self.states = {name: outputs[name] for name in self.states}
        return np.divmod(np.asarray(outputs["logits"])[:, 0].argmax(1), len(TURNS))


class Planned:
    """The expert at the wheel.

    Args:
        expert: The `Expert`.
    """

    def __init__(self, expert):
        self.expert = expert

    def begin(self, count):
        """Nothing is kept from step to step."""

    def act(self, sensors, simulator):
        """Numbers of speed and turn, `(B,)` each."""
        return self.expert.act(simulator.cars, simulator.scenes, simulator.direction)


def drive(driver, scenes, seed, expert=None, meddle=None):
    """Let something drive in all scenes until every run has ended.

    Args:
        driver: A `Network` or `Planned`.
        scenes: The `Scenes`.
        seed: Seed of the noise, a number or a list of them.
        expert: The `Expert` that is asked at every step, if labels are wanted.
        meddle: Function of the step, `(asked, advised)` to what is done instead, if any.
    """
    simulator, count = Simulator(scenes, seed), len(scenes)
    sensors = np.zeros((count, STEPS, MEASURED), np.float32)
    asked = np.full((count, STEPS, 2), STAND, np.uint8)
    advised = asked.copy() if expert else None
    poses = np.zeros((count, STEPS + 1, 5), np.float32)
    driver.begin(count)
    step = 0
    while simulator.running.any():
        poses[:, step] = np.stack(list(vars(simulator.cars).values()), 1)
        sensors[:, step] = simulator.sense()
        chosen = driver.act(sensors[:, step], simulator)
        if expert:
            advice = expert.act(simulator.cars, scenes, simulator.direction)
            advised[:, step] = np.stack(advice, 1)
            if meddle:
                chosen = meddle(step, chosen, advice)
        asked[:, step] = np.stack(chosen, 1)
        simulator.step(*chosen)
        step += 1
    poses[:, step:] = np.stack(list(vars(simulator.cars).values()), 1)[:, None]
    return Runs(
        sensors, asked, advised, poses, simulator.steps, simulator.outcome, simulator.changes
    )
