"""Parts of `cells`: features of a text, the cells that follow them, and their pictures."""
