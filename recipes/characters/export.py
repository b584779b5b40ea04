"""Export."""
def export(run, format):
    """Export."""
