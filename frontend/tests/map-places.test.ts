import { expect, it } from "vitest";

import { loadLevel, stopsOf, type Site } from "../live/map-places";

const site = (id: string, contractor: string, start: string): Site => ({ id, contractor, start, name: id, at: [30, -97], where: "" });

it("the level of a load is its color", () => {
  expect([null, 0, 1, 49, 50, 89, 90, 100].map(loadLevel)).toEqual([
    "off",
    "free",
    "light",
    "light",
    "busy",
    "busy",
    "full",
    "full",
  ]);
});

it("the stops of a contractor are in the order of the day", () => {
  const sites = [site("b", "ann", "2026-03-09T15:00:00Z"), site("x", "bob", "2026-03-09T14:00:00Z"), site("a", "ann", "2026-03-09T13:00:00Z")];
  expect(stopsOf("ann", sites).map(({ id }) => id)).toEqual(["a", "b"]);
  expect(stopsOf("cid", sites)).toEqual([]);
});
