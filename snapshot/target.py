"""A file that a person names to write into, outside the snapshot folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from base import folders
from snapshot.errors import NotWritten, Refused


@contextmanager
def target_file(path: Path, what: str, *, ours: Callable[[Path], bool], way_out: str) -> Iterator[BinaryIO]:
    """Yield a file to write into, which takes its place as a whole at the end; a link is written through.

    Args:
        path: The name; folders on the way to it are made.
        what: What is written, such as `export`.
        ours: Returns whether an older file of the name may be replaced.
        way_out: What to do when it may not.

    Raises:
        Refused: When the name is a device's, a pipe's or a folder's, or another file's.
        NotWritten: When the disk does not take it.
    """
    try:
        place = folders.end_of_links(path)
    except folders.NotPlain:
        raise Refused(
            f"{path} is not a plain file.",
            f"No device, pipe or folder is replaced by the {what}.",
            "Choose another name.",
        ) from None
    try:
        if place.exists() and not ours(place):
            raise Refused(
                f"{path} already exists and is another file.",
                f"Only an older {what} is replaced.",
                way_out,
            )
        with (
            folders.holding(place.parent, make=True) as folder,
            folders.replacing(folder, place.name) as file,
        ):
            yield file
    except OSError as error:
        raise NotWritten(
            f"{path} could not be written.",
            f"{error.strerror or error}.",
            "Free space, or choose another folder.",
        ) from error
