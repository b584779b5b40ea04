"""Translate texts with a trained translator."""

from recipes.common.config import check_counts
from recipes.common.errors import UserError
from recipes.common.terminal import lines_of, tell
from recipes.common.text import tokenizer
from recipes.translation import plots, writing
from recipes.translation.writing import alignments

HEAT_MAPS = 4


def predict(trained, inputs, beam=0, n_best=1, plot=""):
    """The best translations of each text; `-` stands for lines of standard input.

    A blank line gives a blank line, so that lines stay beside their translations.
    """
    config, tokenizers = trained.config, trained.tokenizers
    check_counts(beam, n_best)
    _check_plot(plot, config)
    texts = list(lines_of(inputs, blank=True))
    real = [line for line in texts if line.strip()]
    ids = writing.source_ids(tokenizers, real, config.max_length)
    beam = max(beam or config.beam, n_best)
    strategy = writing.strategy(config, beam, n_best)
    written = writing.write(trained.model, ids, strategy, config.batch_size)
    outputs = iter(written)
    predictions, lines = [], []
    for line in texts:
        best = [("", 0.0)]
        if line.strip():
            found = next(outputs)
            decoded = tokenizer.decode(tokenizers.target, found["tokens"])
            best = list(zip(decoded, map(float, found["scores"]), strict=True))
        predictions.append(
            {
                "text": line,
                "translation": best[0][0],
                "n_best": [{"translation": out, "score": score} for out, score in best],
            }
        )
        lines += [out if n_best == 1 else f"{score:.4f}\t{out}" for out, score in best]
    if plot and real:
        maps = alignments(tokenizers, ids[:HEAT_MAPS], written[:HEAT_MAPS])
        plots.alignments(maps, plot)
        tell(f"Alignments: {plot}")
    return {"predictions": predictions, "summary": lines}


def _check_plot(plot, config):
    if plot and config.model == "seq2seq":
        raise UserError("--plot shows attention, and this run's model has none.")
    if plot and not plot.endswith(".png"):
        raise UserError(f"--plot must name a PNG file, as in alignment.png; got {plot}.")
