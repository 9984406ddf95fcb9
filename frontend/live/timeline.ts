// Where minutes of the day lie on the board. The server says which minutes; the policy of the page lets only
// scripts place things, so they are placed here.

import { all, one } from "./page";

export interface Axis {
  first: number;
  minutes: number;
}

export const boardPart = (): HTMLElement => one('[data-part="board"]');

export function axis(part: HTMLElement = boardPart()): Axis {
  const first = Number(part.dataset.firstHour) * 60;
  return { first, minutes: Number(part.dataset.lastHour) * 60 - first };
}

export const toPercent = (minute: number, { first, minutes }: Axis): number =>
  Math.min(100, Math.max(0, ((minute - first) / minutes) * 100));

export function toMinute(x: number, track: HTMLElement, { first, minutes }: Axis): number {
  const box = track.getBoundingClientRect();
  return first + ((x - box.left) / box.width) * minutes;
}

export function place(element: HTMLElement, from: number, to: number, shown: Axis): void {
  const left = toPercent(from, shown);
  element.style.left = `${left}%`;
  element.style.width = `${toPercent(to, shown) - left}%`;
}

// Places everything below `root`; false when something lies outside the hours that are shown.
export function placeAll(root: ParentNode, shown: Axis): boolean {
  let inside = true;
  for (const element of all("[data-from]", root)) {
    const [from, to] = [Number(element.dataset.from), Number(element.dataset.to)];
    place(element, from, to, shown);
    if (!element.matches(".absence")) inside &&= from >= shown.first && to <= shown.first + shown.minutes;
  }
  for (const element of all("[data-hour]", root)) {
    element.style.left = `${toPercent(Number(element.dataset.hour) * 60, shown)}%`;
  }
  return inside;
}

export function placeBoard(): void {
  const part = boardPart();
  const shown = axis(part);
  part.style.setProperty("--hours", String(shown.minutes / 60));
  placeAll(part, shown);
  showNow();
}

const clocks = new Map<string, Intl.DateTimeFormat>();

// The day and the minute of it in a zone, as its clocks show them.
export function local(moment: Date, zone: string): { day: string; minute: number } {
  let clock = clocks.get(zone);
  if (!clock) {
    const fields = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
    clock = new Intl.DateTimeFormat("en-CA", { ...fields, timeZone: zone, hourCycle: "h23" });
    clocks.set(zone, clock);
  }
  const parts = Object.fromEntries(clock.formatToParts(moment).map(({ type, value }) => [type, value]));
  return { day: `${parts.year}-${parts.month}-${parts.day}`, minute: Number(parts.hour) * 60 + Number(parts.minute) };
}

// The line of the present, in each lane by its own clock.
export function showNow(within: ParentNode = document): void {
  const part = boardPart();
  const shown = axis(part);
  const now = new Date();
  const places = new Map<string, string | null>();
  for (const lane of all("[data-lane]", within)) {
    const zone = lane.dataset.zone!;
    if (!places.has(zone)) {
      const { day, minute } = local(now, zone);
      const visible = day === part.dataset.day && minute >= shown.first && minute <= shown.first + shown.minutes;
      places.set(zone, visible ? `${toPercent(minute, shown)}%` : null);
    }
    const left = places.get(zone) ?? null;
    let line = lane.querySelector<HTMLElement>(".now");
    if (left === null) {
      line?.remove();
      continue;
    }
    if (!line) {
      line = Object.assign(document.createElement("span"), { className: "now" });
      one(".track", lane).append(line);
    }
    line.style.left = left;
  }
}

export const clockOf = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(Math.round(minute % 60)).padStart(2, "0")}`;
