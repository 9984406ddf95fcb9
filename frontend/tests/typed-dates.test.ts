import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { listenToTypedDates, READ_EVENT } from "../backoffice/typed-dates";
import { find } from "../shared/dom";

const TYPING_MS = 300;
const field = (): HTMLInputElement => find<HTMLInputElement>("[name=start]");
const output = (): HTMLElement => find("#id_start-understood");
let answer: unknown;
let addresses: URL[] = [];

function type(text: string, event = "input"): void {
  field().value = text;
  field().dispatchEvent(new Event(event, { bubbles: true }));
}

listenToTypedDates();

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = `<input id="id_start" name="start" data-reads="/admin/read-date/?kind=moment&zone=America/Chicago"><input name="other">`;
  answer = { text: "Thu, Dec 3, 2:00 PM CST.", is_problem: false };
  addresses = [];
  vi.stubGlobal(
    "fetch",
    vi.fn((address: URL) => {
      addresses.push(address);
      return Promise.resolve(new Response(JSON.stringify(answer)));
    }),
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("asks once after the typing, and shows what was understood", async () => {
  type("12/3");
  type("12/3 2pm");
  await vi.advanceTimersByTimeAsync(TYPING_MS);
  expect(addresses.map((address) => address.search)).toEqual(["?kind=moment&zone=America%2FChicago&text=12%2F3+2pm"]);
  expect(output().textContent).toBe("Thu, Dec 3, 2:00 PM CST.");
  expect(field().getAttribute("aria-describedby")).toBe("id_start-understood");
});

it("shows a problem after the field is left, and an emptied field says nothing", async () => {
  answer = { text: "Enter a date and a time.", is_problem: true };
  field().focus();
  type("soon");
  await vi.advanceTimersByTimeAsync(TYPING_MS);
  expect(output().hidden).toBe(true);
  field().blur();
  type("soon", "change");
  await vi.advanceTimersByTimeAsync(0);
  expect(output().textContent).toBe("Enter a date and a time.");
  expect(output().classList.contains("is-problem")).toBe(true);
  type("", "change");
  await vi.advanceTimersByTimeAsync(0);
  expect(output().hidden).toBe(true);
});

it("tells other scripts what was understood, and nothing without an answer", async () => {
  const read: unknown[] = [];
  document.addEventListener(READ_EVENT, (event) => read.push((event as CustomEvent<unknown>).detail));
  type("12/3 2pm", "change");
  await vi.advanceTimersByTimeAsync(0);
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.reject(new TypeError("offline"))),
  );
  type("12/4 2pm", "change");
  await vi.advanceTimersByTimeAsync(0);
  expect(read).toEqual([answer, null]);
  expect(output().hidden).toBe(true);
});
