// Where minutes of the day are on the board. The server renders minutes as data attributes; the content security
// policy forbids inline styles, so this module sets the positions.

import { create, dataValue, find, findAll } from "../shared/dom";

// The hours that the board shows, in minutes of the day.
export interface Axis {
  first: number;
  minutes: number;
}

export const boardElement = (): HTMLElement => find('[data-part="board"]');

export function axisOf(board: HTMLElement = boardElement()): Axis {
  const first = Number(board.dataset.firstHour) * 60;
  return { first, minutes: Number(board.dataset.lastHour) * 60 - first };
}

export const toPercent = (minute: number, { first, minutes }: Axis): number =>
  Math.min(100, Math.max(0, ((minute - first) / minutes) * 100));

// The minute at `x`, a horizontal position in the window.
export function toMinute(x: number, track: HTMLElement, { first, minutes }: Axis): number {
  const box = track.getBoundingClientRect();
  return first + ((x - box.left) / box.width) * minutes;
}

const percent = (value: number): string => `${String(value)}%`;

export function place(element: HTMLElement, from: number, to: number, axis: Axis): void {
  const left = toPercent(from, axis);
  element.style.left = percent(left);
  element.style.width = percent(toPercent(to, axis) - left);
}

// Places all blocks and hour lines below `root`. Returns false when a booking is outside the axis.
export function placeAll(root: ParentNode, axis: Axis): boolean {
  let allInside = true;
  for (const element of findAll("[data-from]", root)) {
    const [from, to] = [Number(element.dataset.from), Number(element.dataset.to)];
    place(element, from, to, axis);
    if (!element.matches(".absence")) allInside &&= from >= axis.first && to <= axis.first + axis.minutes;
  }
  for (const element of findAll("[data-hour]", root)) {
    element.style.left = percent(toPercent(Number(element.dataset.hour) * 60, axis));
  }
  return allInside;
}

export function placeBoard(): void {
  const board = boardElement();
  const axis = axisOf(board);
  board.style.setProperty("--hours", String(axis.minutes / 60));
  placeAll(board, axis);
  placeCurrentTime();
}

const zoneFormats = new Map<string, Intl.DateTimeFormat>();

function zoneFormat(zone: string): Intl.DateTimeFormat {
  let format = zoneFormats.get(zone);
  if (!format) {
    const fields = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
    format = new Intl.DateTimeFormat("en-CA", { ...fields, timeZone: zone, hourCycle: "h23" });
    zoneFormats.set(zone, format);
  }
  return format;
}

// The local date (YYYY-MM-DD) and minute of the day in a time zone.
export function localTime(instant: Date, zone: string): { day: string; minute: number } {
  const parts = zoneFormat(zone).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((item) => item.type === type)?.value ?? "";
  return {
    day: `${part("year")}-${part("month")}-${part("day")}`,
    minute: Number(part("hour")) * 60 + Number(part("minute")),
  };
}

// Draws the line of the current time, in each lane at the contractor's local time.
export function placeCurrentTime(within: ParentNode = document): void {
  const board = boardElement();
  const axis = axisOf(board);
  const now = new Date();
  const positions = new Map<string, number | null>();
  for (const lane of findAll("[data-lane]", within)) {
    const zone = dataValue(lane, "zone");
    if (!positions.has(zone)) {
      const { day, minute } = localTime(now, zone);
      const isVisible = day === board.dataset.day && minute >= axis.first && minute <= axis.first + axis.minutes;
      positions.set(zone, isVisible ? toPercent(minute, axis) : null);
    }
    placeLine(lane, positions.get(zone) ?? null);
  }
}

function placeLine(lane: HTMLElement, position: number | null): void {
  let line = lane.querySelector<HTMLElement>(".now");
  if (position === null) {
    line?.remove();
    return;
  }
  if (!line) {
    line = create("span", { className: "now" });
    find(".track", lane).append(line);
  }
  line.style.left = percent(position);
}
