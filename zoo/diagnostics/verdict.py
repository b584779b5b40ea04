"""Words for the figures of a training: exploding, vanishing or healthy."""

GATED = ("lstm", "gru")
SPIKE = 100.0  # times the usual norm of a gradient, and
ABOVE_START = 10.0  # times that at the start, make a spike
GROWTH = 10.0  # times the norm at the loss, further back, and as large in itself
PLAIN_GROWTH, PLAIN_FACTOR = 3.0, 1.02  # the same without gates, and the least factor a step
WIDE, ABOVE_LAST = 1.1, 20.0  # a spectral radius, and times the gradient of the layer at the loss
LOST = 1e-3  # of the norm at the loss, further back, is all a plain network may have left
PLAIN = 0.6  # a factor a step below which a network without gates vanishes, however short it is
LOST_IN_100 = 0.955  # a factor whose hundredth power is 1 %
SHORT = 0.3  # a factor a step of a gated layer that remembers nothing
STANDS = 0.95  # of its first value, a loss that does not fall

ADVICE = {
    "exploding": "Try clipping by global norm (global_clipnorm=1 in a Keras optimizer, "
    "--clip-norm 1 in a recipe), a lower learning rate, an orthogonal or identity start of the "
    "recurrent kernel, or truncation to fewer steps.",
    "vanishing": "Try an LSTM or a GRU, a ReLU network that starts from the identity "
    '(cell="irnn"), shorter sequences, or a loss at more of the steps; clipping and a higher '
    "learning rate do not help.",
}


def findings(rows, kinds):
    """Sentences on what is wrong.

    A network without gates is judged by the gradient it passes back: what is lost or grown there is
    so for whatever it learns. A gate may be shut because that is what was to be learnt, so a gated
    layer is said to vanish only if it hands on next to nothing and the loss does not fall.

    Args:
        rows: The rows of `GradientHealth`, from the first one on.
        kinds: The kind of cell by name of the layer.

    Returns:
        A dict of sentences by `(kind of trouble, layer)`, `"exploding"` first.
    """
    now = _latest(rows)
    found = {}
    if sentence := _steps_that_explode(rows):
        found["exploding", ""] = sentence
    for layer, kind in kinds.items():
        flow = _flow(now, layer)
        if flow is None:
            judged = None if kind in GATED else _by_weights(now, layer, kind)
        else:
            judged = _by_flow(now, layer, kind, flow, _loss_stands(rows))
        if judged:
            found[judged[0], layer] = judged[1]
    return dict(sorted(found.items(), key=lambda item: item[0][0]))


def verdict(rows, kinds):
    """The findings with advice, as a list of sentences; one that begins with "healthy" if none.

    What was found earlier and no longer is comes last.
    """
    found = findings(rows, kinds)
    sentences = advised(found) if found else [f"healthy: {_healthy(rows, kinds)}"]
    before = {}
    for number, row in enumerate(rows, start=1):
        if row["of"] in ("start", "epoch"):
            for key, sentence in findings(rows[:number], kinds).items():
                if key not in found:
                    before.setdefault(key, f"earlier, after epoch {row['epoch']}: {sentence}")
    return [*sentences, *before.values()]


def advised(found):
    """Sentences of findings; to the last one of each kind of trouble is added what to try."""
    sentences = []
    for trouble, advice in ADVICE.items():
        own = [sentence for (kind, _), sentence in found.items() if kind == trouble]
        if own:
            sentences += [*own[:-1], f"{own[-1]} {advice}"]
    return sentences


def _latest(rows):
    """The last value of each figure."""
    found = {}
    for row in rows:
        found |= {name: value for name, value in row.items() if value is not None}
    return found


def _flow(now, layer):
    """The figures of the state that carries a gradient furthest: decay, far, steps, largest."""
    prefix = f"far/{layer}/"
    states = [name.removeprefix("far/") for name in now if name.startswith(prefix)]
    if not states:
        return None
    best = max(states, key=lambda state: now[f"far/{state}"])
    return tuple(now[f"{figure}/{best}"] for figure in ("decay", "far", "steps", "largest"))


def _by_flow(now, layer, kind, flow, loss_stands):
    decay, far, steps, largest = flow
    where = f"at {layer} ({kind})"
    size = now.get(f"radius/{layer}")
    radius = "" if size is None else f"; the spectral radius of its kernel is {size:.3g}"
    grows = decay > 1 and far > GROWTH and largest > GROWTH
    if kind not in GATED and size is not None:  # above 1 it has to be if gradients grow
        grows = decay > PLAIN_FACTOR and far > PLAIN_GROWTH and size > 1
    if grows:
        return "exploding", (
            f"exploding: {where} the gradient grows by a factor {decay:.3g} a step; {steps:.0f} "
            f"steps before the loss it is {far:.2g} times what it is there{radius}."
        )
    if kind in GATED:
        lost = decay < SHORT and loss_stands
    else:
        lost = decay < PLAIN or (decay < 1 and far < LOST) or not far
    if lost and steps >= 2:
        factor = f", a factor {decay:.3g} a step" if decay == decay else ""
        return "vanishing", (
            f"vanishing: {where} {far:.2g} of the gradient arrives {steps:.0f} steps before the "
            f"loss{factor}{radius}."
        )
    return None


def _by_weights(now, layer, kind):
    """A finding from the kernel alone, for a training without a probe."""
    radius = now.get(f"radius/{layer}")
    if radius is None:
        return None
    where = f"at {layer} ({kind})"
    if radius < LOST_IN_100:
        return "vanishing", (
            f"vanishing: {where} the spectral radius of the recurrent kernel is {radius:.3g}: in "
            f"the long run no more of a gradient is left a step, and {radius**20:.1e} after 20."
        )
    above = now.get("last_layer_gradient")
    own = now.get(f"gradient/{layer}")
    if radius > WIDE and above and own and own > ABOVE_LAST * above:
        return "exploding", (
            f"exploding: {where} the gradient of the weights is {own:.2g}, {own / above:.2g} times "
            f"that of the layer at the loss; the spectral radius of its kernel is {radius:.3g}."
        )
    return None


def _steps_that_explode(rows):
    epochs = [row for row in rows if row["of"] == "epoch" and row["counted"]]
    counted, not_finite, spikes = (
        sum(row[name] for row in epochs) for name in ("counted", "not_finite", "spikes")
    )
    if not_finite:
        return f"exploding: {not_finite:.0f} of {counted:.0f} gradients were no finite numbers."
    if spikes:
        largest = max(row["gradient_norm_max"] for row in epochs)
        usual = sorted(row["gradient_norm_50"] for row in epochs)[len(epochs) // 2]
        return (
            f"exploding: {spikes:.0f} of {counted:.0f} gradients had more than {SPIKE:.0f} times "
            f"the norm of those before (the largest {largest:.2g}, the median {usual:.2g})."
        )
    return None


def _loss_stands(rows):
    losses = [row["loss"] for row in rows if row["of"] == "epoch" and row.get("loss") is not None]
    return len(losses) > 1 and min(losses[1:]) > STANDS * losses[0]


def _healthy(rows, kinds):
    now, parts = _latest(rows), []
    if "gradient_norm_50" in now:
        parts.append(
            f"gradient norm {now['gradient_norm_50']:.2g} (median), at most "
            f"{now['gradient_norm_max']:.2g}"
        )
        if "clipped" in now:
            parts[-1] += f", clipped in {now['clipped']:.0%} of the steps"
    for layer, kind in kinds.items():
        if flow := _flow(now, layer):
            decay, far, steps, _ = flow
            parts.append(
                f"at {layer} ({kind}) {far:.2g} times the gradient at the loss arrives "
                f"{steps:.0f} steps before it, a factor {decay:.3g} a step"
            )
    return ("; ".join(parts) or "nothing has been measured yet") + "."
