"""Buttons above the form of a record."""

from dataclasses import dataclass
from enum import IntEnum

from smartscheduler.core.text import LazyText


class Weight(IntEnum):
    """Order of the buttons, smallest first; buttons of the same weight keep the order in which they are given."""

    LEADING = 0
    ACTION = 100
    PAGE = 200
    DANGER = 300
    TRAILING = 400


@dataclass(frozen=True, kw_only=True)
class Button:
    """A link, or with `post` a form that is sent by one click. `icon` is a name of Material Symbols."""

    label: LazyText
    icon: str
    url: str
    post: bool = False
    main: bool = False
    danger: bool = False
    weight: int = Weight.ACTION
