import { describe, expect, it } from "vitest";

import { localTime, placeAll, toPercent } from "../live/timeline";

const axis = { first: 6 * 60, minutes: 12 * 60 };

describe("positions", () => {
  it("are shares of the shown hours, within the board", () => {
    expect([6, 9, 12, 18].map((hour) => toPercent(hour * 60, axis))).toEqual([0, 25, 50, 100]);
    expect([0, 24].map((hour) => toPercent(hour * 60, axis))).toEqual([0, 100]);
  });

  it("are set on blocks and hours", () => {
    document.body.innerHTML = '<i data-from="540" data-to="720"></i><b data-hour="12"></b>';
    expect(placeAll(document.body, axis)).toBe(true);
    const [block, hour] = [document.querySelector("i"), document.querySelector("b")];
    expect([block?.style.left, block?.style.width, hour?.style.left]).toEqual(["25%", "25%", "50%"]);
  });

  it("show that a booking is outside the shown hours; an absence may be", () => {
    document.body.innerHTML = '<i data-from="300" data-to="720"></i>';
    expect(placeAll(document.body, axis)).toBe(false);
    document.body.innerHTML = '<i class="absence" data-from="0" data-to="1440"></i>';
    expect(placeAll(document.body, axis)).toBe(true);
  });
});

it("local time has the day and the minute of the zone", () => {
  const instant = new Date("2026-03-08T07:30:00Z"); // half an hour after clocks went forward in New York
  expect(localTime(instant, "America/New_York")).toEqual({ day: "2026-03-08", minute: 210 });
  expect(localTime(instant, "America/Los_Angeles")).toEqual({ day: "2026-03-07", minute: 1410 });
  expect(localTime(new Date("2026-01-01T06:00:00Z"), "America/Chicago")).toEqual({ day: "2026-01-01", minute: 0 });
});
