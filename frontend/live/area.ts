// The map on a contractor's page: base, service radius, and the sites of upcoming jobs.

import type * as Leaflet from "leaflet";

import { dataValue, findAll } from "../shared/dom";
import { createMap, L, pin, tooltip, type Position } from "./basemap";

interface ServiceArea {
  base: { name: string; at: Position; where: string };
  radius: number | null;
  sites: { name: string; at: Position; where: string; when: string; status: string; url: string }[];
}

const METERS_PER_MILE = 1609.344;
// How much to show around a base without a radius or sites.
const DEFAULT_METERS = 400_000;

function drawSite(map: Leaflet.Map, { name, at, where, when, status, url }: ServiceArea["sites"][number]): void {
  const marker = L.marker(at, { icon: pin(status), title: name }).bindTooltip(tooltip(name, where, when)).addTo(map);
  marker.on("click", () => location.assign(url));
  marker.on("keypress", ({ originalEvent }) => {
    if (originalEvent.key === "Enter") location.assign(url);
  });
}

function show(box: HTMLElement): void {
  const data = document.getElementById(dataValue(box, "area"))?.textContent ?? "";
  const { base, radius, sites } = JSON.parse(data) as ServiceArea;
  box.hidden = false;
  const map = createMap(box, { zoomSnap: 0.25 }).setView(base.at, 7);
  // Sites may cover each other and the base: the base is on top.
  for (const site of sites) drawSite(map, site);
  L.marker(base.at, { icon: pin("base"), title: base.name, zIndexOffset: 1000 })
    .bindTooltip(tooltip(base.name, base.where))
    .addTo(map);
  const markers = L.latLngBounds([base.at, ...sites.map(({ at }) => at)]);
  if (radius !== null) {
    const meters = radius * METERS_PER_MILE;
    L.circle(base.at, { radius: meters, className: "reach", interactive: false }).addTo(map);
    markers.extend(L.latLng(base.at).toBounds(2 * meters));
  }
  const bounds = radius === null && !sites.length ? L.latLng(base.at).toBounds(DEFAULT_METERS) : markers.pad(0.08);
  // In a hidden tab the map has no size yet.
  const fit = () => {
    if (box.clientWidth) map.invalidateSize().fitBounds(bounds);
  };
  fit();
  new ResizeObserver(fit).observe(box);
}

findAll("[data-area]").forEach(show);
