"""What a finished run translates: figures on other data, answers, and what was looked at."""

import numpy as np

from recipes.common import pairs, report, text, translation_plots, translation_scores, translator
from recipes.common.config import check_counts
from recipes.common.errors import UserError
from recipes.common.terminal import lines_of, say

HEAT_MAPS = 4


def alignments(tokenizers, ids, written):
    """`(source words, target words, weights (T, S))` of the best output of each source.

    Args:
        tokenizers: Those of the run.
        ids, written: The sources and what `translator.write` gave for them.
    """
    found = []
    for source, best in zip(ids, written, strict=True):
        target = [token for token in best["tokens"][0].tolist() if token]
        weights = best["attention"][0, : len(target)]  # (pieces of the target, of the source)
        source_words, source_starts = text.words(tokenizers.source, source)
        target_words, target_starts = text.words(tokenizers.target, target)
        # A word is looked at as much as all its pieces are, and looks as they do on average.
        weights = np.add.reduceat(weights, source_starts, axis=1)
        weights = np.add.reduceat(weights, target_starts, axis=0)
        lengths = np.diff([*target_starts, len(target)])
        found.append((source_words, target_words, weights / lengths[:, None]))
    return found


def evaluate(trained, data="", beam=0):
    """Measure a finished run on other data, or on its own test part.

    Raises:
        UserError: If the data is unusable, or no longer what the run was trained on.
    """
    check_counts(beam)
    config = trained.config
    if data:
        part = pairs.load_one(data, config)
    else:
        parts, sha256 = pairs.load(config)
        if sha256 != trained.sha256:
            raise UserError(
                f"{config.data} is not what it was when the run in {config.run} was trained, so "
                "its test part may hold training pairs. Name what to measure on with --data."
            )
        part, data = parts["test"], f"{config.data} (test part)"
    beam = beam or config.beam
    written = translator.translate(trained.model, trained.tokenizers, part.sources, config, beam)
    figures = translation_scores.measure(written, part.targets, config.lowercase)
    signatures = translation_scores.signatures(config.lowercase)
    groups = translation_scores.bleu_by_length(
        part.sources, written, part.targets, config.lowercase
    )
    rows = [*figures.items()]
    rows += [
        (f"BLEU, {group['words']} words ({group['count']})", group["bleu"]) for group in groups
    ]
    return {
        "data": data,
        "examples": len(part),
        "beam": beam,
        "test": figures,
        "by_length": groups,
        "signatures": signatures,
        "summary": [
            f"{len(part):,} pairs of {data}, beam {beam}",
            report.columns(rows),
            *(f"{name}: {signature}" for name, signature in signatures.items()),
        ],
    }


def predict(trained, inputs, beam=0, n_best=1, plot=""):
    """The best translations of each text; `-` stands for lines of standard input.

    A blank line gives a blank line, so that lines stay beside their translations.
    """
    config, tokenizers = trained.config, trained.tokenizers
    check_counts(beam, n_best)
    _check_plot(plot, config)
    texts = list(lines_of(inputs, blank=True))
    real = [line for line in texts if line.strip()]
    ids = translator.source_ids(tokenizers, real, config.max_length)
    beam = max(beam or config.beam, n_best)
    strategy = translator.strategy(config, beam, n_best)
    written = translator.write(trained.model, ids, strategy, config.batch_size)
    outputs = iter(written)
    predictions, lines = [], []
    for line in texts:
        best = [("", 0.0)]
        if line.strip():
            found = next(outputs)
            decoded = text.decode(tokenizers.target, found["tokens"])
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
        translation_plots.alignments(maps, plot)
        say(f"Alignments: {plot}")
    return {"predictions": predictions, "summary": lines}


def _check_plot(plot, config):
    if plot and config.model == "seq2seq":
        raise UserError("--plot shows attention, and this run's model has none.")
    if plot and not plot.endswith(".png"):
        raise UserError(f"--plot must name a PNG file, as in alignment.png; got {plot}.")
