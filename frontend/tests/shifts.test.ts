import { expect, it } from "vitest";

import { shiftRows } from "../backoffice/shifts";

it("a shift within a day is one row", () => {
  expect(shiftRows(1, "08:00", "16:30")).toEqual([{ day: 1, start: "08:00", end: "16:30" }]);
});

it("a shift until midnight is one row", () => {
  expect(shiftRows(1, "16:00", "00:00")).toEqual([{ day: 1, start: "16:00", end: "00:00" }]);
});

it("a shift past midnight goes on the next day, from Saturday to Sunday too", () => {
  expect(shiftRows(6, "22:00", "06:00")).toEqual([
    { day: 6, start: "22:00", end: "00:00" },
    { day: 0, start: "00:00", end: "06:00" },
  ]);
});
