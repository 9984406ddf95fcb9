import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { findAll } from "../shared/dom";
import { localTime, markLate, minuteText, placeAll, placeCurrentTime, spanText, toMinute, toPercent, type Axis } from "../live/timeline";

const oneDay: Axis = { parts: [[6 * 60, 18 * 60]], minutes: 12 * 60, clock: "UTC", startsAt: 0 };
const DAY = 24 * 60;
// Two days from 8:00 to 18:00.
const twoDays: Axis = { ...oneDay, parts: [[480, 1080], [DAY + 480, DAY + 1080]], minutes: 1200 };

const board = (attributes: string, rows = ""): void => {
  document.body.innerHTML = `<div data-part="board" ${attributes}>${rows}<div class="over"><div class="track"></div></div></div>`;
};

describe("places", () => {
  it("are shares of the shown hours, within the board", () => {
    expect([6, 9, 12, 18].map((hour) => toPercent(hour * 60, oneDay))).toEqual([0, 25, 50, 100]);
    expect([0, 24].map((hour) => toPercent(hour * 60, oneDay))).toEqual([0, 100]);
  });

  it("leave out the nights between several days", () => {
    expect([480, 1080, DAY, DAY + 480, DAY + 780].map((minute) => toPercent(minute, twoDays))).toEqual([0, 50, 50, 50, 75]);
  });

  it("lead back to positions, also beside the board", () => {
    const track = document.createElement("div");
    track.getBoundingClientRect = () => ({ left: 100, width: 1200 }) as DOMRect;
    expect([100, 400, 700, 1300, 90].map((x) => toMinute(x, track, twoDays))).toEqual([480, 780, DAY + 480, DAY + 1080, 470]);
  });

  it("are set on blocks and hours", () => {
    document.body.innerHTML = '<i data-from="540" data-to="720"></i><b data-at="720"></b>';
    expect(placeAll(document.body, oneDay)).toBe(true);
    const [block, hour] = [document.querySelector("i"), document.querySelector("b")];
    expect([block?.style.left, block?.style.width, hour?.style.left]).toEqual(["25%", "25%", "50%"]);
  });

  it("show that a booking is outside the shown hours; other things may be", () => {
    document.body.innerHTML = '<i class="block" data-from="300" data-to="720"></i>';
    expect(placeAll(document.body, oneDay)).toBe(false);
    document.body.innerHTML = '<i class="block" data-from="1100" data-to="1200"></i>';
    expect(placeAll(document.body, twoDays)).toBe(false);
    document.body.innerHTML = '<i class="absence" data-from="0" data-to="1440"></i>';
    expect(placeAll(document.body, oneDay)).toBe(true);
  });
});

describe("the line of the current time", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-11-24T16:00:00Z") });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is one across a board in one time zone", () => {
    board('data-columns="480-1080" data-clock="America/Chicago" data-starts-at="2026-11-24T06:00:00+00:00" data-day="2026-11-24"');
    placeCurrentTime();
    expect(findAll(".now").map((line) => line.style.left)).toEqual(["20%"]);
    vi.setSystemTime(new Date("2026-11-24T17:00:00Z"));
    placeCurrentTime();
    expect(findAll(".now").map((line) => line.style.left)).toEqual(["30%"]);
    vi.setSystemTime(new Date("2026-11-25T05:00:00Z"));
    placeCurrentTime();
    expect(findAll(".now")).toEqual([]);
  });

  it("is where each row has it on a board of local times", () => {
    const row = (zone: string) => `<div data-lane="${zone}" data-zone="${zone}"><div class="track"></div></div>`;
    const rows = ["America/Chicago", "America/New_York", "Pacific/Auckland"].map(row).join("");
    board('data-columns="480-1080" data-clock="local" data-day="2026-11-24"', rows);
    placeCurrentTime();
    const places = findAll("[data-lane]").map((lane) => lane.querySelector<HTMLElement>(".now")?.style.left);
    expect(places).toEqual(["20%", "30%", undefined]);
  });
});

describe("times", () => {
  it("are those of the clock of the board, on the day of a clock change too", () => {
    // Clocks go back at 7:00 UTC: 1:30 is at 90 and at 150 minutes.
    board('data-columns="0-1500" data-clock="America/Chicago" data-starts-at="2026-11-01T05:00:00+00:00" data-day="2026-11-01"');
    const [first, second, later] = [90, 150, 600].map(minuteText);
    expect(first).toBe(second);
    board('data-columns="0-1440" data-clock="local" data-day="2026-11-01"');
    expect(minuteText(90)).toBe(first);
    expect(minuteText(540)).toBe(later);
  });

  it("have the day of the week on a board of several days", () => {
    board('data-columns="480-1020 1920-2460" data-clock="local" data-day="2026-11-24"');
    expect([minuteText(540), minuteText(DAY + 540)].map((text) => text.split(",")[0])).toEqual(["Tuesday", "Wednesday"]);
    expect(spanText(DAY + 540, DAY + 600)).toMatch(/^Wednesday, /);
  });
});

it("marks bookings as late, and customers as waiting, from the instants of the server on", () => {
  board("", `<i class="block a" data-waiting-from="2026-11-24T15:00:00Z" data-late-from="2026-11-24T15:15:00Z"></i>
    <i class="block b" data-late-from="2026-11-24T17:30:00Z"></i><i class="block c late"></i>`);
  const marked = (kind: string) => findAll(`.${kind}`).map((element) => element.classList.item(1));
  const marks = (time: string) => {
    markLate(Date.parse(`2026-11-24T${time}Z`));
    return [marked("waiting"), marked("late")];
  };
  expect(marks("14:59:59")).toEqual([[], []]);
  expect(marks("15:00:00")).toEqual([["a"], []]);
  expect(marks("15:15:00")).toEqual([["a"], ["a"]]);
  expect(marks("17:30:00")).toEqual([["a"], ["a", "b"]]);
});

it("local time has the day and the minute of the zone", () => {
  const instant = new Date("2026-03-08T07:30:00Z"); // half an hour after clocks went forward in New York
  expect(localTime(instant, "America/New_York")).toEqual({ day: "2026-03-08", minute: 210 });
  expect(localTime(instant, "America/Los_Angeles")).toEqual({ day: "2026-03-07", minute: 1410 });
  expect(localTime(new Date("2026-01-01T06:00:00Z"), "America/Chicago")).toEqual({ day: "2026-01-01", minute: 0 });
});
