import { beforeEach, describe, expect, it, vi } from "vitest";

import { find, findAll } from "../shared/dom";
import type { ShownBooking } from "../live/block-acts";
import type * as Selection from "../live/selection";

const { cancelAll, moveAll, page } = vi.hoisted(() => ({
  cancelAll: vi.fn<(bookings: { assignment: string }[]) => Promise<void>>(),
  moveAll: vi.fn<(bookings: { assignment: string }[]) => Promise<void>>(),
  page: { mayAssign: true, adminUrl: "/admin/" },
}));
vi.mock("../live/announcer", () => ({ announce: vi.fn() }));
vi.mock("../live/batches", () => ({ cancelAll, moveAll }));
vi.mock("../live/block-acts", () => ({ shownBooking: ({ dataset }: HTMLElement) => ({ assignment: dataset.assignment }) }));
vi.mock("../live/drag/session", () => ({ activeSession: () => null }));
vi.mock("../live/page", () => ({ PAGE: page }));

let selection: typeof Selection;

const block = (id: string, transitions = "cancelled"): string =>
  `<button class="block" data-assignment="${id}" data-transitions="${transitions}"></button>`;
const at = (id: string): HTMLElement => find(`[data-assignment="${id}"]`);
const selected = (): (string | undefined)[] => findAll(".selected").map(({ dataset }) => dataset.assignment);
const bar = (): HTMLElement | null => document.querySelector(".selection");

beforeEach(async () => {
  vi.resetModules();
  cancelAll.mockReset().mockResolvedValue();
  document.body.innerHTML = ["a", "b", "c", "d"].map((id) => block(id)).join("") + block("over", "");
  selection = await import("../live/selection");
});

describe("a selection", () => {
  it("gains and loses single bookings, and has a bar as long as there are some", () => {
    selection.toggle(at("a"));
    selection.toggle(at("c"));
    expect(selected()).toEqual(["a", "c"]);
    expect(bar()).not.toBeNull();
    expect(at("b").getAttribute("aria-pressed")).toBe("false");
    selection.toggle(at("a"));
    selection.toggle(at("c"));
    expect(selected()).toEqual([]);
    expect(bar()).toBeNull();
    expect(at("b").hasAttribute("aria-pressed")).toBe(false);
  });

  it("leaves out bookings that are over", () => {
    selection.toggle(at("over"));
    expect(selected()).toEqual([]);
  });

  it("stays when rows are loaded again, without bookings that are gone", () => {
    selection.toggle(at("a"));
    selection.toggle(at("b"));
    document.body.innerHTML = block("b") + block("e");
    selection.showSelection();
    expect(selected()).toEqual(["b"]);
    document.body.innerHTML = block("a");
    selection.showSelection();
    expect(selected()).toEqual([]);
  });

  it("is limited, because each booking is a request", () => {
    document.body.innerHTML = Array.from({ length: selection.MOST_SELECTED + 5 }, (_, index) => block(String(index))).join("");
    for (const element of findAll(".block")) selection.toggle(element);
    expect(selected()).toHaveLength(selection.MOST_SELECTED);
  });
});

it("leads to the page that reassigns its bookings, and from there back to the board", () => {
  history.replaceState(null, "", "/?day=2026-11-24");
  const bookings = ["a", "b"].map((assignment) => ({ assignment })) as ShownBooking[];
  expect(selection.reassignUrl(bookings)).toBe("/admin/assignments/assignment/replace/?id=a&id=b&next=%2F%3Fday%3D2026-11-24");
  history.replaceState(null, "", "/"); // the files of tests share one page
});

it("grows by clicks with Ctrl and Shift, and ends with its act", async () => {
  selection.listen();
  const click = (id: string, init: MouseEventInit): boolean => at(id).dispatchEvent(new MouseEvent("click", { bubbles: true, ...init }));
  click("b", { ctrlKey: true });
  click("d", { shiftKey: true });
  expect(selected()).toEqual(["b", "c", "d"]);
  expect(bar()?.textContent).toContain("3 bookings selected");
  click("a", {});
  expect(selected()).toEqual(["b", "c", "d"]);
  findAll<HTMLButtonElement>(".selection button")[2]?.click();
  await vi.waitFor(() => expect(selected()).toEqual([]));
  expect(cancelAll.mock.calls[0]?.[0].map(({ assignment }) => assignment)).toEqual(["b", "c", "d"]);
});
