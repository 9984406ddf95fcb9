import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type * as Toasts from "../live/toasts";

vi.mock("../live/actions", () => ({ RequestRefused: class extends Error {} }));
vi.mock("../live/announcer", () => ({ announce: vi.fn() }));

let toasts: typeof Toasts;

const shown = (): string[] => [...document.querySelectorAll(".toast p")].map((text) => text.textContent);
const box = (): Element => document.querySelector(".toast") ?? document.body;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  document.body.innerHTML = "<div data-toasts></div>";
  document.body.dataset.undo = "60";
  toasts = await import("../live/toasts");
});

afterEach(() => {
  vi.useRealTimers();
});

it("removes a message after ten seconds, one with Undo after a minute", () => {
  toasts.toast("Saved");
  toasts.toastWithUndo("Assigned", () => Promise.resolve());
  vi.advanceTimersByTime(10_000);
  expect(shown()).toEqual(["Assigned"]);
  vi.advanceTimersByTime(50_000);
  expect(shown()).toEqual([]);
});

it.each([
  ["pointerenter", "pointerleave"],
  ["focusin", "focusout"],
])("keeps a message between %s and %s", (enters, leaves) => {
  toasts.toast("Saved");
  box().dispatchEvent(new Event(enters));
  vi.advanceTimersByTime(60_000);
  expect(shown()).toEqual(["Saved"]);
  box().dispatchEvent(new Event(leaves));
  vi.advanceTimersByTime(10_000);
  expect(shown()).toEqual([]);
});

it("takes Undo away when the emails are due, also under the pointer, and keeps the focus", () => {
  toasts.toastWithUndo("Assigned", () => Promise.resolve());
  box().dispatchEvent(new Event("pointerenter"));
  document.querySelector<HTMLButtonElement>(".undo")?.focus();
  vi.advanceTimersByTime(60_000);
  expect(shown()).toEqual(["Assigned"]);
  expect(document.querySelector(".undo")).toBeNull();
  expect(document.activeElement).toBe(box().querySelector("button"));
});

it("offers no Undo if emails do not wait", () => {
  document.body.dataset.undo = "0";
  toasts.toastWithUndo("Assigned", () => Promise.resolve());
  expect(shown()).toEqual(["Assigned"]);
  expect(document.querySelector(".undo")).toBeNull();
});

it("undoes once, then says so", async () => {
  const undo = vi.fn(() => Promise.resolve());
  toasts.toastWithUndo("Assigned", undo);
  const button = document.querySelector<HTMLButtonElement>(".undo");
  button?.click();
  button?.click();
  await vi.advanceTimersByTimeAsync(0);
  expect(undo).toHaveBeenCalledOnce();
  expect(shown()).toEqual(["The change was undone."]);
});
