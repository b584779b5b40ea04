"""A hook of MkDocs: pages and pictures lie in the site where they lie in the repository."""

import pathlib

from mkdocs.structure.files import File, Files

ROOT = pathlib.Path(__file__).parents[1]
PATTERNS = (
    "*.md", "LICENSE", "CITATION.cff", "docs/**/*.md", "docs/**/*.png", "docs/**/*.svg",
    "docs/**/*.ipynb", "recipes/*/README.md",
)  # fmt: skip


def on_files(files, config):
    """Put the repository's pages and pictures in place of the folder `docs` alone."""
    kept = [file for file in files if file.src_dir != config.docs_dir]  # of the theme
    paths = sorted({path for pattern in PATTERNS for path in ROOT.glob(pattern)})
    return Files([*kept, *(_file(path, config) for path in paths)])


def _file(path, config):
    name = path.relative_to(ROOT).as_posix()
    return File(name, str(ROOT), config.site_dir, config.use_directory_urls)
