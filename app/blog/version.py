from functools import cache

from django.conf import settings


@cache
def version() -> str:
    """The release of this image, e.g. "1.0.0". Read on first use: static files are collected in a
    build stage that has no VERSION yet, so that a new version rebuilds nothing else."""
    return settings.VERSION_FILE.read_text().strip()
