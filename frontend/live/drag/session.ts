// One drag, by pointer or keyboard: from picking a job up to dropping it or canceling.
// The server says for each lane when the contractor can start, or why not, before the job is dropped.

import { dataValue, find } from "../../shared/dom";
import { t } from "../../shared/messages";
import type { Booking } from "../actions";
import { announce } from "../announcer";
import { assignOrMove } from "../booking";
import { foldedTo } from "../candidate-rows";
import { fetchJson } from "../http";
import { pauseRefresh, shownBoardQuery } from "../partials";
import { onRows } from "../row-paging";
import { isComplete, stretchParams } from "../row-window";
import { axisOf, boardElement, minuteText, spanText, toMinute } from "../timeline";
import { toast, toastError } from "../toasts";
import { bestRanked, isOutside, nearestStart, preferredStarts, snapToGrid, startWithinReach, type DropTarget, type StartTime } from "./drop-targets";
import { allowedLanes, markLanes, unmarkLanes, type DropTargets } from "./lanes";
import { DragPreview } from "./preview";

export type InputMode = "pointer" | "keyboard";

// Where the job is at the moment: at a start time, or at a minute that is not possible for a reason.
export interface Spot {
  lane: HTMLElement;
  start: StartTime | null;
  minute: number;
  reason: string;
}

let active: DragSession | null = null;

export const activeSession = (): DragSession | null => active;

onRows(() => {
  active?.readTargets().catch(() => undefined); // without an answer, the new rows say that times could not be loaded
});

// `grabMinutes` is how far from its start a block is held.
// `onEnd` is told whether the job was booked.
export function startSession(
  element: HTMLElement,
  mode: InputMode,
  { grabMinutes = 0, onEnd = () => undefined }: { grabMinutes?: number; onEnd?: (isBooked: boolean) => void } = {},
): void {
  active = new DragSession(element, mode, grabMinutes, onEnd);
  void active.begin();
}

export class DragSession {
  private readonly job: { id: string; number: string; booking?: Booking };
  private readonly minutes: number;
  private readonly preview: DragPreview;
  private readonly resumeRefresh = pauseRefresh();
  private targets: DropTargets = new Map();
  private ready: Promise<void> = Promise.resolve();
  private currentSpot: Spot | null = null;
  private dropped = false;
  private isBooked = false;

  constructor(
    private readonly element: HTMLElement,
    private readonly mode: InputMode,
    private readonly grabMinutes: number,
    private readonly onEnd: (isBooked: boolean) => void,
  ) {
    const booking = bookingOf(element);
    this.job = { id: dataValue(element, "job"), number: dataValue(element, "number"), ...(booking && { booking }) };
    this.minutes = Number(dataValue(element, "minutes"));
    this.preview = new DragPreview(element, dataValue(element, "label"), mode === "pointer");
    element.classList.add("carried");
    document.body.classList.add("carrying");
  }

  // After the drop only Undo takes the job back.
  get isDropped(): boolean {
    return this.dropped;
  }

  get spot(): Spot | null {
    return this.currentSpot;
  }

  private get isOver(): boolean {
    return active !== this;
  }

  startsIn(lane: HTMLElement): StartTime[] {
    return this.targetOf(lane)?.starts ?? [];
  }

  private targetOf(lane: HTMLElement): DropTarget | undefined {
    return this.targets.get(dataValue(lane, "lane"));
  }

  async begin(): Promise<void> {
    this.ready = this.loadTargets();
    try {
      await this.ready;
    } catch {
      if (this.isOver) return;
      toast(t("noAnswer"), "refused");
      this.end();
    }
  }

  private async loadTargets(): Promise<void> {
    await this.readTargets();
    if (this.isOver) return;
    if (this.mode === "keyboard") this.moveToFirstLane();
    else this.showBest();
  }

  // Reads the targets of all loaded rows; again when scrolling has loaded more of them.
  async readTargets(): Promise<void> {
    const params = new URLSearchParams([...shownBoardQuery(), ...stretchParams(boardElement())]);
    params.set("job", this.job.id);
    const rows = foldedTo();
    if (rows.length) params.set("contractors", rows.join());
    const targets = await fetchJson<Record<string, DropTarget>>("fits/", params);
    if (this.isOver) return;
    this.targets = new Map(Object.entries(targets));
    markLanes(this.targets);
  }

  // Where a drop starts from: the row of the best candidate and the time nearest to the desired one.
  private best(): { lane: HTMLElement; start: StartTime } | null {
    const lane = bestRanked(allowedLanes(), (item) => this.targetOf(item)?.rank ?? null);
    const target = lane && this.targetOf(lane);
    const start = target ? nearestStart(preferredStarts(target.starts), target.aim) : null;
    return lane && start ? { lane, start } : null;
  }

  // Outlines it while a job is dragged, in view unless the pointer is over the rows already.
  private showBest(): void {
    const best = this.best();
    if (!best || this.job.booking) return;
    const { lane, start } = best;
    this.preview.showBest({ lane, from: start.minute, to: start.minute + this.minutes, isAllowed: true });
    if (!this.currentSpot) {
      lane.scrollIntoView({ block: "nearest" });
      this.showSpot(null);
    }
  }

  // --- Moving -------------------------------------------------------------------------------------

  // Moves to a point in the window; `lane` is the one under it.
  moveToPoint(x: number, y: number, lane: HTMLElement | null): void {
    this.preview.follow(x, y);
    this.showSpot(lane && this.spotAt(lane, x));
  }

  private spotAt(lane: HTMLElement, x: number): Spot {
    const minute = toMinute(x, find(".track", lane), axisOf()) - this.grabMinutes;
    const target = this.targetOf(lane);
    const start = target ? startWithinReach(target.starts, minute) : null;
    if (start) return { lane, start, minute: start.minute, reason: "" };
    const gridMinute = snapToGrid(minute);
    return { lane, start: null, minute: gridMinute, reason: target ? target.reason || this.whyNot(lane, target, gridMinute) : "" };
  }

  private whyNot(lane: HTMLElement, { window }: DropTarget, minute: number): string {
    if (isOutside(window, minute)) return t("outsideWindow", { window: window.text });
    return t("notAvailable", { contractor: dataValue(lane, "name"), time: minuteText(minute) });
  }

  private moveToFirstLane(): void {
    const lanes = allowedLanes();
    const ownLane = lanes.find((lane) => lane.dataset.lane === this.job.booking?.contractor);
    const best = this.best();
    const lane = ownLane ?? best?.lane;
    if (!lane) {
      const job = this.job.number;
      toast(isComplete(boardElement()) ? t("noDropTarget", { job }) : t("noDropTargetLoaded", { job }), "refused");
      this.end();
      return;
    }
    announce(t("keyboardHelp", { count: lanes.length }));
    this.moveToLane(lane, ownLane ? Number(this.element.dataset.from) : (best?.start.minute ?? 0));
  }

  // Moves to the start time in `lane` that is nearest to `minute`.
  moveToLane(lane: HTMLElement, minute: number): void {
    const start = nearestStart(this.startsIn(lane), minute);
    if (!start) return;
    this.showSpot({ lane, start, minute: start.minute, reason: "" });
    lane.scrollIntoView({ block: "nearest" });
    const place = `${dataValue(lane, "name")}, ${this.timesOf(start)}`;
    announce([place, this.noteFor(lane, start)].filter(Boolean).join(". "));
  }

  private showSpot(spot: Spot | null): void {
    this.currentSpot = spot;
    const isAllowed = Boolean(spot?.start && !spot.start.breaks);
    this.preview.showGhost(spot && { lane: spot.lane, from: spot.minute, to: spot.minute + this.minutes, isAllowed });
    const window = spot && this.targetOf(spot.lane)?.window;
    this.preview.showWindow(spot && window ? { lane: spot.lane, from: window.from, to: window.to, isAllowed: !isOutside(window, spot.minute) } : null);
    this.preview.showLabel({
      text: this.labelText(spot),
      note: spot?.start ? this.noteFor(spot.lane, spot.start) : "",
      isRefused: Boolean(spot && !spot.start && spot.reason),
    });
  }

  private labelText(spot: Spot | null): string {
    if (!spot) {
      const best = this.job.booking ? null : this.best();
      const hint = best && t("bestTarget", { contractor: dataValue(best.lane, "name"), time: this.timesOf(best.start) });
      return [t("dropHint"), hint].filter(Boolean).join(". ");
    }
    return spot.start ? this.timesOf(spot.start) : spot.reason || t("timesLoading");
  }

  private timesOf({ minute }: StartTime): string {
    return spanText(minute, minute + this.minutes);
  }

  // How the booking would differ from what the customer asked for or the contractor has confirmed.
  private noteFor(lane: HTMLElement, start: StartTime): string {
    const { booking } = this.job;
    const isReassigned = booking && booking.contractor !== lane.dataset.lane;
    const isMoved = booking && Date.parse(booking.start) !== Date.parse(start.start);
    // At the same time, a confirmed booking stays confirmed.
    const mustConfirm = isReassigned && isMoved && this.element.matches(".confirmed");
    const window = this.targetOf(lane)?.window;
    const breaks = start.breaks && window ? t("breaksWindow", { window: window.text }) : "";
    return [breaks, mustConfirm ? t("mustConfirm", { contractor: dataValue(lane, "name") }) : "", start.note].filter(Boolean).join(" ");
  }

  // --- Ending -------------------------------------------------------------------------------------

  async drop(): Promise<void> {
    if (this.dropped) return; // a second Enter
    this.dropped = true;
    await this.ready.catch(() => undefined);
    if (this.isOver) return;
    if (this.currentSpot && !this.isUnmoved(this.currentSpot)) await this.book(this.currentSpot);
    this.end();
  }

  private isUnmoved({ lane, start, minute }: Spot): boolean {
    const isSameLane = this.job.booking?.contractor === lane.dataset.lane;
    return start !== null && isSameLane && Number(this.element.dataset.from) === minute;
  }

  private async book({ lane, start, reason }: Spot): Promise<void> {
    if (!start) {
      await this.preview.springBack();
      toast(reason || t("timesFailed"), "refused");
      return;
    }
    this.preview.showPending();
    try {
      const made = await assignOrMove(this.job, {
        contractor: { id: dataValue(lane, "lane"), name: dataValue(lane, "name") },
        start: start.start,
        apart: start.apart,
        isOverride: Boolean(this.targetOf(lane)?.isOverride),
        focus: this.mode === "keyboard",
      });
      this.isBooked = made !== null;
      if (!made) await this.preview.springBack();
    } catch (error) {
      await this.preview.springBack();
      toastError(error);
    }
  }

  end(): void {
    if (this.isOver) return;
    active = null;
    this.preview.remove();
    this.element.classList.remove("carried");
    document.body.classList.remove("carrying");
    unmarkLanes();
    this.resumeRefresh();
    if (this.mode === "keyboard" && !this.isBooked) (this.element.querySelector<HTMLElement>("[data-place]") ?? this.element).focus({ preventScroll: true });
    this.onEnd(this.isBooked);
  }
}

function bookingOf(element: HTMLElement): Booking | null {
  const { assignment, start } = element.dataset;
  const contractor = element.closest<HTMLElement>("[data-lane]")?.dataset.lane;
  return assignment && start && contractor ? { assignment, contractor, start } : null;
}
