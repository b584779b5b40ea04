"""The simulated car: its limits, what its sensors measure, and how a run ends."""

import numpy as np
import pytest

from recipes.common.errors import UserError
from recipes.parking import car, scenes, simulator
from recipes.parking.car import SPEEDS, STAND, TURNS
from recipes.parking.simulator import CONTACT, PARKED, SENSORS, Simulator

STRAIGHT = 2


def alone(x, y, heading, **sizes):
    """A simulator of one car at a place of a street with a slot of 6 m."""
    one = scenes.made(
        6.0,
        np.array([0.8, 0.8]),
        np.array([0.8]),
        np.full(5, 4.0),
        np.full(5, 0.2),
        np.full(5, 2.0),
        (x, y, heading),
    )
    return Simulator(one, 0)


def test_speed_and_wheels_change_no_faster_than_they_can():
    cars = car.standing([0.0], [4.0], [0.0])
    seen = []
    for _ in range(8):
        cars = car.advance(cars, SPEEDS[[5]], car.ANGLES[[4]])
        seen.append((float(cars.speed[0]), float(cars.steering[0])))
    speeds, angles = np.array(seen).T
    np.testing.assert_allclose(np.diff(speeds, prepend=0).max(), car.ACCELERATION * car.SECONDS)
    turned = car.STEERING_RATE * car.SECONDS
    np.testing.assert_allclose(np.diff(angles, prepend=0).max(), turned, rtol=1e-6)
    assert speeds.max() == pytest.approx(1.5)
    assert angles.max() == pytest.approx(car.STEERING)


def test_at_full_lock_the_rear_axle_goes_round_in_a_circle():
    x, y, heading = car.moved(0.0, 0.0, 0.0, 0.0, 0.0)
    steps = 400
    for _ in range(steps):
        x, y, heading = car.moved(x, y, heading, 2 * np.pi / car.CURVATURE / steps, car.CURVATURE)
    assert heading == pytest.approx(2 * np.pi)
    np.testing.assert_allclose([x, y], 0, atol=1e-4)


def test_ranges_are_those_to_the_nearest_thing_in_sight():
    """Beside the slot: one scanner sees the kerb, the other a parked car, the bumpers nothing."""
    simulator_ = alone(-2.0, 3.5, 0.0)
    found = simulator.ranges(simulator_.cars, simulator_.scenes.boxes)[0]
    side = 3.5 - car.WIDTH / 2
    assert found[0] == pytest.approx(side, abs=1e-5), "over the slot: the kerb"
    assert found[1] == pytest.approx(side - 2.0, abs=1e-5), "over a car: its side"
    np.testing.assert_array_equal(found[2:], np.where(found[2:] < 1.8, found[2:], SENSORS[2:, 3]))
    inside = alone(1.5, 1.2, 0.0)
    found = simulator.ranges(inside.cars, inside.scenes.boxes)[0]
    ahead = 6.0 - 1.5 - car.WHEELBASE - car.FRONT
    np.testing.assert_allclose(found[3:5], ahead, atol=1e-5)
    np.testing.assert_allclose(found[7:9], 1.5 - car.REAR, atol=1e-5)


def test_readings_are_noisy_whole_centimetres_within_their_reach():
    sim = alone(1.5, 1.2, 0.0)
    readings = np.concatenate([sim.sense() for _ in range(400)])
    metres = readings[:, :10] * SENSORS[:, 3]
    np.testing.assert_allclose(metres * 100, np.round(metres * 100), atol=1e-3)
    true = simulator.ranges(sim.cars, sim.scenes.boxes)[0]
    assert (readings[:, :10] <= 1).all()
    assert np.abs(np.median(metres, 0) - true).max() < 0.02
    seen = true < SENSORS[:, 3] - 0.2
    assert (metres[:, seen].std(0) > 0.01).all()
    missed = (readings[:, :10] == 1)[:, seen].mean()
    assert 0 < missed < 0.02


def test_a_car_that_stands_in_the_slot_is_parked_and_one_that_drives_on_touches():
    sim = alone(1.5, 1.2, 0.02)
    while sim.running.any():
        sim.step(np.array([STAND]), np.array([STRAIGHT]))
    assert (sim.outcome[0], sim.steps[0]) == (PARKED, simulator.STILL)
    sim = alone(1.5, 1.2, 0.0)
    while sim.running.any():
        sim.step(np.array([3]), np.array([STRAIGHT]))
    assert sim.outcome[0] == CONTACT
    nose = sim.cars.x[0] + car.WHEELBASE + car.FRONT
    assert 6.0 < nose < 6.1
    for pose in ((1.5, 1.2, 0.2), (1.5, 1.7, 0.0), (-9.0, 3.6, 0.0)):
        sim = alone(*pose)
        while sim.running.any():
            sim.step(np.array([STAND]), np.array([STRAIGHT]))
        assert simulator.OUTCOMES[sim.outcome[0]] == "elsewhere"


def test_the_car_waits_for_its_wheels_but_at_the_highest_speed():
    for speed, waits in ((4, True), (0, True), (5, False)):
        sim = alone(-9.0, 3.6, 0.0)
        sim.step(np.array([speed]), np.array([4]))
        assert (sim.cars.speed[0] == 0) is np.bool_(waits)
        assert sim.cars.steering[0] > 0
        for _ in range(4):
            sim.step(np.array([speed]), np.array([4]))
        assert sim.cars.speed[0] != 0


def test_direction_changes_are_counted_and_ended_runs_stay_as_they_are():
    sim = alone(-9.0, 3.6, 0.0)
    for speed in (4, 4, 4, 2, 2, 2, 0, 0, 0, 2, 2, 4, 4, 4):
        sim.step(np.array([speed]), np.array([STRAIGHT]))
    assert sim.changes[0] == 2
    both = scenes.drawn("test", 0, 2)
    sim = Simulator(both, 0)
    sim.outcome[1] = CONTACT
    before = sim.cars.poses[1].copy()
    sim.step(np.array([4, 4]), np.array([STRAIGHT, STRAIGHT]))
    np.testing.assert_array_equal(sim.cars.poses[1], before)
    assert sim.cars.speed[0] > 0


def test_scenes_follow_from_their_number_and_parts_share_none():
    many = scenes.drawn("test", 0, 40)
    np.testing.assert_array_equal(many.take([7]).boxes, scenes.drawn("test", 0, 1, 7).boxes)
    starts = [scenes.drawn(part, 0, 40).starts[:, 0] for part in scenes.PARTS]
    assert len(np.unique(np.concatenate(starts))) == 120
    low, high = scenes.SLACK
    assert low <= many.slack.min() < low + 0.2
    assert high - 0.2 < many.slack.max() <= high
    gaps = many.boxes[:, 1:, 0] - many.boxes[:, :-1, 1]
    assert (gaps > 0.4).all()
    others = np.delete(gaps, scenes.BEFORE - 1, 1)
    assert others.max() < car.LENGTH + low - 0.4, "only the slot is long enough"
    assert not simulator.touching(Simulator(many, 0).cars, many.boxes).any()


def test_a_described_scene_has_the_sizes_that_were_given():
    one = scenes.parse("slot=6.1 gaps=4.5,0.7 aside=0.9 start=-8 askew=-2")
    edges = one.boxes[0]
    np.testing.assert_allclose(edges[1:3, 0] - edges[:2, 1], [4.5, 0.7], atol=1e-5)
    assert edges[3, 0] - edges[2, 1] == pytest.approx(6.1, abs=1e-5)
    x, y, heading = one.starts[0]
    assert (x, np.degrees(heading)) == pytest.approx((-8, -2))
    assert y - car.WIDTH / 2 - edges[:, 3].max() == pytest.approx(0.9, abs=1e-5)
    np.testing.assert_array_equal(scenes.parse("3").boxes, scenes.drawn("test", 0, 1, 2).boxes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "numbered from 1"),
        ("slot=4.1", "slot must be from 4.4 to 12; got '4.1'"),
        ("slot=wide", "got 'wide'"),
        ("width=3", "'width=3' is none of them"),
        ("aside=0.9,1", "aside takes one number"),
        ("  ", "A scene is the number"),
    ],
)
def test_scenes_that_are_none_are_told(text, message):
    with pytest.raises(UserError, match=message):
        scenes.parse(text)


def test_turns_and_speeds_have_a_zero_each():
    assert SPEEDS[STAND] == 0
    assert TURNS[STRAIGHT] == 0


def test_pictures_reach_as_far_as_the_outlines_of_the_car():
    poses = np.array([[0.0, 3.0, 0.0, 0, 0], [4.0, 5.0, np.radians(60), 0, 0]], np.float32)
    right, top = car.reach(poses)
    x, y = car.corners(*poses[:, :3].T)
    assert (right, top) == (x.max(), y.max())
    assert top > 8, "above what is shown at least"
