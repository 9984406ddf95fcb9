"""What a story of a coordinator costs: clicks, keys and seconds, in a table after the run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

FOCUSED = "document.activeElement.name"


@dataclass
class Story:
    """A page in use, with a count of what a person does on it.

    `seconds` is the time of the product and the browser: the story is played without pauses.
    """

    name: str
    page: Page
    clicks: int = 0
    keys: int = 0
    seconds: float = 0.0

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.keys += len(keys)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def fill(self, field: Locator, value: str) -> None:
        """Fill in a field as if it had the focus; a key for each character."""
        field.fill(value)
        self.keys += len(value)

    def tab_to(self, name: str) -> None:
        """Press Tab until the field with this name has the focus."""
        for _step in range(12):
            if self.page.evaluate(FOCUSED) == name:
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {name}.")


FINISHED: list[Story] = []


@contextmanager
def story(name: str, page: Page) -> Iterator[Story]:
    """Measure what is done on `page`, from the page that it shows now to the end of the block."""
    running, began = Story(name, page), time.monotonic()
    yield running
    running.seconds = time.monotonic() - began
    FINISHED.append(running)


def table() -> Iterator[str]:
    """The finished stories as lines of a table."""
    width = max(len(each.name) for each in FINISHED)
    yield f"{'story':{width}}  clicks  keys  seconds"
    for each in FINISHED:
        yield f"{each.name:{width}}  {each.clicks:6}  {each.keys:4}  {each.seconds:7.1f}"
