"""A tiny run and a few recordings, shared by all tests of the wakeword recipe."""

import pytest

from recipes.common.run import Run
from recipes.wakeword import config, trained


@pytest.fixture(scope="session")
def wake_run(finished):
    """The directory of a finished run that listens for "alexa"."""
    return finished("wakeword")


@pytest.fixture(scope="session")
def sounds(once, contract):
    """A folder of recordings: `with` the phrase, and `without`."""
    return once("wakeword_data", contract("wakeword").data)


@pytest.fixture(scope="session")
def reopen():
    """Function from the directory of a finished run to its `Trained`."""
    return lambda directory: trained.restore(Run.reopen(directory, "wakeword", config.Config))
