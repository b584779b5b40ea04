"""Digits as a pen writes them and as fonts print them."""
