"""The version of this program."""

from importlib import metadata


def version() -> str:
    """Return the installed version, or `0` in a checkout that was never installed."""
    try:
        return metadata.version("testio-reports")
    except metadata.PackageNotFoundError:
        return "0"
