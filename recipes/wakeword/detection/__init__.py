"""Detections from frame scores, and how right they are; it works on scores of any origin."""
