"""Personal data: what is held of whom and why, given out to the person, and erased (docs/privacy.md)."""
