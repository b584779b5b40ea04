"""Commands of the house, about runs and caches of any recipe; a command is the file of its name."""
