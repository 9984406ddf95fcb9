// Bases and sites on a map of the states, drawn without tiles: it needs no internet.

import type * as Leaflet from "leaflet";
import "leaflet.markercluster";

import { candidates, open } from "./panel";
import { fetchJson, one } from "./page";
import { question } from "./parts";
import { ground, L, pin, words } from "./states";

interface Place {
  id: string;
  name: string;
  at: [number, number];
  where: string;
  status?: string;
  who?: string;
}

interface Places {
  bases: Place[];
  sites: Place[];
}

const area = one("[data-view=map]");
let map: Leaflet.Map | null = null;
let bases: Leaflet.MarkerClusterGroup;
let sites: Leaflet.MarkerClusterGroup;
let chosen: Leaflet.LayerGroup;

function draw(): Leaflet.Map {
  const made = ground(area);
  bases = L.markerClusterGroup({ maxClusterRadius: 40, iconCreateFunction: cluster("base") }).addTo(made);
  sites = L.markerClusterGroup({ maxClusterRadius: 24, iconCreateFunction: cluster("site") }).addTo(made);
  chosen = L.layerGroup().addTo(made);
  made.setView([39, -97], 4);
  return made;
}

const cluster = (kind: string) => (group: Leaflet.MarkerCluster) =>
  L.divIcon({ className: `cluster ${kind}`, html: String(group.getChildCount()), iconSize: [30, 30] });

export async function show(): Promise<void> {
  map ??= draw();
  map.invalidateSize();
  const found = await fetchJson<Places>("map/", question);
  bases.clearLayers();
  sites.clearLayers();
  for (const { name, at, where } of found.bases) {
    bases.addLayer(L.marker(at, { icon: pin("base"), title: name }).bindTooltip(words(name, where)));
  }
  for (const { id, name, at, where, status, who } of found.sites) {
    const marker = L.marker(at, { icon: pin(status ?? "open"), title: name });
    marker.bindTooltip(words(name, where, who || "open")).on("click", () => open(id, null));
    marker.on("keypress", (event) => event.originalEvent.key === "Enter" && open(id, null));
    sites.addLayer(marker);
  }
  showChosen();
  const all = [...found.bases, ...found.sites].map(({ at }) => at);
  if (all.length && !chosen.getLayers().length) map.fitBounds(L.latLngBounds(all).pad(0.1));
}

// The job in the panel, its candidates, and how far each is.
export function showChosen(): void {
  if (!map || area.hidden) return;
  chosen.clearLayers();
  const head = document.querySelector<HTMLElement>("[data-panel]");
  if (!head) return;
  const site: [number, number] = [Number(head.dataset.latitude), Number(head.dataset.longitude)];
  const seen: [number, number][] = [site];
  for (const { dataset } of candidates()) {
    const base: [number, number] = [Number(dataset.latitude), Number(dataset.longitude)];
    seen.push(base);
    L.polyline([base, site], { className: "way" }).addTo(chosen);
    const icon = L.divIcon({ className: "pin candidate", html: dataset.rank ?? "", iconSize: [22, 22] });
    L.marker(base, { icon, title: `Rank ${dataset.rank}: ${dataset.name}` })
      .bindTooltip(words(`${dataset.rank}. ${dataset.name}`, dataset.distance ?? ""), { permanent: dataset.rank === "1", direction: "right" })
      .addTo(chosen);
  }
  L.marker(site, { icon: L.divIcon({ className: "pin chosen", iconSize: [20, 20] }), interactive: false, keyboard: false }).addTo(chosen);
  map.fitBounds(L.latLngBounds(seen).pad(0.3), { maxZoom: 9 });
}
