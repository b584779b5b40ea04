"""Hyperparameter search with KerasTuner, a child process a trial.

A trial is a run directory of its own: a search that was killed goes on inside the trial that was
running, and one that runs out of memory takes only its own process with it.
"""

import contextlib
import csv
import dataclasses
import importlib
import io
import json
import multiprocessing
import pathlib
import shlex
import sys
import traceback

from recipes.common import config as configs
from recipes.common import devices, plots, processes, report, storage, verbs
from recipes.common.errors import Diverged, Interrupted, UserError
from recipes.common.terminal import tell


def search(package, config, trials, tuner):
    """Try configurations and keep the best.

    Args:
        package: The recipe, such as `"recipes.sentiment"`; `search_space(hp)` of its `config` gives
            a dict of overrides.
        config: The settings a trial starts from; `config.run` names the search directory, and
            `config.objective` what is maximised.
        trials: Number of trials; for Hyperband those that go on with more epochs count again.
        tuner: `"random"`, `"hyperband"` or `"bayesian"`.

    Returns:
        `result, lines`: a dict of the best trial's overrides and score and of all trials, and lines
        for people.

    Raises:
        UserError: If the directory holds a search with other settings, or every trial failed.
    """
    if trials < 1:
        raise UserError(f"--trials must be at least 1; got {trials}.")
    directory, objective = pathlib.Path(config.run), config.objective
    # KerasTuner imports TensorFlow; the GPUs are left to the trials.
    devices.start(config, gpus=False)
    _claim(directory, config, trials, tuner)
    space = importlib.import_module(f"{package}.config").search_space
    oracle = _oracle(tuner, space, trials, config, objective)
    _run(oracle, directory, package, config, space, objective)
    rows = _rows(oracle, space, objective)
    done = [row for row in rows if row["score"] is not None]
    _write(directory, rows, objective)
    if not done:
        raise UserError(
            f"All {len(rows)} trials failed; the last words of each are in {directory}/trials/*/"
            "failure.txt."
        )
    best = max(done, key=lambda row: row["score"])
    # A trial of Hyperband may have been a short one; what it found is worth all epochs.
    chosen = dataclasses.replace(
        config, **{**best["overrides"], "epochs": config.epochs}, run=type(config)().run
    )
    storage.write_text(directory / "best.json", configs.to_json(chosen))
    header = ["trial", objective, "status", *best["overrides"]]
    lines = [
        "\t".join(header),
        *("\t".join(map(str, _line(row, best["overrides"]))) for row in rows),
        f"best: trial {best['trial']} with {objective} {best['score']:.4f}; train it with",
        f"  python -m {package} train --config {shlex.quote(str(directory / 'best.json'))} "
        f"--run {shlex.quote(f'{directory}_best')}",
    ]
    return {"best": best["overrides"], objective: best["score"], "trials": rows}, lines


def _claim(directory, config, trials, tuner):
    """Make the search directory, or check that the search in it is this one."""
    asked = {"tuner": tuner, "trials": trials, **configs.compared(config)}
    defaults = configs.compared(type(config)())  # a search of before a setting came lacks it
    if (directory / "search.json").exists():
        old = storage.read_json(directory / "search.json")
        changed = [
            f"{name}: {old.get(name)!r} -> {value!r}"
            for name, value in asked.items()
            if old.get(name, defaults.get(name)) != value
        ]
        if changed:
            raise UserError(
                f"The search in {directory} has other settings ({'; '.join(changed)}). Give the "
                "same settings to go on with it, or another --run."
            )
        storage.lock(directory)
        tell(f"Going on with the search in {directory}.")
        return
    if directory.is_dir() and any(path.name != ".lock" for path in directory.iterdir()):
        raise UserError(
            f"The directory {directory} is not empty and no search; give another --run."
        )
    storage.lock(storage.make(directory))
    storage.write_json(directory / "search.json", asked)


def _oracle(tuner, space, trials, config, objective):
    import keras_tuner

    hyperparameters = keras_tuner.HyperParameters()
    space(hyperparameters)
    common = {
        "objective": keras_tuner.Objective(objective, "max"),
        "hyperparameters": hyperparameters,
        "seed": config.seed + 1,  # zero would mean a random one
        # A trial that fails for its settings would fail again.
        "max_retries_per_trial": 0,
        "max_consecutive_failed_trials": trials + 1,  # that is, never stop for failures
    }
    if tuner == "hyperband":
        epochs = config.epochs or config.sized(sys.maxsize)["epochs"]
        oracle = keras_tuner.oracles.HyperbandOracle(
            max_epochs=epochs, hyperband_iterations=trials, **common
        )
        oracle.max_trials = trials
        return oracle
    if tuner == "bayesian":
        return keras_tuner.oracles.BayesianOptimizationOracle(max_trials=trials, **common)
    return keras_tuner.oracles.RandomSearchOracle(max_trials=trials, **common)


def _run(oracle, directory, package, config, space, objective):
    import keras_tuner

    console = sys.stderr

    def tell(message):
        print(message, file=console, flush=True)

    class Tuner(keras_tuner.engine.base_tuner.BaseTuner):
        def run_trial(self, trial, *args, **kwargs):
            overrides = space(trial.hyperparameters)
            # Hyperband gives each trial a number of epochs.
            if epochs := trial.hyperparameters.values.get("tuner/epochs"):
                overrides["epochs"] = epochs
            run = directory / "trials" / trial.trial_id
            chosen = dataclasses.replace(config, **overrides, run=str(run))
            tell(f"trial {trial.trial_id}: {overrides}")
            try:
                result = in_child(package, chosen)
            except UserError as error:
                # Any other exception would only fail the trial.
                raise keras_tuner.errors.FatalError(str(error)) from None
            if "failure" in result:
                tell(f"trial {trial.trial_id} failed: {result['failure']}")
                run.mkdir(parents=True, exist_ok=True)
                storage.write_text(run / "failure.txt", result["failure"] + "\n")
                raise keras_tuner.errors.FailedTrialError(result["failure"])
            tell(f"trial {trial.trial_id}: {objective} {result[objective]:.4f}")
            return {objective: result[objective]}

        def load_model(self, trial):
            return None

    # KerasTuner prints to standard output, which belongs to results, and a traceback a failure.
    nowhere = io.StringIO()
    with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        tuner = Tuner(oracle, directory=str(directory), project_name="oracle", overwrite=False)
        try:
            tuner.search(verbose=0)
        except keras_tuner.errors.FatalError as error:
            raise UserError(str(error)) from None


def in_child(package, config):
    """Run a trial of a recipe in a process of its own.

    Returns:
        What it returned, or `{"failure": reason}` if it diverged, ran out of memory, was killed or
        raised.

    Raises:
        UserError: If the child met one, such as unusable data: every other trial would too.
        KeyboardInterrupt: If the child was interrupted; its state is saved.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    settings = dataclasses.asdict(config)
    child = context.Process(target=_child, args=(package, settings, sender))
    with processes.main_left_out():
        child.start()
    sender.close()
    try:
        outcome = receiver.recv()
    except EOFError:
        outcome = {}
    except BaseException:
        child.terminate()  # it saves its state first
        raise
    finally:
        child.join()
    if "user_error" in outcome:
        raise UserError(outcome["user_error"])
    if "interrupted" in outcome:
        raise KeyboardInterrupt
    if outcome:
        return outcome
    if child.exitcode == -9:
        return {"failure": "killed, most likely for want of memory (exit status -9)"}
    return {"failure": f"ended with exit status {child.exitcode}"}


def _child(package, settings, sender):
    processes.become_worker()
    try:
        config_class = importlib.import_module(f"{package}.config").Config
        outcome = verbs.trial(package, config_class(**settings))
    except UserError as error:
        outcome = {"user_error": str(error)}
    except (Interrupted, KeyboardInterrupt):
        outcome = {"interrupted": True}
    except (Diverged, MemoryError) as error:
        outcome = {"failure": f"{type(error).__name__}: {error}"}
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        reason = str(error).strip().partition("\n")[0]
        outcome = {"failure": f"{type(error).__name__}: {reason} ({last.filename}:{last.lineno})"}
    sender.send(outcome)


def _rows(oracle, space, objective):
    rows = []
    for trial in sorted(oracle.trials.values(), key=lambda trial: trial.trial_id):
        overrides = space(trial.hyperparameters)
        if epochs := trial.hyperparameters.values.get("tuner/epochs"):
            overrides["epochs"] = epochs
        rows.append(
            {
                "trial": trial.trial_id,
                "score": trial.score,
                "status": trial.status.lower(),
                "overrides": overrides,
            }
        )
    return rows


def _line(row, names):
    score = "–" if row["score"] is None else f"{row['score']:.4f}"
    values = (row["overrides"][name] for name in names)
    return [row["trial"], score, row["status"], *(report.brief(value) for value in values)]


def _write(directory, rows, objective):
    names = list(rows[0]["overrides"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", objective, "status", *names])
    for row in rows:
        values = [json.dumps(row["overrides"][name]).strip('"') for name in names]
        writer.writerow([row["trial"], row["score"], row["status"], *values])
    storage.write_text(directory / "trials.csv", text.getvalue())
    plots.search(
        [row for row in rows if row["score"] is not None], objective, directory / "trials.png"
    )
