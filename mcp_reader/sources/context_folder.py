"""The context folder, read again when a file in it has changed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from config.settings import Settings

if TYPE_CHECKING:
    from quality.model.context import Context


@dataclass
class ContextFolder:
    """Hold what the context folder says, as it is now.

    Attributes:
        chosen: The folder of the settings.
        by_hand: Whether somebody named it.
    """

    chosen: Path
    by_hand: bool = False
    _known: "tuple[str, Context] | None" = field(default=None, init=False)

    def read(self, host: str) -> "Context":
        """Return the context; the same object as long as no file has changed.

        Args:
            host: Of the API that the snapshot comes from.
        """
        from context_files.folder import stamp
        from context_files.load import load_context
        from context_files.place import folder_for

        folder = folder_for(self.chosen, host, by_hand=self.by_hand)
        seen = f"{folder} {stamp(folder)}"
        if self._known is None or self._known[0] != seen:
            self._known = seen, load_context(folder)
        return self._known[1]


def context_of(settings: Settings) -> ContextFolder:
    """Return the context folder of an account."""
    by_hand = "testio_context_dir" in settings.model_fields_set
    return ContextFolder(settings.testio_context_dir, by_hand)
