// Carrying a job across the board, with the mouse or with the keyboard. Where it can be put down is known before it
// is put down: the server says for each lane when, or why not.

import { Refused, book, tell, type Booking } from "./acts";
import { PAGE, all, announce, fetchJson, one } from "./page";
import { hold, question } from "./parts";
import { axis, boardPart, clockOf, place, toMinute } from "./timeline";

const DRAG_PIXELS = 6;
// A drop counts for the nearest start that is at most so far away.
const NEAR_MINUTES = 45;
const GRID_MINUTES = 30;
const EDGE_PIXELS = 48;

// `note` names what is different from what the customer wanted.
interface Start {
  minute: number;
  start: string;
  note: string;
}

interface Fit {
  reason: string;
  starts: Start[];
}

interface Spot {
  lane: HTMLElement;
  start: Start | null;
  minute: number;
  reason: string;
}

let carrying: Carry | null = null;

class Carry {
  readonly id: string;
  readonly number: string;
  readonly minutes: number;
  readonly label: string;
  readonly from?: Booking;
  private fits: Record<string, Fit> = {};
  private spot: Spot | null = null;
  private dropped = false;
  private readonly release = hold();
  private readonly ghost = Object.assign(document.createElement("div"), { className: "ghost" });
  private readonly float = Object.assign(document.createElement("div"), { className: "float" });
  private readonly note = Object.assign(document.createElement("span"), { className: "differs" });
  private readonly origin: DOMRect;
  readonly ready: Promise<void>;

  constructor(
    private readonly element: HTMLElement,
    private grab: number,
    private readonly byKeyboard: boolean,
  ) {
    const { job, number, minutes, label, assignment, start } = element.dataset as Record<string, string>;
    this.id = job!;
    this.number = number!;
    this.minutes = Number(minutes);
    this.label = label!;
    const contractor = element.closest<HTMLElement>("[data-lane]")?.dataset.lane;
    if (assignment && contractor) this.from = { assignment, contractor, start: start! };
    this.origin = element.getBoundingClientRect();
    this.float.append(Object.assign(document.createElement("strong"), { textContent: this.label }));
    this.float.append(Object.assign(document.createElement("span"), { textContent: "" }), this.note);
    element.classList.add("carried");
    document.body.classList.add("carrying");
    if (!byKeyboard) document.body.append(this.float);
    this.ready = this.learn();
  }

  private async learn(): Promise<void> {
    const params = new URLSearchParams([...question, ["job", this.id]]);
    params.set("day", boardPart().dataset.day!);
    this.fits = await fetchJson<Record<string, Fit>>("fits/", params);
    if (carrying !== this) return;
    for (const lane of all("[data-lane]")) {
      const fit = this.fits[lane.dataset.lane!];
      lane.classList.add(fit?.starts.length ? "can" : "cannot");
      if (fit?.reason) one(".track", lane).dataset.reason = fit.reason;
    }
    if (this.byKeyboard) this.firstSpot();
  }

  // --- with the mouse --------------------------------------------------------------------------
  moveTo(x: number, y: number): void {
    this.float.style.transform = `translate(${x + 12}px, ${y + 12}px)`;
    const lane = document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-lane]") ?? null;
    this.show(lane && this.spotAt(lane, x));
    const scroll = one("[data-view=board]");
    const box = scroll.getBoundingClientRect();
    if (y < box.top + EDGE_PIXELS) scroll.scrollBy(0, -16);
    else if (y > box.bottom - EDGE_PIXELS) scroll.scrollBy(0, 16);
  }

  private spotAt(lane: HTMLElement, x: number): Spot {
    const raw = toMinute(x, one(".track", lane), axis()) - this.grab;
    const minute = Math.round(raw / GRID_MINUTES) * GRID_MINUTES;
    const fit = this.fits[lane.dataset.lane!];
    const nearest = fit?.starts.reduce<Start | null>(
      (best, one) => (!best || Math.abs(one.minute - raw) < Math.abs(best.minute - raw) ? one : best),
      null,
    );
    if (nearest && Math.abs(nearest.minute - raw) <= NEAR_MINUTES) {
      return { lane, start: nearest, minute: nearest.minute, reason: "" };
    }
    const reason = fit ? fit.reason || `${lane.dataset.name} is not free at ${clockOf(minute)}.` : "";
    return { lane, start: null, minute, reason };
  }

  private show(spot: Spot | null): void {
    this.spot = spot;
    if (!spot) {
      this.ghost.remove();
    } else {
      one(".track", spot.lane).append(this.ghost);
      place(this.ghost, spot.minute, spot.minute + this.minutes, axis());
      this.ghost.classList.toggle("bad", !spot.start);
    }
    this.note.textContent = spot?.start ? this.differs(spot.lane, spot.start) : "";
    const words = this.note.previousElementSibling!;
    words.textContent = spot ? (spot.start ? this.span(spot.start) : spot.reason || "…") : "Drop it on a lane";
    this.float.classList.toggle("bad", Boolean(spot && !spot.start && spot.reason));
  }

  private differs(lane: HTMLElement, start: Start): string {
    const isOther = this.from && this.from.contractor !== lane.dataset.lane;
    const again = isOther && this.element.matches(".confirmed") ? `${lane.dataset.name} has to confirm it again.` : "";
    return [again, start.note].filter(Boolean).join(" ");
  }

  private span(start: Start): string {
    return `${clockOf(start.minute)}–${clockOf(start.minute + this.minutes)}`;
  }

  // --- with the keyboard -----------------------------------------------------------------------
  private able(): HTMLElement[] {
    return all("[data-lane].can");
  }

  private firstSpot(): void {
    const able = this.able();
    const own = able.find((lane) => lane.dataset.lane === this.from?.contractor) ?? able[0];
    if (!own) {
      tell(`Nobody on this board can take ${this.number} that day. Another day or another search may help.`, "refused");
      this.end();
      return;
    }
    announce(`${able.length} can take it. Arrow keys choose, Enter puts it down, Escape takes it back.`);
    this.standIn(own, Number(this.element.dataset.from ?? 0));
  }

  step(key: string): void {
    if (!this.spot) return;
    const able = this.able();
    const fit = this.fits[this.spot.lane.dataset.lane!];
    if (key === "ArrowUp" || key === "ArrowDown") {
      const at = able.indexOf(this.spot.lane);
      const next = able[(at + (key === "ArrowDown" ? 1 : -1) + able.length) % able.length];
      if (next) this.standIn(next, this.spot.minute);
    } else if (fit) {
      const at = fit.starts.findIndex(({ minute }) => minute === this.spot!.minute);
      const next = fit.starts[at + (key === "ArrowRight" ? 1 : -1)];
      if (next) this.standIn(this.spot.lane, next.minute);
    }
  }

  private standIn(lane: HTMLElement, wish: number): void {
    const starts = this.fits[lane.dataset.lane!]?.starts ?? [];
    const start = starts.reduce((best, one) => (Math.abs(one.minute - wish) < Math.abs(best.minute - wish) ? one : best));
    this.show({ lane, start, minute: start.minute, reason: "" });
    lane.scrollIntoView({ block: "nearest" });
    announce([`${lane.dataset.name}, ${this.span(start)}`, this.differs(lane, start)].filter(Boolean).join(". "));
  }

  // What has been put down is on its way, and cannot be taken back but by undoing it.
  get isDropped(): boolean {
    return this.dropped;
  }

  // --- the end ---------------------------------------------------------------------------------
  async drop(): Promise<void> {
    if (this.dropped) return; // a second Enter is the same drop
    this.dropped = true;
    await this.ready.catch(() => undefined);
    if (carrying !== this) return; // taken back meanwhile
    const spot = this.spot;
    if (!spot) return this.end();
    if (!spot.start) {
      await this.springBack();
      tell(spot.reason || "That could not be looked up. Try again.", "refused");
      return this.end();
    }
    const contractor = { id: spot.lane.dataset.lane!, name: spot.lane.dataset.name! };
    const stays = this.from && this.from.contractor === contractor.id && Number(this.element.dataset.from) === spot.minute;
    if (stays) return this.end();
    this.ghost.classList.add("pending");
    try {
      await book(this, contractor, spot.start.start);
    } catch (error) {
      await this.springBack();
      tell(error instanceof Refused ? error.message : String(error), "refused");
    }
    this.end();
  }

  private async springBack(): Promise<void> {
    this.ghost.remove();
    if (this.byKeyboard || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const home = `translate(${this.origin.left}px, ${this.origin.top}px)`;
    await this.float.animate([{}, { transform: home }], { duration: 220, easing: "ease-out", fill: "forwards" }).finished;
  }

  end(): void {
    if (carrying !== this) return;
    carrying = null;
    this.ghost.remove();
    this.float.remove();
    this.element.classList.remove("carried");
    document.body.classList.remove("carrying");
    for (const lane of all("[data-lane]")) {
      lane.classList.remove("can", "cannot");
      delete one(".track", lane).dataset.reason;
    }
    this.release();
    if (this.byKeyboard) this.element.focus({ preventScroll: true });
  }
}

// Picks a job or a booking up with the keyboard.
export function pickUp(element: HTMLElement): void {
  if (!PAGE.mayAssign || carrying) return;
  begin(new Carry(element, 0, true));
}

function begin(carry: Carry): void {
  carrying = carry;
  carry.ready.catch(() => {
    if (carrying !== carry) return;
    tell("There is no connection. Nothing has been changed.", "refused");
    carry.end();
  });
}

const movable = (target: EventTarget | null): HTMLElement | null => {
  const found = (target as HTMLElement).closest<HTMLElement>("[data-movable], .job");
  return found?.matches(".job") && (target as HTMLElement).closest("a, button") ? null : found;
};

export function listen(): void {
  if (!PAGE.mayAssign) return;
  let pressed: { element: HTMLElement; x: number; y: number } | null = null;
  let dragged = false;

  addEventListener("pointerdown", (event) => {
    const element = movable(event.target);
    // A finger scrolls; it has the panel for the same acts.
    if (!element || event.button || event.pointerType === "touch" || carrying) return;
    pressed = { element, x: event.clientX, y: event.clientY };
    dragged = false;
  });
  addEventListener("pointermove", (event) => {
    if (pressed && !carrying && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > DRAG_PIXELS) {
      dragged = true;
      const block = pressed.element.matches(".block");
      const scale = axis().minutes / (pressed.element.parentElement?.getBoundingClientRect().width || 1);
      const grab = block ? (pressed.x - pressed.element.getBoundingClientRect().left) * scale : 0;
      begin(new Carry(pressed.element, grab, false));
    }
    if (!dragged || !carrying) return;
    // Let go outside the window: nobody told us.
    if (event.buttons) carrying.moveTo(event.clientX, event.clientY);
    else carrying.end();
  });
  addEventListener("pointerup", () => {
    if (pressed && dragged && carrying) void carrying.drop();
    pressed = null;
  });
  addEventListener("pointercancel", () => {
    if (pressed && carrying) carrying.end();
    pressed = null;
  });
  // The click that ends a drag is not one.
  addEventListener(
    "click",
    (event) => {
      if (!dragged) return;
      dragged = false;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  addEventListener("dragstart", (event) => movable(event.target) && event.preventDefault());
  addEventListener(
    "keydown",
    (event) => {
      if (!carrying) {
        const block = (event.target as HTMLElement).closest<HTMLElement>("[data-movable]");
        if (event.key === " " && block) {
          event.preventDefault();
          pickUp(block);
        }
        return;
      }
      if (event.key === "Escape") {
        if (carrying.isDropped) return;
        carrying.end();
        announce("Taken back.");
      } else if (event.key.startsWith("Arrow")) carrying.step(event.key);
      else if (event.key === "Enter" || event.key === " ") void carrying.drop();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  // A button that is pressed with the space bar is pressed when the bar comes up.
  addEventListener("keyup", (event) => event.key === " " && (event.target as HTMLElement).closest("[data-movable]") && event.preventDefault(), true);
}
