"""Tests of the music recipe."""
