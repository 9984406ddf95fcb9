"""Buttons above the form of a record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from smartscheduler.core.text import LazyText


class Weight(IntEnum):
    """Sort key of the buttons, smallest first. Buttons of the same weight keep the order of registration."""

    LEADING = 0
    ACTION = 100
    PAGE = 200
    DANGER = 300
    TRAILING = 400


@dataclass(frozen=True, kw_only=True)
class Button:
    """A link, or with `post` a form that one click submits with its `values`. `icon` is a name of Material Symbols."""

    label: LazyText
    icon: str
    url: str
    post: bool = False
    main: bool = False
    danger: bool = False
    weight: int = Weight.ACTION
    values: Mapping[str, str] = field(default_factory=dict)
