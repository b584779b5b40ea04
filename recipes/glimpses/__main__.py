"""`python -m recipes.glimpses`: each verb is the file of its name."""

from recipes.common import cli

cli.main("recipes.glimpses")
