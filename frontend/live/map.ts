// The map of the live page: bases of contractors, sites of jobs, and the ranking of the job in the panel.

import type * as Leaflet from "leaflet";
import "leaflet.markercluster";

import { dataValue, find } from "../shared/dom";
import { t } from "../shared/messages";
import { createMap, L, pin, tooltip, type Position } from "./basemap";
import { fetchJson } from "./http";
import { openJob } from "./panel";
import { rankedCards } from "./panel-content";
import { boardQuery } from "./partials";

interface Place {
  id: string;
  name: string;
  at: Position;
  where: string;
}

interface Site extends Place {
  status?: string;
  who?: string;
}

interface Places {
  bases: Place[];
  sites: Site[];
}

interface Layers {
  map: Leaflet.Map;
  bases: Leaflet.MarkerClusterGroup;
  sites: Leaflet.MarkerClusterGroup;
  ranking: Leaflet.LayerGroup;
}

const WHOLE_COUNTRY: Position = [39, -97];
const area = find("[data-view=map]");
let layers: Layers | null = null;

function createLayers(): Layers {
  const map = createMap(area);
  const cluster = (maxClusterRadius: number, kind: string) =>
    L.markerClusterGroup({ maxClusterRadius, iconCreateFunction: clusterIcon(kind) }).addTo(map);
  const created = { map, bases: cluster(40, "base"), sites: cluster(24, "site"), ranking: L.layerGroup().addTo(map) };
  map.setView(WHOLE_COUNTRY, 4);
  return created;
}

const clusterIcon = (kind: string) => (group: Leaflet.MarkerCluster) =>
  L.divIcon({ className: `cluster ${kind}`, html: String(group.getChildCount()), iconSize: [30, 30] });

function baseMarker({ name, at, where }: Place): Leaflet.Marker {
  return L.marker(at, { icon: pin("base"), title: name }).bindTooltip(tooltip(name, where));
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
  bases.clearLayers().addLayers(places.bases.map(baseMarker));
  sites.clearLayers().addLayers(places.sites.map(siteMarker));
  showRanking();
  const positions = [...places.bases, ...places.sites].map(({ at }) => at);
  if (positions.length && !ranking.getLayers().length) map.fitBounds(L.latLngBounds(positions).pad(0.1));
}

const positionOf = ({ dataset }: HTMLElement): Position => [Number(dataset.latitude), Number(dataset.longitude)];

// Draws the job in the panel, its ranked contractors, and a line from each to the site.
export function showRanking(): void {
  if (!layers || area.hidden) return;
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
