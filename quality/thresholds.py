"""Where a number begins to ask for attention: the limits of both verdicts, chosen in the settings."""

from dataclasses import dataclass, fields

from base.errors import InvalidInput
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import INDICATORS, STORIES


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Hold where a rate (0-1) says watch and where act now, and how many bugs or features do.

    Rejection and auto-acceptance do so from there up; review, active acceptance and passed user stories
    from there down.

    Attributes:
        critical_bugs_critical: Accepted or open critical bugs from which on a product says act now.
        failed_features_warning: Failed features from which on a product says watch.
        failed_features_critical: The share of the tested features above which it says act now.

    Raises:
        InvalidInput: For a rate outside 0-1, a count under 1, or a warning on the wrong side of its
            critical value.
    """

    rejection_warning: float = 0.20
    rejection_critical: float = 0.35
    auto_acceptance_warning: float = 0.20
    auto_acceptance_critical: float = 0.40
    review_warning: float = 0.80
    review_critical: float = 0.60
    active_acceptance_warning: float = 0.35
    active_acceptance_critical: float = 0.20
    story_pass_warning: float = 0.80
    story_pass_critical: float = 0.50
    failed_features_critical: float = 0.50
    critical_bugs_critical: int = 1
    failed_features_warning: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value, name = getattr(self, field.name), f"PLAYBOOK_{field.name.upper()}"
            if field.type is int:
                if value < 1:
                    raise InvalidInput(
                        f"{name} is {value}.", "It is a number of bugs or features, from 1 up."
                    )
            elif not 0 <= value <= 1:
                raise InvalidInput(f"{name} is {value}.", "A threshold is a share from 0 to 1.")
        for key in (*INDICATORS, STORIES):
            self._check(key)

    def _check(self, key: str) -> None:
        warning, critical = self.of(key)
        low = METRICS[key].better == "up"
        if (warning < critical) if low else (warning > critical):
            variable, wrong = f"PLAYBOOK_{METRICS[key].limits.upper()}", "below" if low else "above"
            raise InvalidInput(
                f"{variable}_WARNING is {warning}, {wrong} {variable}_CRITICAL, which is {critical}.",
                "The warning must come before the critical value.",
                "Swap the two values or unset both.",
            )

    def of(self, key: str) -> tuple[float, float]:
        """Return the warning and the critical value of a rate."""
        name = METRICS[key].limits
        return getattr(self, f"{name}_warning"), getattr(self, f"{name}_critical")
