import { expect, it } from "vitest";

import { planMap } from "../live/plan-map";

const stop = (kind: string, url: string): object => ({ at: [30, -97], lines: [url], kind, url });
const data = JSON.stringify({
  bases: [],
  stops: [stop("today", "/bookings/1/"), stop("proposed", "#item-2"), stop("proposed", "#item-22"), stop("stale", "#item-3")],
  days: [
    { kind: "today", stops: [0, 1] },
    { kind: "proposed", stops: [0, 1, 2] },
  ],
  stale: "No longer possible",
});

it("shows the changes that have become impossible since the page was sent, off the routes", () => {
  const { stops, days } = planMap(data, "2 4");
  expect(stops.map(({ kind }) => kind)).toEqual(["today", "stale", "proposed", "stale"]);
  expect(stops[1]?.lines).toEqual(["#item-2", "No longer possible"]);
  expect(days).toEqual([{ kind: "proposed", stops: [0, 2] }]); // a line needs two ends
});

it("shows the plan as it was sent without such changes", () => {
  const { stops, days } = planMap(data, "");
  expect(stops.map(({ kind }) => kind)).toEqual(["today", "proposed", "proposed", "stale"]);
  expect(days).toHaveLength(2);
});
