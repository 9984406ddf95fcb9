// The map of a plan: the days of its contractors as they are today and as the plan proposes them. It follows the page,
// which says with `plan-shown` that it shows another state of the plan (backoffice/plan.ts).

import type * as Leaflet from "leaflet";

import { dataValue, findAll } from "../shared/dom";
import { createMap, L, pin, tooltip, type Position } from "./basemap";

interface Stop {
  at: Position;
  lines: string[];
  kind: "today" | "proposed" | "stale";
  url: string;
}

interface PlanMap {
  bases: { name: string; at: Position }[];
  stops: Stop[];
  // The stops of a contractor's day in their order.
  days: { kind: "today" | "proposed"; stops: number[] }[];
  // What is said about a stale stop.
  stale: string;
}

// The state to draw: what the server has sent, and the changes that have become impossible since then.
export function planMap(data: string, staleItems: string): PlanMap {
  const map = JSON.parse(data) as PlanMap;
  const stale = new Set(staleItems.split(" ").filter(Boolean).map((id) => `#item-${id}`));
  const stops = map.stops.map((stop): Stop => {
    const isStale = stop.kind === "stale" || (stop.kind === "proposed" && stale.has(stop.url));
    return isStale ? { ...stop, kind: "stale", lines: [...stop.lines, map.stale] } : stop;
  });
  const isOnRoute = (stop: number): boolean => stops[stop]?.kind !== "stale";
  const days = map.days.map(({ kind, stops: all }) => ({ kind, stops: all.filter(isOnRoute) }));
  return { ...map, stops, days: days.filter((day) => day.stops.length > 1) };
}

function stopMarker({ at, lines, kind, url }: Stop): Leaflet.Marker {
  const marker = L.marker(at, { icon: pin(kind), title: lines.join(", "), zIndexOffset: kind === "today" ? 0 : 500 });
  marker.bindTooltip(tooltip(...lines));
  marker.on("click", () => location.assign(url));
  marker.on("keypress", ({ originalEvent }) => {
    if (originalEvent.key === "Enter") location.assign(url);
  });
  return marker;
}

// Draws in the place of what was drawn before, and keeps the keyboard focus.
function draw(layer: Leaflet.LayerGroup, box: HTMLElement, { bases, stops, days }: PlanMap): void {
  const hadFocus = box !== document.activeElement && box.contains(document.activeElement);
  const title = hadFocus ? document.activeElement?.getAttribute("title") : null;
  layer.clearLayers();
  for (const { kind, stops: numbers } of days) {
    const at = numbers.flatMap((number) => stops[number]?.at ? [stops[number].at] : []);
    L.polyline(at, { className: `day-route ${kind}`, interactive: false }).addTo(layer);
  }
  for (const { name, at } of bases) {
    L.marker(at, { icon: pin("base"), title: name, keyboard: false }).bindTooltip(tooltip(name)).addTo(layer);
  }
  const markers = stops.map((stop) => stopMarker(stop).addTo(layer));
  if (!hadFocus) return;
  const same = markers.find(({ options }) => options.title === title)?.getElement();
  (same ?? box).focus({ preventScroll: true });
}

function show(box: HTMLElement): void {
  const page = box.closest<HTMLElement>("[data-plan]");
  const dataText = (): string => document.getElementById(dataValue(box, "planMap"))?.textContent ?? "";
  const staleItems = (): string => page?.dataset.stale ?? "";
  const first = planMap(dataText(), staleItems());
  const places = [...first.bases, ...first.stops].map(({ at }) => at);
  if (!places.length) return;
  box.hidden = false;
  const bounds = L.latLngBounds(places).pad(0.08);
  const map = createMap(box, { zoomSnap: 0.25 }).fitBounds(bounds);
  const layer = L.layerGroup().addTo(map);
  draw(layer, box, first);
  let drawn = dataText() + staleItems();
  page?.addEventListener("plan-shown", () => {
    if (drawn === dataText() + staleItems()) return;
    drawn = dataText() + staleItems();
    draw(layer, box, planMap(dataText(), staleItems()));
  });
  const fit = () => {
    if (box.clientWidth) map.invalidateSize().fitBounds(bounds);
  };
  new ResizeObserver(fit).observe(box);
}

findAll("[data-plan-map]").forEach(show);
