// What the server says of the places on the map: pure functions.

import type { Position } from "./basemap";

interface Place {
  id: string;
  name: string;
  at: Position;
  where: string;
}

export interface Base extends Place {
  // Booked percentage of the working time; null without working time.
  load: number | null;
}

export interface Site extends Place {
  status?: string;
  who?: string;
  // Of a booking.
  contractor?: string;
  start?: string;
}

export interface Places {
  bases: Base[];
  sites: Site[];
}

// Levels of load, with their colors in main.css.
export const LEVELS = ["off", "free", "light", "busy", "full"] as const;
export type Level = (typeof LEVELS)[number];

export function loadLevel(load: number | null): Level {
  if (load === null) return "off";
  if (load === 0) return "free";
  if (load < 50) return "light";
  return load < 90 ? "busy" : "full";
}

// The sites of a contractor's bookings, in the order of the day.
export const stopsOf = (contractor: string, sites: Site[]): Site[] =>
  sites
    .filter((site) => site.contractor === contractor)
    .sort((first, second) => (first.start ?? "").localeCompare(second.start ?? ""));
