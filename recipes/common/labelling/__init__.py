"""Parts of recipes that give labels: measures and pictures of how good they are."""
