"""The named baseline of the reader's figures: a FastMCP server with one tool that does nothing."""

import sys

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
    if sys.argv[1:]:
        trivial_server().run(
            "http",
            show_banner=False,
            host="127.0.0.1",
            port=int(sys.argv[1]),
            json_response=True,
            stateless_http=True,
            log_level="error",
        )
    else:
        trivial_server().run(show_banner=False)
