// The map of the live page: bases of contractors, sites of jobs, and the ranking of the job in the panel.

import type * as Leaflet from "leaflet";
import "leaflet.markercluster";

import { create, dataValue, find } from "../shared/dom";
import { t } from "../shared/messages";
import { announce } from "./announcer";
import { createMap, L, pin, tooltip, type Position } from "./basemap";
import { fetchJson } from "./http";
import { openJob } from "./panel";
import { LEVELS, loadLevel, stopsOf, type Base, type Level, type Places, type Site } from "./map-places";
import { rankedCards } from "./panel-content";
import { boardQuery } from "./partials";

interface Layers {
  map: Leaflet.Map;
  bases: Leaflet.MarkerClusterGroup;
  sites: Leaflet.MarkerClusterGroup;
  ranking: Leaflet.LayerGroup;
  route: Leaflet.LayerGroup;
}

const WHOLE_COUNTRY: Position = [39, -97];
const view = find("[data-view=map]");
const area = find("[data-map]", view);
let layers: Layers | null = null;
let shownPlaces: Places = { bases: [], sites: [] };
// The contractor whose day is drawn.
let routeOf: string | null = null;

const LEVEL_TEXTS: Record<Level, () => string> = {
  off: () => t("loadOff"),
  free: () => t("loadFree"),
  light: () => t("loadLight"),
  busy: () => t("loadBusy"),
  full: () => t("loadFull"),
};

function createLayers(): Layers {
  const map = createMap(area);
  const cluster = (maxClusterRadius: number, kind: string) =>
    L.markerClusterGroup({ maxClusterRadius, iconCreateFunction: clusterIcon(kind) }).addTo(map);
  const created = { map, bases: cluster(40, "base"), sites: cluster(24, "site"), ranking: L.layerGroup().addTo(map), route: L.layerGroup().addTo(map) };
  map.setView(WHOLE_COUNTRY, 4);
  area.append(legend());
  return created;
}

const clusterIcon = (kind: string) => (group: Leaflet.MarkerCluster) =>
  L.divIcon({ className: `cluster ${kind}`, html: String(group.getChildCount()), iconSize: [30, 30] });

function legend(): HTMLElement {
  const list = create("ul", { className: "map-legend" });
  for (const level of LEVELS) {
    const item = create("li");
    item.append(create("span", { className: `pin base ${level}` }), LEVEL_TEXTS[level]());
    list.append(item);
  }
  list.append(create("li", { textContent: t("routeHint") }));
  return list;
}

function baseMarker({ id, name, at, where, load }: Base): Leaflet.Marker {
  const level = loadLevel(load);
  const text = load ? t("loadPercent", { percent: load }) : LEVEL_TEXTS[level]();
  const marker = L.marker(at, { icon: pin(`base ${level}`), title: name }).bindTooltip(tooltip(name, where, text));
  const toggle = () => {
    routeOf = routeOf === id ? null : id;
    showRoute();
  };
  marker.on("click", toggle);
  marker.on("keypress", ({ originalEvent }) => {
    if (originalEvent.key === "Enter") toggle();
  });
  return marker;
}

// Draws the chosen contractor's day: from the base to the sites, numbered in their order.
function showRoute(): void {
  if (!layers) return;
  const { map, route } = layers;
  route.clearLayers();
  const base = shownPlaces.bases.find(({ id }) => id === routeOf);
  if (!base) return;
  const stops = stopsOf(base.id, shownPlaces.sites);
  const way = [base.at, ...stops.map(({ at }) => at)];
  L.polyline(way, { className: "route" }).addTo(route);
  stops.forEach(({ at, name, where }, index) => {
    const icon = L.divIcon({ className: "pin stop", html: String(index + 1), iconSize: [20, 20] });
    L.marker(at, { icon, title: name, zIndexOffset: 500 }).bindTooltip(tooltip(`${String(index + 1)}. ${name}`, where)).addTo(route);
  });
  announce(stops.length ? t("routeShown", { contractor: base.name, count: stops.length }) : t("routeEmpty", { contractor: base.name }));
  map.fitBounds(L.latLngBounds(way).pad(0.3), { maxZoom: 11 });
}

function siteMarker({ id, name, at, where, status, who }: Site): Leaflet.Marker {
  const marker = L.marker(at, { icon: pin(status ?? "open"), title: name });
  marker.bindTooltip(tooltip(name, where, who || t("openJob")));
  marker.on("click", () => openJob(id, null));
  marker.on("keypress", ({ originalEvent }) => {
    if (originalEvent.key === "Enter") openJob(id, null);
  });
  return marker;
}

export async function show(): Promise<void> {
  layers ??= createLayers();
  const { map, bases, sites, ranking } = layers;
  map.invalidateSize();
  const places = await fetchJson<Places>("map/", boardQuery);
  shownPlaces = places;
  bases.clearLayers().addLayers(places.bases.map(baseMarker));
  sites.clearLayers().addLayers(places.sites.map(siteMarker));
  showRanking();
  showRoute();
  const positions = [...places.bases, ...places.sites].map(({ at }) => at);
  if (positions.length && !ranking.getLayers().length && !routeOf) map.fitBounds(L.latLngBounds(positions).pad(0.1));
}

const positionOf = ({ dataset }: HTMLElement): Position => [Number(dataset.latitude), Number(dataset.longitude)];

// Draws the job in the panel, its ranked contractors, and a line from each to the site.
export function showRanking(): void {
  if (!layers || view.hidden) return;
  const { map, ranking } = layers;
  ranking.clearLayers();
  const job = document.querySelector<HTMLElement>("[data-panel]");
  if (!job) return;
  const site = positionOf(job);
  const cards = rankedCards();
  for (const card of cards) drawRanked(ranking, card, site);
  const icon = L.divIcon({ className: "pin chosen", iconSize: [20, 20] });
  L.marker(site, { icon, interactive: false, keyboard: false }).addTo(ranking);
  map.fitBounds(L.latLngBounds([site, ...cards.map(positionOf)]).pad(0.3), { maxZoom: 9 });
}

function drawRanked(ranking: Leaflet.LayerGroup, card: HTMLElement, site: Position): void {
  const [rank, contractor] = [dataValue(card, "rank"), dataValue(card, "name")];
  L.polyline([positionOf(card), site], { className: "way" }).addTo(ranking);
  const icon = L.divIcon({ className: "pin candidate", html: rank, iconSize: [22, 22] });
  L.marker(positionOf(card), { icon, title: t("rankedContractor", { rank, contractor }) })
    .bindTooltip(tooltip(`${rank}. ${contractor}`, card.dataset.distance ?? ""), { permanent: rank === "1", direction: "right" })
    .addTo(ranking);
}
