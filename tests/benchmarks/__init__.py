"""Tests of the benchmarks: that they run; what they measure is for people to read."""
