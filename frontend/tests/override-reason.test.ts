import { beforeEach, expect, it } from "vitest";

import { find } from "../shared/dom";
import { askOverrideReason, isAsking } from "../live/override-reason";

const question = { job: "JOB-1", contractor: "Bo", apart: "1 day later than desired" };
const dialog = (): HTMLDialogElement => find<HTMLDialogElement>("dialog");

function end(value: string): void {
  const element = dialog();
  element.returnValue = value;
  element.dispatchEvent(new Event("close"));
}

beforeEach(() => {
  document.body.replaceChildren();
});

it("asks with the difference from the desired date, and returns the reason", async () => {
  const answer = askOverrideReason(question);
  expect(isAsking()).toBe(true);
  expect(dialog().textContent).toContain("The start is 1 day later than desired.");
  find<HTMLInputElement>("input", dialog()).value = " Has the key ";
  end("yes");
  expect(await answer).toBe("Has the key");
  expect(isAsking()).toBe(false);
});

it("needs no reason", async () => {
  const answer = askOverrideReason({ ...question, apart: "" });
  expect(find(".differs", dialog()).hidden).toBe(true);
  end("yes");
  expect(await answer).toBe("");
});

it("can be taken back", async () => {
  const answer = askOverrideReason(question);
  end("");
  expect(await answer).toBeNull();
});
