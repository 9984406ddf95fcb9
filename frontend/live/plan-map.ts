// The map of a plan: the days of its contractors as they are today and as the plan proposes them.

import type * as Leaflet from "leaflet";

import { dataValue, findAll } from "../shared/dom";
import { createMap, L, pin, tooltip, type Position } from "./basemap";

interface PlanMap {
  bases: { name: string; at: Position }[];
  stops: { at: Position; lines: string[]; kind: "today" | "proposed"; url: string }[];
  // The sites of a contractor's day in their order.
  days: { kind: "today" | "proposed"; at: Position[] }[];
}

function drawStop(map: Leaflet.Map, { at, lines, kind, url }: PlanMap["stops"][number]): void {
  const marker = L.marker(at, { icon: pin(kind), title: lines.join(", "), zIndexOffset: kind === "proposed" ? 500 : 0 });
  marker.bindTooltip(tooltip(...lines)).addTo(map);
  marker.on("click", () => location.assign(url));
  marker.on("keypress", ({ originalEvent }) => {
    if (originalEvent.key === "Enter") location.assign(url);
  });
}

function show(box: HTMLElement): void {
  const data = document.getElementById(dataValue(box, "planMap"))?.textContent ?? "";
  const { bases, stops, days } = JSON.parse(data) as PlanMap;
  const places = [...bases, ...stops].map(({ at }) => at);
  if (!places.length) return;
  box.hidden = false;
  const bounds = L.latLngBounds(places).pad(0.08);
  const map = createMap(box, { zoomSnap: 0.25 }).fitBounds(bounds);
  for (const { kind, at } of days) L.polyline(at, { className: `day-route ${kind}`, interactive: false }).addTo(map);
  for (const { name, at } of bases) {
    L.marker(at, { icon: pin("base"), title: name, keyboard: false }).bindTooltip(tooltip(name)).addTo(map);
  }
  for (const stop of stops) drawStop(map, stop);
  const fit = () => {
    if (box.clientWidth) map.invalidateSize().fitBounds(bounds);
  };
  new ResizeObserver(fit).observe(box);
}

findAll("[data-plan-map]").forEach(show);
