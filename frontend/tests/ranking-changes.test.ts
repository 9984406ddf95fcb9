import { expect, it } from "vitest";

import { changesText, rankingChanges } from "../live/ranking-changes";

const ranking = (...names: string[]) => names.map((name, index) => ({ id: name.toLowerCase(), name, rank: String(index + 1) }));

it("names who left, entered and moved", () => {
  expect(rankingChanges(ranking("Ann", "Bo", "Cy"), ranking("Bo", "Di", "Cy"))).toEqual([
    "Ann is no longer listed",
    "Bo moved from rank 2 to rank 1",
    "Di is new at rank 2",
  ]);
});

it("says nothing about the same ranking", () => {
  expect(rankingChanges(ranking("Ann", "Bo"), ranking("Ann", "Bo"))).toEqual([]);
});

it("lists four changes and counts the others", () => {
  expect(changesText(["a", "b"])).toBe("The ranking has changed: a and b.");
  expect(changesText(["a", "b", "c", "d", "e"])).toBe("The ranking has changed: a, b, c, d, and 1 more change.");
  expect(changesText(["a", "b", "c", "d", "e", "f"])).toBe("The ranking has changed: a, b, c, d, and 2 more changes.");
});
