"""Shared by recipes. Modules are imported one by one, so that help needs no TensorFlow."""
