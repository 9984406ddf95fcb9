"""The tile server of the maps: one https origin, which the content security policy allows for images alone."""

import pytest

from smartscheduler.core.geo.map_tiles import tile_objection, tile_origin


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tiles.example.com/{z}/{x}/{y}.png", "https://tiles.example.com"),
        ("https://tiles.example.com:8443/a/{z}/{y}/{x}{r}.jpg?key=a-b", "https://tiles.example.com:8443"),
    ],
)
def test_an_address_has_one_origin(url: str, origin: str) -> None:
    assert (tile_objection(url), tile_origin(url)) == ("", origin)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://tiles.example.com/{z}/{x}/{y}.png",
        "https://*/{z}/{x}/{y}.png",
        "https://tiles.example.com 'unsafe-inline'/{z}/{x}/{y}.png",
        "https://tiles.example.com;script-src/{z}/{x}/{y}.png",
        "https://tiles.example.com/{z}/{x}/{y}.png\n",
        "https://{s}.example.com/{z}/{x}/{y}.png",
        "https://tiles.example.com/{z}/{x}/{s}.png",
        "https://tiles.example.com/{z}/{x}/{y}/{key}",
        "https://a@tiles.example.com/{z}/{x}/{y}.png",
        "https://" + "a" * 100_000,
    ],
)
def test_other_addresses_have_none(url: str) -> None:
    assert tile_objection(url)
    assert tile_origin(url) == ""
