"""Errors that a person can act on.

UserError
├── InvalidInput   a setting, argument or date that cannot be taken as it is
├── NotFound       an id that nothing known has
└── Unavailable    something needed cannot be had now (no snapshot, no upstream)
"""


class UserError(Exception):
    """An error in three parts, none of which may hold a secret or a stack trace.

    Attributes:
        what: What went wrong, naming the value.
        why: The reason.
        hint: What to do next.
    """

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.hint) if part)


class InvalidInput(UserError):
    """A setting, argument or date that cannot be taken as it is."""


class NotFound(UserError):
    """An id that nothing known has."""


class Unavailable(UserError):
    """Something needed cannot be had now."""
