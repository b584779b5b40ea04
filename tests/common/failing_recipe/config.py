"""Settings that fail as soon as a trial resolves them, each in the way that `data` names."""

import dataclasses
import os
import signal

from recipes.common import config as configs
from recipes.common.errors import Diverged


@dataclasses.dataclass(frozen=True)
class Config(configs.Config):
    """Settings of a run that does not come far."""

    def resolved(self):
        """Fail."""
        if self.data == "memory":
            raise MemoryError("too large")
        if self.data == "diverged":
            raise Diverged("the loss became nan")
        if self.data == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        raise KeyError("bug")
