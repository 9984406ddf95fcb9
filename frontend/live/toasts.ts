// Short messages in the corner of the page, some with an Undo button.

import { create, find } from "../shared/dom";
import { t } from "../shared/messages";
import { RequestRefused } from "./actions";
import { announce } from "./announcer";

const VISIBLE_MS = 10 * 1000;
const container = find("[data-toasts]");

export function toast(text: string, kind: "done" | "refused" = "done"): HTMLElement {
  const box = create("div", { className: `toast ${kind}` });
  const close = create("button", { type: "button", textContent: "✕", ariaLabel: t("dismiss") });
  close.addEventListener("click", () => {
    box.remove();
  });
  box.append(create("p", { textContent: text }), close);
  container.append(box);
  announce(text);
  setTimeout(() => {
    box.remove();
  }, VISIBLE_MS);
  return box;
}

export function toastWithUndo(text: string, undo: () => Promise<unknown>): void {
  const box = toast(text);
  const button = create("button", { type: "button", className: "undo", textContent: t("undo") });
  find("p", box).after(button);
  button.addEventListener("click", () => {
    button.disabled = true;
    void undo()
      .then(
        () => toast(t("undone")),
        (error: unknown) => toast(t("undoFailed", { reason: errorText(error) }), "refused"),
      )
      .finally(() => {
        box.remove();
      });
  });
}

export const toastError = (error: unknown): HTMLElement => toast(errorText(error), "refused");

// The API explains a refusal in a sentence; other errors mean nothing to people.
const errorText = (error: unknown): string => (error instanceof RequestRefused ? error.message : t("unexpectedError"));
