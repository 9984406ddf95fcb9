"""Types of work in the words of offices and other systems. Pure functions."""

import re

from django.utils.translation import gettext

MULTI = "multi"
# The words for each type. A general word counts only where there is no other: `Tile floor` is tile.
WORDS = {
    "tile": "tile, tiles, tiling, stone, ceramic, porcelain, marble, travertine, mosaic, grout, backsplash",
    "carpet": "carpet, carpets, carpeting, rug, rugs",
    "flooring": "hardwood, wood, lvp, lvt, vinyl, laminate, plank, planks, linoleum, parquet, bamboo, cork, "
    "engineered, resilient",
}
GENERAL = {"flooring": "floor, floors, flooring", MULTI: "multi, all, any, everything, multiple"}
TYPES, GENERAL_TYPES = (
    {word: name for name, words in lists.items() for word in words.split(", ")} for lists in (WORDS, GENERAL)
)
PARTS, LETTERS = re.compile(r"[,;/&+|\n]|\band\b"), re.compile(r"[a-z]++")
# A longer cell is a description.
LONGEST = 200


def types_of(text: str) -> list[str]:
    """The types of work that a cell names, in its order; `multi` among them for all. Empty if it names none."""
    types: dict[str, None] = {}
    for part in PARTS.split(text[:LONGEST].lower()):
        words = LETTERS.findall(part)
        specific = [TYPES[word] for word in words if word in TYPES]
        types |= dict.fromkeys(specific or [GENERAL_TYPES[word] for word in words if word in GENERAL_TYPES])
    return list(types)


def read_contractor_type(text: str) -> tuple[str, str]:
    """The type of a contractor, and a remark if it is more than the cell says. Unknown words stay as they are."""
    types = types_of(text)
    if len(types) < 2:
        return (types[0] if types else text.lower()), ""
    if MULTI in types or len(types) == len(WORDS):
        return MULTI, ""
    remark = gettext("“{text}” was read as multi: the contractor can get all types of work.")
    return MULTI, remark.format(text=text)


def read_job_type(text: str) -> tuple[str, str]:
    """The type of a job, the first that the cell names, and a remark on the others. Unknown words stay as they are."""
    types = [name for name in types_of(text) if name != MULTI]
    if len(types) < 2:
        return (types[0] if types else text.lower()), ""
    return types[0], gettext("“{text}” was read as {type}.").format(text=text, type=types[0])
