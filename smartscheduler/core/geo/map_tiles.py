"""Address of the tile server that draws roads and place names under the maps. Pure; read by the settings."""

import re

# One origin, because the content security policy names it: no subdomains by pattern, no credentials.
TEMPLATE = re.compile(
    r"(?P<origin>https://[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?)(?P<path>/[!-~]{0,1500})", re.A
)
PLACEHOLDERS = ("{z}", "{x}", "{y}")
RETINA = "{r}"


def tile_origin(url: str) -> str:
    """The origin of a valid tile address, such as `https://tiles.example.com`; empty for others."""
    match = TEMPLATE.fullmatch(url)
    return match["origin"] if match and not tile_objection(url) else ""


def tile_objection(url: str) -> str:
    """Why `url` is no address of map tiles, as the end of a sentence; empty for a valid one."""
    match = TEMPLATE.fullmatch(url)
    if match is None:
        return "must be like https://tiles.example.com/{z}/{x}/{y}.png"
    path = match["path"]
    if any(path.count(name) != 1 for name in PLACEHOLDERS):
        return "must contain {z}, {x} and {y} once each"
    for name in (*PLACEHOLDERS, RETINA):
        path = path.replace(name, "")
    return "must have no placeholders other than {z}, {x}, {y} and {r}" if "{" in path or "}" in path else ""
