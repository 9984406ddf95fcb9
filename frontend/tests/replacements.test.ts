import { beforeEach, expect, it } from "vitest";

import { listenToReplacements } from "../backoffice/replacements";
import { find, findAll } from "../shared/dom";

const reason = (): HTMLElement => find("[data-override-reason]");
const notes = (): boolean[] => findAll("[data-override-note]").map((note) => !note.hidden);
const boxes = (): HTMLInputElement[] => findAll<HTMLInputElement>("input[name=row]");

function choose(row: number, value: string): void {
  const select = findAll<HTMLSelectElement>("select")[row];
  if (!select) throw new Error("no such row");
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

const row = (checked: string): string => `
  <li><input type="checkbox" name="row" ${checked}>
  <select><option value="first">Ann</option><option value="second" data-override>Bob</option><option value="later" data-breaks-window>Ann, later</option></select>
  <p data-override-note hidden></p></li>`;

beforeEach(() => {
  document.body.innerHTML = `<form data-replacements><ul>${row("checked")}${row("")}<li>in progress</li></ul><div data-override-reason></div><div data-break-reason><input name="window_break_reason"></div></form>`;
  listenToReplacements();
});

it("asks for no reason while each selected row has the first of the ranking", () => {
  expect(reason().hidden).toBe(true);
  expect(notes()).toEqual([false, false]);
});

it("asks for the reason of another choice, and selects its row", () => {
  choose(1, "second");
  expect(boxes().map((box) => box.checked)).toEqual([true, true]);
  expect(notes()).toEqual([false, true]);
  expect(reason().hidden).toBe(false);
});

it("does not ask about a row that is not selected", () => {
  choose(1, "second");
  const [, second] = boxes();
  if (!second) throw new Error("no such row");
  second.checked = false;
  second.dispatchEvent(new Event("change", { bubbles: true }));
  expect(notes()).toEqual([false, true]);
  expect(reason().hidden).toBe(true);
});

it("requires the reason for breaking a window while a selected row does so", () => {
  const section = find("[data-break-reason]");
  const field = find<HTMLInputElement>("input", section);
  expect([section.hidden, field.required]).toEqual([true, false]);
  choose(1, "later");
  expect([section.hidden, field.required]).toEqual([false, true]);
  choose(1, "first");
  expect([section.hidden, field.required]).toEqual([true, false]);
});
