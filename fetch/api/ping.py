"""Whether the API can be reached, for a person who asks."""

import time

from fetch.api import endpoints
from fetch.api.client import ApiClient
from fetch.api.options import ClientOptions


async def ping(options: ClientOptions) -> tuple[float, int]:
    """Ask for the products once.

    Returns:
        Seconds that the answer took, and the number of products.

    Raises:
        UpstreamError: When there is no usable answer.
    """
    async with ApiClient(options) as client:
        begin = time.perf_counter()
        found = await endpoints.products(client)
        return time.perf_counter() - begin, len(found)
