// Keys and typing, as a browser reports them to the scripts of a page.

import { vi } from "vitest";

// The pause after which a combobox loads its options (shared/combobox.ts).
export const TYPING_MS = 150;

/** Press a key on an element. Returns false if a script handles the key itself. */
export const pressOn = (target: EventTarget, key: string): boolean =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

/** Replace the text of a combobox and wait, with fake timers, until it has loaded its options. */
export async function typeInto(input: HTMLInputElement, text: string): Promise<void> {
  input.value = text;
  input.dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(TYPING_MS);
}
