// Where a job can be dropped: pure functions over the answer of the server.

// `note` says how the time differs from what the customer asked for, `apart` the same in a few words. `breaks`: outside
// the arrival window that was promised to the customer.
export interface StartTime {
  minute: number;
  start: string;
  note: string;
  apart: string;
  breaks: boolean;
}

// The arrival window of the job: its place in the row, and its text.
export interface PromisedWindow {
  from: number;
  to: number;
  text: string;
}

// A contractor's start times, or the reason why there are none. `aim` is where the desired time is in the row. `rank` is
// null behind the first of the ranking; `isOverride`: another contractor ranks first.
export interface DropTarget {
  reason: string;
  starts: StartTime[];
  aim: number;
  rank: number | null;
  isOverride: boolean;
  window: PromisedWindow | null;
}

// A drop counts for the nearest start within this distance.
const SNAP_MINUTES = 45;
const GRID_MINUTES = 30;

export const snapToGrid = (minute: number): number => Math.round(minute / GRID_MINUTES) * GRID_MINUTES;

// The starts that keep the promise; where there are none, those that break it.
export function preferredStarts(starts: StartTime[]): StartTime[] {
  const kept = starts.filter((start) => !start.breaks);
  return kept.length ? kept : starts;
}

export const isOutside = (window: PromisedWindow | null, minute: number): window is PromisedWindow =>
  window !== null && (minute < window.from || minute > window.to);

export function nearestStart(starts: StartTime[], minute: number): StartTime | null {
  const distance = (start: StartTime) => Math.abs(start.minute - minute);
  return starts.reduce<StartTime | null>((best, start) => (!best || distance(start) < distance(best) ? start : best), null);
}

// The item with the lowest rank; the first one where none has a rank.
export function bestRanked<T>(items: T[], rankOf: (item: T) => number | null): T | null {
  const rank = (item: T) => rankOf(item) ?? Infinity;
  return items.reduce<T | null>((best, item) => (best === null || rank(item) < rank(best) ? item : best), null);
}

// The start time that a drop at `minute` selects.
export function startWithinReach(starts: StartTime[], minute: number): StartTime | null {
  const nearest = nearestStart(starts, minute);
  return nearest && Math.abs(nearest.minute - minute) <= SNAP_MINUTES ? nearest : null;
}

// The start time before (-1) or after (1) the one at `minute`.
export function adjacentStart(starts: StartTime[], minute: number, step: -1 | 1): StartTime | null {
  return starts[starts.findIndex((start) => start.minute === minute) + step] ?? null;
}

// The item before or after `current`; the last one is followed by the first.
export function cycle<T>(items: T[], current: T, step: -1 | 1): T | null {
  return items[(items.indexOf(current) + step + items.length) % items.length] ?? null;
}
