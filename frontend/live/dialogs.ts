// A modal question with fields. The browser's own <dialog> keeps the focus inside and closes with Escape.

import { create } from "../shared/dom";
import { t } from "../shared/messages";

export interface Question {
  dialog: HTMLDialogElement;
  submit: HTMLButtonElement;
  // True after the submit button, false after Cancel or Escape.
  answer: Promise<boolean>;
}

export function field(text: string, control: HTMLElement): HTMLElement {
  const label = create("label");
  label.append(create("span", { textContent: text }), control);
  return label;
}

// Without `canKeep` the dialog only tells something: it has one button.
export function ask(heading: string, content: HTMLElement[], submitText: string, { canKeep } = { canKeep: true }): Question {
  const dialog = create("dialog", { className: "ask", ariaLabel: heading });
  const form = create("form", { method: "dialog" });
  const submit = create("button", { type: "submit", className: "button", value: "yes", textContent: submitText });
  const cancel = create("button", { type: "button", textContent: t("keep") });
  cancel.addEventListener("click", () => {
    dialog.close();
  });
  const buttons = create("div", { className: "ask-buttons" });
  buttons.append(submit, ...(canKeep ? [cancel] : []));
  form.append(create("h2", { textContent: heading }), ...content, buttons);
  dialog.append(form);
  // Escape closes the dialog alone, not the panel behind it.
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
  });
  document.body.append(dialog);
  dialog.showModal();
  const answer = new Promise<boolean>((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
  return { dialog, submit, answer };
}
