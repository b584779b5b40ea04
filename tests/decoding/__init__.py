"""Tests of decoding under constraints."""
