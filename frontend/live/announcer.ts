// The live region of the page: what screen readers read out.

import { find } from "../shared/dom";

// Reads out `text`. The trailing space makes a repeated text a change, so that it is read out again.
export function announce(text: string): void {
  const region = find("[data-announce]");
  region.textContent = region.textContent === text ? `${text} ` : text;
}
