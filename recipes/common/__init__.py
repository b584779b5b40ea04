"""What recipes call. Modules are imported one by one, so that help needs no TensorFlow."""
