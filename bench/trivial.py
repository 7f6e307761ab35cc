"""The named baseline of the reader's figures: a FastMCP server with one tool that does nothing."""

from fastmcp import FastMCP


def trivial_server() -> FastMCP:
    """Create a server that only echoes."""
    server: FastMCP = FastMCP("trivial")

    @server.tool
    def echo(text: str) -> dict[str, str]:
        """Say it again."""
        return {"text": text}

    return server


if __name__ == "__main__":
    trivial_server().run(show_banner=False)
