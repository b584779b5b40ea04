"""A recipe whose trials fail in the ways trials fail; for `test_tuning`."""
