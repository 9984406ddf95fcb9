// Suggestions of known skills for the last name of a list that is separated by commas.

import { Combobox } from "../shared/combobox";
import { create } from "../shared/dom";

const MOST_OPTIONS = 8;

const names = (text: string): string[] => text.split(",").map((name) => name.trim());
const key = (name: string): string => name.trim().toLowerCase();

// The known skills that contain the last name of `text` and are not in it yet; those that begin with it come first.
export function matchingSkills(text: string, known: string[]): string[] {
  const typed = names(text);
  const last = key(typed.at(-1) ?? "");
  const present = new Set(typed.slice(0, -1).map(key));
  const matches = known.filter((name) => key(name).includes(last) && key(name) !== last && !present.has(key(name)));
  const rank = (name: string): number => (key(name).startsWith(last) ? 0 : 1);
  return matches.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_OPTIONS);
}

// `text` with another last name, ready for the next one.
export const withLastSkill = (text: string, name: string): string => `${[...names(text).slice(0, -1), name].join(", ")}, `;

export const replaceSkill = (text: string, typed: string, instead: string): string =>
  names(text)
    .map((name) => (key(name) === key(typed) ? instead : name))
    .join(", ");

export class SkillsCombobox extends Combobox {
  constructor(
    input: HTMLInputElement,
    list: HTMLElement,
    private readonly known: string[],
  ) {
    super(input, list, 0);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && !this.options.length) void this.load();
    });
  }

  protected override fetchOptions(text: string): Promise<string> {
    const items = matchingSkills(text, this.known).map((name, position) => {
      const item = create("li", { id: `${this.list.id}-${String(position)}`, textContent: name });
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      return item.outerHTML;
    });
    return Promise.resolve(items.join(""));
  }

  protected override select(option: HTMLElement): void {
    this.toggle(false);
    this.input.value = withLastSkill(this.input.value, option.textContent);
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.input.focus();
  }
}
