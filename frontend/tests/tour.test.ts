import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { listenToTour } from "../header/tour";
import { find } from "../shared/dom";
import { pressOn } from "./keyboard";

const tour = (): HTMLElement | null => document.querySelector(".tour");
const title = (): string => find("#tour-title").textContent;
const press = (key: string): boolean => pressOn(document, key);
const click = (name: string): void => find(`.tour .${name}`).click();

function board(offer: "" | "offer"): void {
  document.body.dataset.tour = offer;
  document.body.innerHTML = `<main id="main" tabindex="-1"><section class="waiting"></section></main>`;
  listenToTour();
}

beforeEach(() => {
  localStorage.clear();
  location.hash = "";
  Element.prototype.scrollIntoView = vi.fn();
  vi.spyOn(Element.prototype, "getClientRects").mockReturnValue([new DOMRect()] as unknown as DOMRectList);
});

afterEach(() => {
  if (tour()) press("Escape");
  delete document.body.dataset.tour;
  vi.restoreAllMocks();
});

describe("the offer", () => {
  it("is made once in a browser", () => {
    board("offer");
    expect(document.querySelector(".tour-offer")).not.toBeNull();
    board("offer");
    expect(document.querySelector(".tour-offer")).toBeNull();
  });

  it("is not made with real data", () => {
    board("");
    expect(document.querySelector(".tour-offer")).toBeNull();
  });

  it("starts the tour, or goes away", () => {
    board("offer");
    find(".tour-offer .next").click();
    expect(tour()?.getAttribute("role")).toBe("dialog");
    expect(document.querySelector(".tour-offer")).toBeNull();
  });
});

describe("the tour", () => {
  beforeEach(() => {
    location.hash = "#tour";
    board("");
  });

  it("has five steps, forward and back, and outlines its subject", () => {
    expect(document.activeElement).toBe(tour());
    expect(find(".waiting").classList).toContain("toured");
    const titles = new Set([title()]);
    for (let step = 0; step < 4; step += 1) {
      click("next");
      titles.add(title());
    }
    expect(titles.size).toBe(5);
    expect(document.querySelector(".tour .leave")).toBeNull();
    click("back");
    press("ArrowLeft");
    expect(find(".tour .step").textContent).toContain("Step 3 of 5");
    press("ArrowRight");
    click("next");
    click("next");
    expect(tour()).toBeNull();
  });

  it("can be left with Escape or the button, and taken again", () => {
    press("Escape");
    expect(tour()).toBeNull();
    expect(location.hash).toBe("");
    expect(document.activeElement?.id).toBe("main");
    expect(document.querySelector(".toured")).toBeNull();
    location.hash = "#tour";
    window.dispatchEvent(new Event("hashchange"));
    click("leave");
    expect(tour()).toBeNull();
  });
});
