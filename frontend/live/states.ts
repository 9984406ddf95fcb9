// What every map has: the states as its ground, pins, and words in tooltips. It needs no internet.

import * as Leaflet from "leaflet";
import { feature } from "topojson-client";
import type { Topology } from "topojson-specification";
import states from "us-atlas/states-10m.json";

// Plug-ins add themselves to Leaflet as it was written, which the bundle has as its default.
export const L = (Leaflet as unknown as { default: typeof Leaflet }).default;

export function ground(area: HTMLElement, options: Leaflet.MapOptions = {}): Leaflet.Map {
  const zoomAnimation = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(area, { minZoom: 3, maxZoom: 14, zoomAnimation, ...options });
  map.attributionControl.setPrefix(false);
  const topology = states as unknown as Topology;
  const shapes = feature(topology, topology.objects.states!);
  L.geoJSON(shapes, { interactive: false, className: "state" } as Leaflet.GeoJSONOptions).addTo(map);
  return map;
}

export const pin = (kind: string) => L.divIcon({ className: `pin ${kind}`, iconSize: [14, 14] });

export const words = (...lines: string[]): HTMLElement => {
  const box = document.createElement("div");
  lines.filter(Boolean).forEach((line) => box.append(Object.assign(document.createElement("div"), { textContent: line })));
  return box;
};
