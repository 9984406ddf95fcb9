"""Names of people whose parts stand in several columns."""


def join_name(first: str, last: str) -> str:
    """The name in full. A part that repeats the other one, as in some exports, stands once."""
    first, last = " ".join(first.split()), " ".join(last.split())
    if first.lower() == last.lower() or (last and first.lower().endswith(f" {last.lower()}")):
        return first
    return f"{first} {last}".strip()
