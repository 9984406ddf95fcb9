"""The map: without a tile server it says what one would bring; with one, it reads the address."""

import pytest
from pytest_django import Settings

from tests.factories import ContractorFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
TILES = "https://tiles.example.com/{z}/{x}/{y}.png"


def test_says_what_a_tile_server_would_bring_and_how_to_set_it_up() -> None:
    page = signed_in().get("/").content.decode()
    assert "With a tile server, it also shows roads and place names." in page
    assert 'href="/admin/docs/board.md#map"' in page
    assert "data-tile-url" not in page
    assert 'id="map"' in signed_in().get("/admin/docs/board.md").content.decode()


def test_both_maps_read_the_tile_server(settings: Settings) -> None:
    settings.MAP_TILE_URL, settings.MAP_TILE_ATTRIBUTION = TILES, "© <b>Someone</b>"
    contractor = ContractorFactory()
    for address in ("/", f"/admin/contractors/contractor/{contractor.pk}/change/"):
        page = signed_in().get(address).content.decode()
        assert f'data-tile-url="{TILES}" data-tile-attribution="© &lt;b&gt;Someone&lt;/b&gt;"' in page
        assert "With a tile server" not in page
