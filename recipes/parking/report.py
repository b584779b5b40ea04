"""Report."""
NEEDED = ("test", "baselines")


def summary(metrics):
    """Lines."""
    return [str(metrics["test"]), str(metrics["baselines"])]


def write(run, stages, test, runs, metrics):
    """Write."""
