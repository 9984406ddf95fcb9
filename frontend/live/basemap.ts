// The base of every map: the outlines of the states from a bundled file, without internet access; and the tiles of the
// server that is set up (MAP_TILE_URL), with roads and place names.

import * as Leaflet from "leaflet";
import { feature } from "topojson-client";
import type { Topology } from "topojson-specification";
import states from "us-atlas/states-10m.json";

import { create } from "../shared/dom";

export type Position = [latitude: number, longitude: number];

// Plug-ins extend the CommonJS object of Leaflet, which the bundle has as its default export.
export const L = (Leaflet as unknown as { default: typeof Leaflet }).default;

const MAX_TILE_ZOOM = 18;

// Leaflet takes the attribution as HTML.
const escaped = (text: string): string => create("span", { textContent: text }).innerHTML;

export function createMap(area: HTMLElement, options: Leaflet.MapOptions = {}): Leaflet.Map {
  const zoomAnimation = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const { tileUrl, tileAttribution } = area.dataset;
  const map = L.map(area, { minZoom: 3, maxZoom: tileUrl ? MAX_TILE_ZOOM : 14, zoomAnimation, ...options });
  map.attributionControl.setPrefix(false);
  // Where a tile is missing, the outlines of the states stay.
  if (tileUrl) L.tileLayer(tileUrl, { maxZoom: MAX_TILE_ZOOM, attribution: escaped(tileAttribution ?? "") }).addTo(map);
  area.classList.toggle("with-tiles", tileUrl !== undefined);
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
