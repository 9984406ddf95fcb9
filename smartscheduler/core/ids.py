"""Ids in addresses and forms of pages. Pure."""

from uuid import UUID

# The longest way to write a UUID: `urn:uuid:` before 36 characters.
LONGEST_ID = 45


def parse_id(text: str) -> UUID | None:
    """The id that `text` names; None for other text."""
    try:
        return UUID(text) if len(text) <= LONGEST_ID else None
    except ValueError:
        return None


def parse_ids(text: str, *, most: int) -> list[UUID]:
    """The first `most` comma-separated ids, without duplicates. Other text between the commas is ignored."""
    parts = text[: most * (LONGEST_ID + 1)].split(",")[:most]
    return list(dict.fromkeys(parsed for part in parts if (parsed := parse_id(part))))
