// What the server has understood of a typed text, as a sentence below its field.

import { create } from "../shared/dom";

export interface Understood {
  text: string;
  is_problem: boolean;
}

export type TextField = HTMLInputElement | HTMLSelectElement;

// The paragraph below a field; the first call makes it.
export function outputOf(field: TextField): HTMLElement {
  const id = `${field.id}-understood`;
  const present = document.getElementById(id);
  if (present) return present;
  const output = create("p", { id, className: "understood", hidden: true });
  output.setAttribute("aria-live", "polite");
  (field.closest("div.max-w-2xl") ?? field).after(output);
  field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  return output;
}

// Shows the sentence, followed by `more`.
export function showUnderstood(field: TextField, understood: Understood | undefined, more: () => HTMLElement[] = () => []): void {
  const output = outputOf(field);
  // Half a text is no mistake yet, and a mistake that the server has named is not named twice.
  const isUnfinished = understood?.is_problem === true && document.activeElement === field;
  const isRefused = field.closest(".group")?.querySelector(".errorlist")?.textContent.includes(understood?.text ?? "\n") === true;
  const text = isUnfinished ? "" : (understood?.text ?? "");
  if (output.dataset.text === text) return;
  output.dataset.text = text;
  const parts = [...(isRefused || !text ? [] : [text]), ...(text ? more() : [])];
  output.hidden = !parts.length;
  output.classList.toggle("is-problem", understood?.is_problem === true);
  output.replaceChildren(...parts);
}
