"""Plots of a classifier of texts: ROC curve, and attention over words."""

from recipes.common.plots import BLUE, GREY, RED, drawable, figure


def roc_curve(labels, score, name, path):
    """True against false positives of a two-class model, the second class being positive."""
    from sklearn.metrics import roc_auc_score
    from sklearn.metrics import roc_curve as curve

    false_positive, true_positive, _ = curve(labels, score)
    with figure(path, width=4.8, height=4.6) as axes:
        area = roc_auc_score(labels, score)
        axes.plot(false_positive, true_positive, color=BLUE, label=f"area {area:.4f}")
        axes.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1, label="chance")
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        axes.set_title(f"ROC of {drawable(repr(name))} (test)")
        axes.legend(frameon=False, loc="lower right")


def words_that_mattered(examples, path, words_a_line=14):
    """Texts with each word coloured by the attention it got.

    Args:
        examples: List of `(title, words, weights)`; the weights of an example sum to about one.
        path: Where the picture goes.
        words_a_line: Words before the line breaks.
    """
    lines = sum(2 + (len(words) - 1) // words_a_line for _, words, _ in examples)
    # No layout engine: it would move the axes after the widths of the words have been measured.
    with figure(path, width=8, height=0.32 * (lines + 1), layout="none") as axes:
        axes.set_position((0.01, 0, 0.98, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, 1), ylim=(lines + 0.5, -0.5))
        renderer = axes.figure.canvas.get_renderer()
        row = 0
        for title, words, weights in examples:
            axes.text(0, row, drawable(title), fontsize=10, weight="bold", va="center")
            strongest = max(weights)
            for number, (word, weight) in enumerate(zip(words, weights, strict=True)):
                if number % words_a_line == 0:
                    row, left = row + 1, 0.0
                drawn = axes.text(
                    left, row, drawable(word), fontsize=10, va="center",
                    bbox={"facecolor": RED, "alpha": 0.75 * weight / strongest, "pad": 1.5,
                          "edgecolor": "none"},
                )  # fmt: skip
                box = drawn.get_window_extent(renderer).transformed(axes.transData.inverted())
                left = box.x1 + 0.008
            row += 1
