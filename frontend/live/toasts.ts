// Short messages in the corner of the page, some with an Undo button.

import { create, find } from "../shared/dom";
import { t } from "../shared/messages";
import { RequestRefused } from "./actions";
import { announce } from "./announcer";

const VISIBLE_MS = 10 * 1000;
// Undo is offered only while the emails about the change wait, also under the pointer: see smartscheduler.notifications.undo.
const undoVisibleMs = (): number => Number(document.body.dataset.undo ?? 0) * 1000;
const container = find("[data-toasts]");

export function toast(text: string, kind: "done" | "refused" = "done", visibleMs = VISIBLE_MS): HTMLElement {
  const box = create("div", { className: `toast ${kind}` });
  const close = create("button", { type: "button", textContent: "✕", ariaLabel: t("dismiss") });
  close.addEventListener("click", () => {
    box.remove();
  });
  box.append(create("p", { textContent: text }), close);
  container.append(box);
  announce(text);
  removeLater(box, visibleMs);
  return box;
}

// A toast under the pointer or with the keyboard focus stays: its time starts again when they leave.
function removeLater(box: HTMLElement, visibleMs: number): void {
  let timer: number | undefined;
  const stop = () => {
    clearTimeout(timer);
  };
  const start = () => {
    stop();
    timer = window.setTimeout(() => {
      box.remove();
    }, visibleMs);
  };
  for (const type of ["pointerenter", "focusin"]) box.addEventListener(type, stop);
  for (const type of ["pointerleave", "focusout"]) box.addEventListener(type, start);
  start();
}

export function toastWithUndo(text: string, undo: () => Promise<unknown>): void {
  const visibleMs = undoVisibleMs();
  const box = toast(text, "done", Math.max(visibleMs, VISIBLE_MS));
  if (!visibleMs) return;
  const button = create("button", { type: "button", className: "undo", textContent: t("undo"), title: t("undoKey") });
  button.setAttribute("aria-keyshortcuts", "u"); // header/shortcuts.ts
  find("p", box).after(button);
  window.setTimeout(() => {
    if (document.activeElement === button) find("button:last-child", box).focus();
    button.remove();
  }, visibleMs);
  button.addEventListener("click", () => {
    button.disabled = true;
    void undo()
      .then(
        () => toast(t("undone")),
        (error: unknown) => toast(t("undoFailed", { reason: errorText(error) }), "refused"),
      )
      .finally(() => {
        if (box.contains(document.activeElement)) document.getElementById("main")?.focus({ preventScroll: true });
        box.remove();
      });
  });
}

export const toastError = (error: unknown): HTMLElement => toast(errorText(error), "refused");

// The API explains a refusal in a sentence; other errors are not meaningful to users.
export const errorText = (error: unknown): string => (error instanceof RequestRefused ? error.message : t("unexpectedError"));
