import { beforeEach, expect, it } from "vitest";

import { listenToConfirmation } from "../backoffice/confirmation";
import { find } from "../shared/dom";

const field = (): HTMLInputElement | null => document.querySelector<HTMLInputElement>("[name=window_break_reason]");
const section = (): HTMLElement => find("[data-break-window]");
const confirm = (): HTMLButtonElement => find<HTMLButtonElement>("[name=confirmed]");

function show(reason: string): void {
  document.body.innerHTML = `
    <form data-asks>
      <input type="radio" name="start" value="9" data-when="9 AM" checked>
      <input type="radio" name="start" value="14" data-when="2 PM" data-breaks-window>
      <div data-step="choose"><button type="submit">Assign<span data-apart></span></button></div>
      <div data-step="confirm" hidden><span data-when></span><p data-note></p>
        <div data-break-window hidden>${reason}</div>
        <button type="submit" name="confirmed" value="1">Confirm</button><button type="button" data-back>Back</button></div>
    </form>`;
}

function choose(start: string): void {
  const radio = find<HTMLInputElement>(`[value="${start}"]`);
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

const ask = (): void => {
  find("form").dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true }));
};

listenToConfirmation();

beforeEach(() => {
  show('<input name="window_break_reason" required>');
});

it("asks for no reason for a start in the arrival window", () => {
  ask();
  expect([section().hidden, field()?.disabled]).toEqual([true, true]);
});

it("requires the reason for a start outside, in the second step only", () => {
  choose("14");
  expect(field()?.disabled).toBe(true);
  ask();
  expect([section().hidden, field()?.disabled, confirm().disabled]).toEqual([false, false, false]);
  find("[data-back]").click();
  expect(field()?.disabled).toBe(true);
});

it("confirms nothing where the role does not allow it", () => {
  show("<p>Your role does not allow it.</p>");
  choose("14");
  ask();
  expect([section().hidden, confirm().disabled]).toEqual([false, true]);
  choose("9");
  expect(confirm().disabled).toBe(false);
});
