"""`python -m recipes.parking`: each verb is the file of its name."""

from recipes.common import cli

cli.main("recipes.parking")
