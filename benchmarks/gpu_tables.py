"""The tables of `benchmarks.gpu`."""

from benchmarks import tables

KERNELS = {
    "cudnn": "cuDNN",
    "xla": "zoo's loop",
    "keras": "Keras' loop",
    "torch": "PyTorch's loop",
}


BUILDERS_NOTE = (
    "cuDNN calls are counted in the graph of the forward pass. A decoder that attends before each "
    "step calls the cell of its first recurrent layer itself, whatever kernel the layer has."
)


def report(found):
    """All figures in Markdown, and at the end what failed or was left out, with the reason."""
    figures = found["figures"]
    parts = [
        _machine(figures.get("machine", {}).get("machine", {}), found),
        _table(
            "Builders at their default size",
            _builders(figures.get("builders", {})),
            BUILDERS_NOTE,
        ),
        _table("Recurrent layers, training step", _recurrent(figures.get("recurrent", {}))),
        _table("CPU and GPU, largest difference", _parity(figures.get("parity", {}))),
        _table("One epoch of a recipe's embedded data", _recipes(figures.get("recipes", {}))),
    ]
    for title, reasons in (("Left out", found["left_out"]), ("Failed", found["failed"])):
        if reasons:
            lines = [f"- `{name}`: {reason}" for name, reason in reasons.items()]
            parts.append("\n".join([f"## {title}", "", *lines]))
    return "\n\n".join(part for part in parts if part)


def _machine(machine, found):
    name = "CPU, tiny sizes: these figures mean nothing" if found["tiny"] else machine["gpu"]
    versions = (f"TensorFlow {machine.get('tensorflow')}", f"Keras {machine.get('keras')}")
    cuda = f"built for CUDA {machine.get('cuda')} and cuDNN {machine.get('cudnn')}"
    cores = f"{machine.get('cpus')} CPU cores"
    return f"{name}; {cores}; {', '.join(versions)}, {cuda}; {found['seconds']:.0f} s in all"


def _table(title, header_and_rows, note=""):
    header, rows = header_and_rows
    parts = [f"## {title}", tables.markdown(header, rows), note] if rows else []
    return "\n\n".join(part for part in parts if part)


def _builders(builders):
    header = [
        "builder",
        "recurrent layers",
        "cuDNN calls",
        "step, ms",
        "a second: images, tokens",
        "greedy, ms",
        "tokens/s",
        "beam, ms",
        "tokens/s",
        "first step, greedy, beam, s",
        "peak, MiB: training, decoding",
    ]
    rows = []
    for name, row in builders.items():
        kernels = [f"{count} {KERNELS[kind]}" for kind, count in row.get("kernels", {}).items()]
        firsts = [_seconds(row, kind, "first", 1) for kind in ("train", "greedy", "beam")]
        peaks = [_number(row.get(peak)) for peak in ("peak_mib", "decoding_peak_mib")]
        rows.append(
            [
                f"`{name}`",
                ", ".join(kernels) or "none",
                row.get("cudnn_operations", "–"),
                _seconds(row, "train"),
                _rate(row),
                _seconds(row, "greedy"),
                _number(row.get("greedy_tokens_per_second")),
                _seconds(row, "beam"),
                _number(row.get("beam_tokens_per_second")),
                ", ".join(firsts),
                ", ".join(peaks),
            ]
        )
    return header, rows


def _seconds(row, kind, which="median", scale=1000):
    return f"{row[kind][which] * scale:.1f}" if kind in row else "–"


def _number(value):
    return "–" if value is None else f"{value:,.0f}"


def _rate(row):
    units = {
        "images_per_second": "images",
        "sound_seconds_per_second": "s of sound",
        "tokens_per_second": "tokens",
    }
    return ", ".join(f"{row[key]:,.0f} {unit}" for key, unit in units.items() if key in row) or "–"


def _recurrent(cases):
    header = [
        "case",
        "kernel: PyTorch, zoo",
        "PyTorch, ms: best, median",
        "zoo, ms: best, median",
        "zoo over PyTorch: median",
        "first step, s: PyTorch, zoo",
        "peak, MiB: PyTorch, zoo",
        "loss: PyTorch, zoo",
    ]
    rows = []
    for name, row in cases.items():
        if "error" in row:
            rows.append([name, row["error"], *["–"] * 6])
            continue
        sides = [row["torch"], row["zoo"]]
        times = [f"{side['best'] * 1000:.2f}, {side['median'] * 1000:.2f}" for side in sides]
        rows.append(
            [
                name,
                ", ".join(KERNELS[side["kernel"]] for side in sides),
                *times,
                f"{row['ratio']:.2f}",
                ", ".join(f"{side['first_step']:.1f}" for side in sides),
                ", ".join(f"{side['peak_mib']:.0f}" for side in sides),
                ", ".join(f"{side['loss']:.4f}" for side in sides),
            ]
        )
    return header, rows


def _parity(builders):
    kinds = ("outputs_float32", "losses_float32", "outputs_tf32", "losses_tf32")
    header = ["builder", "largest output", "outputs", "losses", "outputs, TF32", "losses, TF32"]
    rows = [
        [f"`{name}`", f"{row['largest_output']:.2g}", *(f"{row[kind]:.1e}" for kind in kinds)]
        for name, row in builders.items()
    ]
    return header, rows


def _recipes(recipes):
    header = ["recipe", "kernel", "steps", "epoch, s", "ms a step", "from start to end, s"]
    rows = []
    for name, row in recipes.items():
        rows.append(
            [
                name,
                row["kernel"] or "none",
                row["steps"],
                f"{row['seconds']:.1f}",
                f"{row['seconds'] / row['steps'] * 1000:.1f}",
                f"{row['seconds_from_start']:.0f}",
            ]
        )
    return header, rows
