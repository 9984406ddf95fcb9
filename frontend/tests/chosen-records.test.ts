import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ChosenRecords } from "../backoffice/chosen-records";
import { find, findAll } from "../shared/dom";
import { pressOn, typeInto } from "./keyboard";

const row = (name: string): string =>
  `<li data-record="id-${name}"><input type="hidden" name="excluded" value="id-${name}"><span class="chosen-name">${name} <span>Austin</span></span>
   <input type="text" name="excluded-id-${name}"><button type="button" data-remove-record>×</button></li>`;
const option = (name: string): string =>
  `<li role="option" id="option-${name}" data-record="id-${name}"><span>${name}</span><template>${row(name)}</template></li>`;

let input: HTMLInputElement;
let changes = vi.fn<() => void>();

const chosen = (): string[] => findAll<HTMLInputElement>("input[name=excluded]").map(({ value }) => value);
const said = (): string => find("[data-chosen-status]").textContent;
const press = (key: string): boolean => pressOn(input, key);
const type = (text: string): Promise<void> => typeInto(input, text);

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = `
    <form><div data-chosen-records="/choices/excluded/"><ul data-rows></ul>
      <div class="chosen-search"><input name="excluded-typed"><ul id="options" role="listbox" hidden></ul></div>
      <p data-chosen-status></p></div></form>`;
  input = find<HTMLInputElement>("[name=excluded-typed]");
  changes = vi.fn();
  find("form").addEventListener("change", changes);
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response(option("Ann") + option("Bo")))));
  new ChosenRecords(find("[data-chosen-records]")).listen();
  input.focus();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("choosing", () => {
  beforeEach(() => type("an"));

  it("adds the row of the option, and asks for its detail", () => {
    expect(fetch).toHaveBeenCalledExactlyOnceWith("/choices/excluded/?q=an");
    press("ArrowDown");
    press("Enter");
    expect(chosen()).toEqual(["id-Ann"]);
    expect(input.value).toBe("");
    expect(changes).toHaveBeenCalledOnce();
    expect(document.activeElement?.getAttribute("name")).toBe("excluded-id-Ann");
    expect(said()).toBe("Ann is selected.");
  });

  it("adds a record once", async () => {
    find("#option-Bo").click();
    await type("bo");
    find("#option-Bo").click();
    expect(chosen()).toEqual(["id-Bo"]);
    expect(changes).toHaveBeenCalledOnce();
    expect(said()).toBe("Bo was selected before.");
  });

  it("removes a row", () => {
    find("#option-Ann").click();
    find("[data-remove-record]").click();
    expect(chosen()).toEqual([]);
    expect(changes).toHaveBeenCalledTimes(2);
    expect(said()).toBe("Ann is no longer selected.");
    expect(document.activeElement).toBe(input);
  });

  it("does not send a text that is no choice", () => {
    expect(press("Enter")).toBe(false);
    expect(chosen()).toEqual([]);
  });
});

it("leaves Enter in an empty field to the form", () => {
  expect(press("Enter")).toBe(true);
});

it("does not choose the sentence that nothing matches", async () => {
  vi.mocked(fetch).mockResolvedValue(new Response('<li role="option" id="none" aria-disabled="true">No active contractor has this name.</li>'));
  await type("zz");
  find("#none").click();
  expect(chosen()).toEqual([]);
  expect(input.value).toBe("zz");
});
