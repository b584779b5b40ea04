"""Translate texts with a trained translator."""

from recipes.common import plots
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.common.text import tokenizer
from recipes.common.writing.strategy import probabilities, ranked
from recipes.translation import writing
from recipes.translation.plots import HEAT_MAPS, alignments
from recipes.translation.trained import restore


def predict(run, inputs, beam=0, n_best=1, plot=""):
    """The best translations of each text.

    A blank line gives a blank line, so that lines stay beside their translations.

    Args:
        run: The finished run.
        inputs: Texts.
        beam: Width of the beam; the run's own if 0.
        n_best: Translations of each text.
        plot: Where a picture of the attention goes, if anywhere.
    """
    config = run.config
    if plot:
        plots.check_path(plot)
        if config.model == "seq2seq":
            raise UserError("--plot shows attention, and this run's model has none.")
    trained = restore(run)
    real = [line for line in inputs if line.strip()]
    ids = writing.source_ids(trained.tokenizers, real, config.max_length)
    strategy = writing.strategy(config, max(beam or config.beam, n_best), n_best)
    written = writing.write(trained.model, ids, strategy, config.batch_size)
    outputs = iter(written)
    predictions, lines = [], []
    for line in inputs:
        texts, scores, chances = [""], [0.0], [1.0]
        if line.strip():
            found = next(outputs)
            texts = tokenizer.decode(trained.tokenizers.target, found["tokens"])
            scores, chances = found["scores"].tolist(), probabilities(strategy, found)
        predictions.append(
            {
                "text": line,
                "translation": texts[0],
                "probability": chances[0],
                "n_best": [
                    {"translation": text, "score": score, "probability": chance}
                    for text, score, chance in zip(texts, scores, chances, strict=True)
                ],
            }
        )
        lines += texts if n_best == 1 else ranked(line, texts, chances)
    if plot and real:
        shown = ids[:HEAT_MAPS], written[:HEAT_MAPS]
        alignments(writing.alignments(trained.tokenizers, *shown), plot)
        tell(f"Alignments: {plot}")
    return {"predictions": predictions}, lines
