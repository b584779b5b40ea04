"""`python -m recipes.music`: each verb is the file of its name."""

from recipes.common import cli

cli.main("recipes.music")
