import { beforeEach, describe, expect, it, vi } from "vitest";

import { openMenu } from "../live/menu";
import { find, findAll } from "../shared/dom";
import { pressOn } from "./keyboard";

const confirm = vi.fn<() => void>();
const opener = (): HTMLElement => find("button");
const focused = (): string | null => document.activeElement?.textContent ?? null;
const press = (key: string): void => {
  if (document.activeElement) pressOn(document.activeElement, key);
};

beforeEach(() => {
  confirm.mockReset();
  document.body.innerHTML = "<button>JOB-1</button>";
  const items = [{ text: "Confirm", act: confirm }, { text: "Cancel" }, { text: "Copy" }, { text: "Open", href: "#open" }];
  openMenu("JOB-1", items, { x: 10, y: 10 }, opener());
});

describe("the keyboard", () => {
  it("moves through the entries and around the ends", () => {
    expect(focused()).toBe("Confirm");
    const visited = ["ArrowUp", "ArrowDown", "ArrowDown", "End", "Home"].map((key) => {
      press(key);
      return focused();
    });
    expect(visited).toEqual(["Open", "Confirm", "Cancel", "Open", "Confirm"]);
  });

  it("finds entries by their first letter", () => {
    const visited = ["c", "c", "c", "o", "x"].map((key) => {
      press(key);
      return focused();
    });
    expect(visited).toEqual(["Cancel", "Copy", "Confirm", "Open", "Open"]);
  });

  it.each(["Escape", "Tab"])("closes it with %s and goes back to the block", (key) => {
    const panel = vi.fn<() => void>();
    addEventListener("keydown", panel);
    press(key);
    removeEventListener("keydown", panel);
    expect(findAll("[role=menu]")).toEqual([]);
    expect(document.activeElement).toBe(opener());
    expect(panel).not.toHaveBeenCalled();
  });
});

it("acts once and closes", () => {
  find("[role=menuitem]").click();
  expect(confirm).toHaveBeenCalledOnce();
  expect(findAll("[role=menu]")).toEqual([]);
  expect(document.activeElement).toBe(opener());
});

it("closes when something else is pressed, without taking the focus from it", () => {
  document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  expect(findAll("[role=menu]")).toEqual([]);
  expect(document.activeElement).not.toBe(opener());
});

it("is the only one", () => {
  openMenu("JOB-2", [{ text: "Copy" }], { x: 0, y: 0 }, opener());
  expect(findAll("[role=menu]").map((menu) => menu.getAttribute("aria-label"))).toEqual(["JOB-2"]);
});
