"""Contexts for tests, made without files."""

from datetime import date
from typing import Any

from quality.model.context import Action, BugLink, Context, Goal, Goals, Note, Own, Place, Release

HERE = Place("a.yaml")


def make_release(version: str = "4.3", **overrides: Any) -> Release:
    """A release of product 598 that is planned for the day after the snapshot."""
    values = {"place": HERE, "product_id": 598, "version": version, "date": date(2026, 11, 21)}
    return Release(**{**values, "status": "planned", **overrides})


def make_note(text: str = "Look again", **overrides: Any) -> Note:
    """A note on bug 4001."""
    return Note(**{"place": HERE, "target": "bug", "id": 4001, "text": text, **overrides})


def make_goal(metric: str = "rejection_rate_of_decided", target: float = 0.2, **overrides: Any) -> Goal:
    """A goal that the rate is at most 20 %."""
    return Goal(**{"place": HERE, "metric": metric, "target": target, "at_least": False, **overrides})


def make_goals(*goals: Goal, **overrides: Any) -> Goals:
    """The goals of product 598."""
    return Goals(**{"place": HERE, "product_id": 598, "goals": goals, **overrides})


def make_action(**overrides: Any) -> Action:
    """An action of product 598 that should move the rejections from 50 %."""
    values = {"place": HERE, "what": "Describe checkout", "product_id": 598}
    return Action(**{**values, "metric": "rejection_rate_of_decided", "value": 0.5, **overrides})


def make_link(bug_id: int = 4001, **overrides: Any) -> BugLink:
    """A bug in the tracker, open there."""
    return BugLink(**{"place": HERE, "bug_id": bug_id, "key": "SHOP-1", **overrides})


def make_own(**overrides: Any) -> Own:
    """A record of the kind risk, of product 598."""
    values = {"place": HERE, "kind": "risk", "title": "Vouchers", "product_id": 598}
    return Own(**{**values, "values": (("level", "high"),), **overrides})


def make_context(**parts: Any) -> Context:
    """A context of these parts."""
    return Context(**parts)
