// Where positions are on the board. The server renders positions (minutes of its axis, smartscheduler/dashboard/axis.py)
// as data attributes; the content security policy forbids inline styles, so this module sets the places.

import { create, dataValue, find, findAll } from "../shared/dom";
import { formatMinute, formatMinutes, weekdayName } from "../shared/formatting";

// The shown part of each day, and the clock of the board. Without `startsAt`, the instant of position 0, each row has
// its own clock.
export interface Axis {
  parts: [first: number, last: number][];
  minutes: number;
  clock: string;
  startsAt: number | null;
}

const MINUTE_MS = 60 * 1000;
const MINUTES_A_DAY = 24 * 60;

export const boardElement = (): HTMLElement => find('[data-part="board"]');

export function axisOf(board: HTMLElement = boardElement()): Axis {
  const parts = dataValue(board, "columns")
    .split(" ")
    .map((column): [number, number] => {
      const [first = 0, last = 0] = column.split("-").map(Number);
      return [first, last];
    });
  const minutes = parts.reduce((sum, [first, last]) => sum + last - first, 0);
  const { startsAt } = board.dataset;
  return { parts, minutes, clock: dataValue(board, "clock"), startsAt: startsAt ? Date.parse(startsAt) : null };
}

export function toPercent(minute: number, { parts, minutes }: Axis): number {
  let before = 0;
  for (const [first, last] of parts) {
    if (minute < last) return ((before + Math.max(0, minute - first)) / minutes) * 100;
    before += last - first;
  }
  return 100;
}

export const isShown = (minute: number, { parts }: Axis): boolean => parts.some(([first, last]) => minute >= first && minute <= last);

// The position at `x`, which is horizontal in the window.
export function toMinute(x: number, track: HTMLElement, { parts, minutes }: Axis): number {
  const box = track.getBoundingClientRect();
  let rest = ((x - box.left) / box.width) * minutes;
  for (const [first, last] of parts.slice(0, -1)) {
    if (rest < last - first) return first + rest;
    rest -= last - first;
  }
  return (parts.at(-1)?.[0] ?? 0) + rest;
}

const percent = (value: number): string => `${String(value)}%`;

export function place(element: HTMLElement, from: number, to: number, axis: Axis): void {
  const left = toPercent(from, axis);
  element.style.left = percent(left);
  element.style.width = percent(toPercent(to, axis) - left);
}

// Places everything below `root`. Returns false when a booking is outside the axis.
export function placeAll(root: ParentNode, axis: Axis): boolean {
  let allInside = true;
  for (const element of findAll("[data-from]", root)) {
    const [from, to] = [Number(element.dataset.from), Number(element.dataset.to)];
    place(element, from, to, axis);
    if (element.matches(".block")) allInside &&= isShown(from, axis) && isShown(to, axis);
  }
  for (const element of findAll("[data-at]", root)) {
    element.style.left = percent(toPercent(Number(element.dataset.at), axis));
  }
  return allInside;
}

export function placeBoard(): void {
  const board = boardElement();
  const axis = axisOf(board);
  board.style.setProperty("--hours", String(axis.minutes / 60));
  board.style.setProperty("--days", String(axis.parts.length));
  placeAll(board, axis);
  placeCurrentTime();
}

// --- Clocks ---------------------------------------------------------------------------------------

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

const daysBetween = (first: string, day: string): number => (Date.parse(day) - Date.parse(first)) / (MINUTES_A_DAY * MINUTE_MS);

// The position of an instant in the row of a contractor in `zone`.
export function positionOf(instant: Date, zone: string, board = boardElement()): number {
  const { startsAt } = axisOf(board);
  if (startsAt !== null) return (instant.getTime() - startsAt) / MINUTE_MS;
  const { day, minute } = localTime(instant, zone);
  return daysBetween(dataValue(board, "day"), day) * MINUTES_A_DAY + minute;
}

// The day on which the board shows an instant in the row of a contractor in `zone`.
export function dayOnBoard(instant: Date, zone: string): string {
  const { startsAt, clock } = axisOf();
  return localTime(instant, startsAt === null ? zone : clock).day;
}

// The local date and minute of the day at a position.
function clockAt(minute: number, { clock, startsAt }: Axis, board: HTMLElement): { day: string; minute: number } {
  if (startsAt !== null) return localTime(new Date(startsAt + minute * MINUTE_MS), clock);
  const day = new Date(Date.parse(dataValue(board, "day")) + Math.floor(minute / MINUTES_A_DAY) * MINUTES_A_DAY * MINUTE_MS);
  return { day: day.toISOString().slice(0, 10), minute: minute % MINUTES_A_DAY };
}

// The day of the week before a time, on a board of several days.
function dayPrefix(day: string, { parts }: Axis): string {
  return parts.length > 1 ? `${weekdayName(new Date(day).getUTCDay())}, ` : "";
}

// The time at a position, as the board shows it.
export function minuteText(minute: number): string {
  const board = boardElement();
  const axis = axisOf(board);
  const { day, minute: local } = clockAt(Math.round(minute), axis, board);
  return dayPrefix(day, axis) + formatMinute(local);
}

export function spanText(from: number, to: number): string {
  const board = boardElement();
  const axis = axisOf(board);
  const [start, end] = [clockAt(from, axis, board), clockAt(to, axis, board)];
  return dayPrefix(start.day, axis) + formatMinutes(start.minute, end.minute);
}

// --- The line of the current time -----------------------------------------------------------------

// One line across the board, or one in each row at the contractor's local time.
export function placeCurrentTime(): void {
  const board = boardElement();
  const axis = axisOf(board);
  const now = new Date();
  if (axis.startsAt !== null) {
    const over = board.querySelector<HTMLElement>(".over .track");
    const minute = (now.getTime() - axis.startsAt) / MINUTE_MS;
    if (over) placeLine(over, minute, axis);
    // On a phone, names stand between the rows: there the style sheet draws the line in each row.
    if (isShown(minute, axis)) board.style.setProperty("--now", percent(toPercent(minute, axis)));
    else board.style.removeProperty("--now");
    return;
  }
  const minutes = new Map<string, number>();
  for (const lane of findAll("[data-lane]", board)) {
    const zone = dataValue(lane, "zone");
    if (!minutes.has(zone)) {
      const { day, minute } = localTime(now, zone);
      minutes.set(zone, daysBetween(dataValue(board, "day"), day) * MINUTES_A_DAY + minute);
    }
    placeLine(find(".track", lane), minutes.get(zone) ?? -1, axis);
  }
}

function placeLine(track: HTMLElement, minute: number, axis: Axis): void {
  let line = track.querySelector<HTMLElement>(".now");
  if (!isShown(minute, axis)) {
    line?.remove();
    return;
  }
  if (!line) {
    line = create("span", { className: "now" });
    track.append(line);
  }
  line.style.left = percent(toPercent(minute, axis));
}

// --- Late bookings --------------------------------------------------------------------------------

// Marks the bookings that are late, or whose customer waits, from the instants on that the server has rendered
// (assignments/lateness.py): the server marks them too, but the clock is no event. Returns whether a mark has changed.
export function markLate(now = Date.now()): boolean {
  let hasChanged = false;
  for (const block of findAll(".block", boardElement())) {
    const { lateFrom, waitingFrom } = block.dataset;
    for (const [mark, since] of [["late", lateFrom], ["waiting", waitingFrom]] as const) {
      const isMarked = since !== undefined && Date.parse(since) <= now;
      hasChanged ||= isMarked !== block.classList.contains(mark);
      block.classList.toggle(mark, isMarked);
    }
  }
  return hasChanged;
}
