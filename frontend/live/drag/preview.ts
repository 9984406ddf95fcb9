// What a drag looks like: the ghost block in a lane, and the label beside the pointer.

import { create, find } from "../../shared/dom";
import { axisOf, place } from "../timeline";

const POINTER_OFFSET = 12;
const SPRING_BACK_MS = 220;

export interface Span {
  lane: HTMLElement;
  from: number;
  to: number;
  isAllowed: boolean;
}

export interface Label {
  text: string;
  note: string;
  isRefused: boolean;
}

export class DragPreview {
  private readonly ghost = create("div", { className: "ghost" });
  private readonly best = create("div", { className: "offered" });
  private readonly window = create("div", { className: "promise" });
  private readonly label = create("div", { className: "float" });
  private readonly text = create("span");
  private readonly note = create("span", { className: "differs" });
  private readonly origin: DOMRect;

  // A drag by keyboard has no label: screen readers read it out.
  constructor(element: HTMLElement, title: string, private readonly hasLabel: boolean) {
    this.origin = element.getBoundingClientRect();
    this.label.append(create("strong", { textContent: title }), this.text, this.note);
    if (hasLabel) document.body.append(this.label);
  }

  follow(x: number, y: number): void {
    this.label.style.transform = translation(x + POINTER_OFFSET, y + POINTER_OFFSET);
  }

  showGhost(span: Span | null): void {
    if (!span) {
      this.ghost.remove();
      return;
    }
    find(".track", span.lane).append(this.ghost);
    place(this.ghost, span.from, span.to, axisOf());
    this.ghost.classList.toggle("bad", !span.isAllowed);
  }

  // A bracket around the arrival window that the customer was promised; red while the block would leave it.
  showWindow(span: Span | null): void {
    if (!span) {
      this.window.remove();
      return;
    }
    find(".track", span.lane).append(this.window);
    place(this.window, span.from, span.to, axisOf());
    this.window.classList.toggle("broken", !span.isAllowed);
  }

  // An outline of the best choice.
  showBest(span: Span): void {
    find(".track", span.lane).append(this.best);
    place(this.best, span.from, span.to, axisOf());
  }

  showLabel({ text, note, isRefused }: Label): void {
    this.text.textContent = text;
    this.note.textContent = note;
    this.label.classList.toggle("bad", isRefused);
  }

  // The drop has been sent to the server.
  showPending(): void {
    this.ghost.classList.add("pending");
  }

  // Moves the label back to where the drag began.
  async springBack(): Promise<void> {
    this.ghost.remove();
    this.best.remove();
    this.window.remove();
    if (!this.hasLabel || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const frames = [{}, { transform: translation(this.origin.left, this.origin.top) }];
    await this.label.animate(frames, { duration: SPRING_BACK_MS, easing: "ease-out", fill: "forwards" }).finished;
  }

  remove(): void {
    this.ghost.remove();
    this.best.remove();
    this.window.remove();
    this.label.remove();
  }
}

const translation = (x: number, y: number): string => `translate(${String(x)}px, ${String(y)}px)`;
