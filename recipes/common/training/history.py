"""The course of a training: metrics by epoch, the best epoch, and stages one after the other."""

import dataclasses


def ranking(monitor, mode):
    """Function from the metrics of an epoch to a pair that is greater the better the epoch is.

    The first is the monitored metric; of epochs that tie in it, the one with the lower
    `val_crossentropy` is better.

    Args:
        monitor: Name of the metric.
        mode: Whether the best is its `"min"` or its `"max"`.
    """
    sign = {"max": 1, "min": -1}[mode]
    return lambda row: (sign * float(row[monitor]), -float(row.get("val_crossentropy", 0)))


@dataclasses.dataclass(frozen=True)
class History:
    """Metrics of one training.

    rows: A dict for each epoch, with its number as `epoch`.
    monitor: The validation metric that chose the epoch whose weights were kept.
    mode: Whether the best is its `"min"` or its `"max"`.
    """

    rows: list[dict]
    monitor: str
    mode: str

    @property
    def best(self):
        """The row of the epoch whose weights were kept."""
        return max(self.rows, key=ranking(self.monitor, self.mode))

    @property
    def validation(self):
        """The validation metrics of that epoch, without their prefix, and its number."""
        best = self.best
        measured = {name: best[name] for name in best if name.startswith("val_")}
        return {
            "epoch": best["epoch"],
            **{name.removeprefix("val_"): value for name, value in measured.items()},
        }

    def __len__(self):
        return len(self.rows)


@dataclasses.dataclass(frozen=True)
class Stages:
    """Trainings of one network, one after the other.

    histories: A `History` by name of the stage, in order.
    kept: Name of the stage whose weights the model has.
    """

    histories: dict[str, History]
    kept: str

    @classmethod
    def of(cls, history, name="train"):
        """A training that has one stage so far."""
        return cls({name: history}, name)

    def then(self, name, history, is_kept):
        """With one more stage, whose weights the model has if it `is_kept`."""
        return Stages({**self.histories, name: history}, name if is_kept else self.kept)

    @property
    def history(self):
        """The `History` of the stage whose weights the model has."""
        return self.histories[self.kept]

    def metrics(self):
        """Entries of `metrics.json`: validation and epochs of the kept stage, and of all stages."""
        found = {"validation": self.history.validation, "epochs": len(self.history)}
        if len(self.histories) > 1:
            found["kept_stage"] = self.kept
            found["stages"] = {
                name: {"epochs": len(history), "validation": history.validation}
                for name, history in self.histories.items()
            }
        return found
