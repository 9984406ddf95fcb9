// Whether the ranking in the panel has changed: a socket for that one job. The page's own leaves these events out; one
// booking changes the rankings of many jobs, and a thousand pages would be told of each.

import type { Envelope } from "./stream";

const PAUSE_MS = 2000;

let job: string | null = null;
let after = 0;
let socket: WebSocket | null = null;
let retry = 0;

// From the number `from` on, which is that of the last event the page has seen; `changed` is called when there is news.
export function follow(shown: string | null, from: number, changed: () => void): void {
  if (shown === job) return;
  clearTimeout(retry);
  job = shown;
  after = from;
  const left = socket;
  socket = null;
  left?.close();
  if (job) listen(changed);
}

function listen(changed: () => void): void {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = `types=RecommendationsUpdated&topics=job:${job}&after=${after}`;
  const mine = new WebSocket(`${scheme}://${location.host}/ws/events/?${query}`, "events.v1");
  socket = mine;
  mine.onmessage = ({ data }) => mine === socket && take(JSON.parse(data as string) as Frame, changed);
  mine.onclose = () => {
    if (mine === socket) retry = setTimeout(() => listen(changed), PAUSE_MS * (1 + Math.random()));
  };
}

interface Frame {
  event?: Envelope;
  ready?: number;
  heartbeat?: number;
  resync?: number;
}

function take(frame: Frame, changed: () => void): void {
  after = frame.event?.sequence ?? frame.ready ?? frame.heartbeat ?? frame.resync ?? after;
  if (frame.event || frame.resync !== undefined) changed();
}
