// A guided tour of the board in five steps. It can be left at any step and taken again from the menu "More".

import { create, findAll, targetOf } from "../shared/dom";
import { t } from "../shared/messages";

const SEEN = "tour-offered";
const ADDRESS = "#tour";

interface Step {
  // The first visible element is outlined.
  selector: string;
  title: string;
  text: string;
}

const steps = (): Step[] => [
  { selector: ".waiting", title: t("tourJobsTitle"), text: t("tourJobs") },
  { selector: "[data-recommend]", title: t("tourRankingTitle"), text: t("tourRanking") },
  { selector: "[data-view=board], [data-view=map]", title: t("tourBoardTitle"), text: t("tourBoard") },
  { selector: ".activity, .figures", title: t("tourLiveTitle"), text: t("tourLive") },
  { selector: "#find", title: t("tourSearchTitle"), text: t("tourSearch") },
];

let closeTour: (() => void) | null = null;

const isVisible = (element: HTMLElement): boolean => element.getClientRects().length > 0;

class Tour {
  private readonly all = steps();
  private readonly box = create("section", { className: "tour", tabIndex: -1 });
  private readonly opener = document.activeElement;
  private position = 0;

  start(): void {
    this.box.setAttribute("role", "dialog");
    this.box.setAttribute("aria-labelledby", "tour-title");
    this.box.setAttribute("aria-describedby", "tour-text");
    this.box.addEventListener("click", (event) => this.handleClick(event));
    // In the capture phase, so that Escape does not also close the panel behind.
    document.addEventListener("keydown", this.handleKey, { capture: true });
    document.body.append(this.box);
    this.show(0);
  }

  readonly end = (): void => {
    this.clearOutline();
    document.removeEventListener("keydown", this.handleKey, { capture: true });
    this.box.remove();
    closeTour = null;
    if (location.hash === ADDRESS) history.replaceState(null, "", location.pathname + location.search);
    const { opener } = this;
    const isBack = opener instanceof HTMLElement && opener !== document.body && opener.isConnected && isVisible(opener);
    (isBack ? opener : document.getElementById("main"))?.focus({ preventScroll: true });
  };

  private show(position: number): void {
    const step = this.all[position];
    if (!step) {
      this.end();
      return;
    }
    this.position = position;
    this.clearOutline();
    const target = findAll(step.selector).find(isVisible);
    target?.classList.add("toured");
    target?.scrollIntoView({ block: "nearest" });
    const isLast = position === this.all.length - 1;
    const buttons = create("div", { className: "tour-buttons" });
    if (position > 0) buttons.append(button("back", t("back")));
    buttons.append(button("next", isLast ? t("tourDone") : t("next")));
    if (!isLast) buttons.append(button("leave", t("tourLeave")));
    this.box.replaceChildren(
      create("p", { className: "step", textContent: t("tourStep", { step: position + 1, count: this.all.length }) }),
      create("h2", { id: "tour-title", textContent: step.title }),
      create("p", { id: "tour-text", textContent: step.text }),
      buttons,
    );
    this.box.focus({ preventScroll: true });
  }

  private clearOutline(): void {
    for (const element of findAll(".toured")) element.classList.remove("toured");
  }

  private handleClick(event: MouseEvent): void {
    const name = targetOf(event)?.closest("button")?.className;
    if (name === "next") this.show(this.position + 1);
    else if (name === "back") this.show(this.position - 1);
    else if (name === "leave") this.end();
  }

  private readonly handleKey = (event: KeyboardEvent): void => {
    const isInside = this.box.contains(document.activeElement);
    if (event.key === "Escape") this.end();
    else if (event.key === "ArrowRight" && isInside) this.show(this.position + 1);
    else if (event.key === "ArrowLeft" && isInside && this.position > 0) this.show(this.position - 1);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
}

const button = (className: string, textContent: string): HTMLButtonElement => create("button", { type: "button", className, textContent });

function startTour(): void {
  closeTour?.();
  const tour = new Tour();
  closeTour = tour.end;
  tour.start();
}

// A line above the board, once in each browser.
function offer(): void {
  if (localStorage.getItem(SEEN) === "1") return;
  localStorage.setItem(SEEN, "1");
  const box = create("section", { className: "tour-offer", ariaLabel: t("tourOfferTitle") });
  box.append(create("p", { textContent: t("tourOffer") }), button("next", t("tourStart")), button("leave", t("notNow")));
  box.addEventListener("click", (event) => {
    const name = targetOf(event)?.closest("button")?.className;
    if (!name) return;
    box.remove();
    if (name === "next") startTour();
    else document.getElementById("main")?.focus({ preventScroll: true });
  });
  document.getElementById("main")?.prepend(box);
}

function followAddress(): void {
  if (location.hash === ADDRESS) startTour();
}

// Only the board has a tour; a link from elsewhere opens it there.
export function listenToTour(): void {
  if (document.body.dataset.tour === undefined) return;
  window.addEventListener("hashchange", followAddress);
  // The link to the present address is no change of it.
  document.addEventListener("click", (event) => {
    if (targetOf(event)?.closest(`a[href$="${ADDRESS}"]`) && location.hash === ADDRESS) startTour();
  });
  if (location.hash === ADDRESS) followAddress();
  else if (document.body.dataset.tour === "offer") offer();
}
