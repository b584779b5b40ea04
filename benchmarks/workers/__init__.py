"""The processes of the benchmarks: one side each, with the models and weights of the other."""
