"""DRAW beside the same loop in PyTorch: `python -m benchmarks.drawing`."""
