import { describe, expect, it } from "vitest";

import { autoscrollStep } from "../live/drag/autoscroll";
import { adjacentStart, bestRanked, cycle, isOutside, nearestStart, preferredStarts, snapToGrid, startWithinReach, type StartTime } from "../live/drag/drop-targets";

const starts: StartTime[] = [480, 540, 720].map((minute) => ({ minute, start: `at ${String(minute)}`, note: "", apart: "", breaks: false }));

describe("start times", () => {
  it("finds the nearest, the earlier one in the middle", () => {
    expect(nearestStart(starts, 600)?.minute).toBe(540);
    expect(nearestStart(starts, 510)?.minute).toBe(480);
    expect(nearestStart(starts, -60)?.minute).toBe(480);
    expect(nearestStart([], 600)).toBeNull();
  });

  it("selects one only within reach", () => {
    expect(startWithinReach(starts, 765)?.minute).toBe(720);
    expect(startWithinReach(starts, 766)).toBeNull();
    expect(startWithinReach([], 480)).toBeNull();
  });

  it("steps to the next one and not past the ends", () => {
    expect(adjacentStart(starts, 540, 1)?.minute).toBe(720);
    expect(adjacentStart(starts, 540, -1)?.minute).toBe(480);
    expect(adjacentStart(starts, 480, -1)).toBeNull();
    expect(adjacentStart(starts, 720, 1)).toBeNull();
  });
});

it("snaps to half hours", () => {
  expect([494, 495, 510, 524].map(snapToGrid)).toEqual([480, 510, 510, 510]);
});

it("starts at the lowest rank, else at the first row", () => {
  const ranks = new Map([["b", 3], ["c", 1]]);
  const rankOf = (lane: string) => ranks.get(lane) ?? null;
  expect(bestRanked(["a", "b", "c"], rankOf)).toBe("c");
  expect(bestRanked(["a", "d"], rankOf)).toBe("a");
  expect(bestRanked([], rankOf)).toBeNull();
});

it("cycles through the lanes", () => {
  const lanes = ["a", "b", "c"];
  expect(cycle(lanes, "c", 1)).toBe("a");
  expect(cycle(lanes, "a", -1)).toBe("c");
  expect(cycle(lanes, "a", 1)).toBe("b");
  expect(cycle([], "a", 1)).toBeNull();
});

it("scrolls near the edges of the board", () => {
  const board = { top: 100, bottom: 600 };
  expect([120, 300, 590].map((y) => Math.sign(autoscrollStep(y, board)))).toEqual([-1, 0, 1]);
});

describe("arrival window", () => {
  const [first, second] = starts.map((start, index) => ({ ...start, breaks: index > 0 }));

  it("prefers starts that keep the promise", () => {
    if (!first || !second) throw new Error("There are three starts.");
    expect(preferredStarts([second, first])).toEqual([first]);
    expect(preferredStarts([second])).toEqual([second]);
  });

  it("counts both ends", () => {
    const window = { from: 480, to: 600, text: "8:00–10:00 AM" };
    expect([479, 480, 600, 601].map((minute) => isOutside(window, minute))).toEqual([true, false, false, true]);
    expect(isOutside(null, 0)).toBe(false);
  });
});
