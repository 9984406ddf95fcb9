// The map on a contractor's page: the base, the service radius, and the sites ahead. Drawn without tiles, like the live map.

import type * as Leaflet from "leaflet";

import { ground, L, pin, words } from "./states";

interface Area {
  base: { name: string; at: [number, number]; where: string };
  radius: number | null;
  sites: { name: string; at: [number, number]; where: string; when: string; status: string; url: string }[];
}

const METRES_A_MILE = 1609.344;

function show(box: HTMLElement): void {
  const { base, radius, sites } = JSON.parse(document.getElementById(box.dataset.area!)!.textContent!) as Area;
  box.hidden = false;
  const map = ground(box, { zoomSnap: 0.25 }).setView(base.at, 7);
  // Many sites may be in one place: the base comes last, to lie on top.
  for (const { name, at, where, when, status, url } of sites) {
    const marker = L.marker(at, { icon: pin(status), title: name }).bindTooltip(words(name, where, when)).addTo(map);
    marker.on("click keypress", (event) => {
      const { originalEvent } = event as Leaflet.LeafletKeyboardEvent;
      if (event.type === "click" || originalEvent.key === "Enter") location.assign(url);
    });
  }
  L.marker(base.at, { icon: pin("base"), title: base.name, zIndexOffset: 1000 }).bindTooltip(words(base.name, base.where)).addTo(map);
  const seen = L.latLngBounds([base.at, ...sites.map(({ at }) => at)]);
  if (radius !== null) {
    const metres = radius * METRES_A_MILE;
    L.circle(base.at, { radius: metres, className: "reach", interactive: false }).addTo(map);
    seen.extend(L.latLng(base.at).toBounds(2 * metres));
  }
  const all = radius === null && !sites.length ? L.latLng(base.at).toBounds(400_000) : seen.pad(0.08);
  // In a tab that is not shown the map has no size yet.
  const fit = () => box.clientWidth && map.invalidateSize().fitBounds(all);
  fit();
  new ResizeObserver(fit).observe(box);
}

document.querySelectorAll<HTMLElement>("[data-area]").forEach(show);
