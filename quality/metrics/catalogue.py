"""Every metric, in the order in which they are shown.

A new metric is one entry, in the module of what it is about: `catalogue_bugs` for what tests found,
`catalogue_reviews` for what became of it, `catalogue_tests` for the tests themselves.
"""

from collections.abc import Mapping

from quality.metrics.catalogue_bugs import FOUND
from quality.metrics.catalogue_reviews import REVIEWS
from quality.metrics.catalogue_tests import TESTS
from quality.metrics.metric import Metric, Weights
from quality.metrics.rates import Rate
from quality.metrics.tally import Tally

METRICS: Mapping[str, Metric] = {metric.key: metric for metric in (*FOUND, *REVIEWS, *TESTS)}


def rate(key: str, tally: Tally) -> Rate:
    """Return the value of a metric whose unit is `rate`.

    Raises:
        KeyError: For another metric.
    """
    value = METRICS[key].value(tally, _NO_MATTER)
    if not isinstance(value, Rate):
        raise KeyError(key)
    return value


_NO_MATTER = Weights()
