// The base of every map: the outlines of the states from a bundled file, without tiles or internet access.

import * as Leaflet from "leaflet";
import { feature } from "topojson-client";
import type { Topology } from "topojson-specification";
import states from "us-atlas/states-10m.json";

import { create } from "../shared/dom";

export type Position = [latitude: number, longitude: number];

// Plug-ins extend the CommonJS object of Leaflet, which the bundle has as its default export.
export const L = (Leaflet as unknown as { default: typeof Leaflet }).default;

export function createMap(area: HTMLElement, options: Leaflet.MapOptions = {}): Leaflet.Map {
  const zoomAnimation = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(area, { minZoom: 3, maxZoom: 14, zoomAnimation, ...options });
  map.attributionControl.setPrefix(false);
  const topology = states as unknown as Topology;
  const { states: outlines } = topology.objects;
  if (!outlines) throw new Error("The atlas has no states.");
  L.geoJSON(feature(topology, outlines), { interactive: false, className: "state" } as Leaflet.GeoJSONOptions).addTo(map);
  return map;
}

export const pin = (kind: string): Leaflet.DivIcon => L.divIcon({ className: `pin ${kind}`, iconSize: [14, 14] });

// One line for each text that is not empty.
export function tooltip(...lines: string[]): HTMLElement {
  const box = create("div");
  box.append(...lines.filter(Boolean).map((line) => create("div", { textContent: line })));
  return box;
}
