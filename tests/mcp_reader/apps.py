"""A client that shows HTML beside answers, as hosts with MCP Apps do."""

from typing import Any

from fastmcp.apps.config import UI_EXTENSION_ID
from mcp.client.extension import ClientExtension


class Apps(ClientExtension):
    """What such a client says of itself."""

    identifier = UI_EXTENSION_ID

    def settings(self) -> dict[str, Any]:
        """The kind of page that it shows."""
        return {"mimeTypes": ["text/html;profile=mcp-app"]}
