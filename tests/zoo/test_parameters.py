"""The number of parameters that a builder's docstring states is that of the model it builds."""

import inspect
import re

import keras
import pytest

import zoo

BUILDERS = [
    name for name in zoo.__all__ if "name" in inspect.signature(getattr(zoo, name)).parameters
]
SIZE = re.compile(r"Size: ([\d,]+) parameters by default(?:, for\s+`([^`]*)`)?\.")
FACT = re.compile(r"(\w+)=(\(.*?\)|[\d_]+)")


def number(text):
    return int(re.sub("[,_]", "", text))


def facts_of(text):
    """Arguments as a docstring states them: whole numbers, and shapes of them."""
    return {
        name: tuple(map(int, value[1:-1].split(","))) if value[0] == "(" else number(value)
        for name, value in FACT.findall(text)
    }


@pytest.mark.parametrize("name", BUILDERS)
def test_the_stated_number_is_that_of_the_default_size(name):
    builder = getattr(zoo, name)
    stated = SIZE.search(builder.__doc__)
    assert stated, f"the docstring of {name} states no size"
    facts = facts_of(stated[2] or "")
    parameters = inspect.signature(builder).parameters.values()
    assert set(facts) == {p.name for p in parameters if p.default is p.empty}
    with keras.StatelessScope():
        found = builder(**facts).count_params()
        keras.utils.clear_session()  # or 157 million weights would be drawn as the scope ends
    assert found == number(stated[1])
