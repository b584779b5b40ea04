"""Answers of each cell to sequences of the tasks."""

import numpy as np
from scipy.special import softmax

from recipes.common import report
from recipes.common.errors import UserError
from recipes.memory import tasks
from recipes.memory.trained import distances, network


def predict(run, inputs, distance=0):
    """The answer of each cell's network with its probability.

    A network is taken that was trained at the distance of the sequence, or at the nearest one.

    Args:
        run: The run.
        inputs: Sequences of words, such as `"I was born in Chennai . at home I speak"`.
        distance: Distance that the networks were trained at, instead of the nearest one.

    Raises:
        UserError: If a word is unknown, or a sequence asks for no answer or is of a task that the
            run was not trained in.
    """
    parsed = [tasks.parse(text) for text in inputs]
    config, known = run.config, {}
    predictions, lines = [], []
    for text, (task, ids) in zip(inputs, parsed, strict=True):
        if task not in config.tasks:
            raise UserError(
                f"{text!r} is a sequence of {task}, and the run in {run.directory} was trained in "
                f"{', '.join(config.tasks)}; ask a run that was trained with --data {task}."
            )
        own, answers = tasks.distance_of(task, ids), {}
        asked = distance or own
        for cell in config.compared_cells:
            trained = distances(run, task, cell)
            if not trained:
                continue
            nearest = min(trained, key=lambda other, asked=asked: abs(np.log(other / asked)))
            spec = (task, cell, nearest, config.seed)
            if spec not in known:
                known[spec] = network(run, *spec)
            answer, probability = _answer(known[spec], ids, tasks.ANSWER_LENGTHS[task])
            answers[cell] = {"answer": answer, "probability": probability, "trained_at": nearest}
        predictions.append({"text": text, "task": task, "distance": own, "answers": answers})
        lines.append(f"{report.shorten(text, 120)}  ({task}, distance {own})")
        lines += [
            f"  {cell}\t{row['answer']}\t{row['probability']:.4f}\ttrained at {row['trained_at']}"
            for cell, row in answers.items()
        ]
    return {"predictions": predictions}, lines


def _answer(model, ids, length):
    """The likeliest next tokens, one after the other, and their probability together."""
    probability = 1.0
    for _ in range(length):
        logits = np.asarray(model.predict_on_batch({"tokens": ids[None]}))[0, -1]
        token = logits.argmax()
        probability *= float(softmax(logits.astype(float))[token])
        ids = np.append(ids, np.int32(token))
    return " ".join(tasks.VOCABULARY[token] for token in ids[-length:]), probability
