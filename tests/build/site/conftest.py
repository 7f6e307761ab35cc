from collections.abc import Mapping

import pytest

from tests.build.site.built_sites import demo_site, documents, hostile_site
from tests.build.site.parsed_pages import Document


@pytest.fixture(
    params=[
        pytest.param(demo_site, id="demo"),
        pytest.param(hostile_site, id="hostile", marks=pytest.mark.slow),
    ]
)
def pages(request: pytest.FixtureRequest) -> Mapping[str, Document]:
    return documents(request.param)
