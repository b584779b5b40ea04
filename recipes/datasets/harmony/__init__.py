"""Rules of harmony: chords and their successions, and four voices led from chord to chord."""
