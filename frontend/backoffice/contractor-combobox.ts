// Suggestions of contractors while a name is typed: a combobox with a list box (WAI-ARIA).

import { dataValue, find, targetOf } from "../shared/dom";

const TYPING_MS = 150;
const MIN_LETTERS = 2;

export class ContractorCombobox {
  private readonly contractor: HTMLInputElement;
  private readonly form: HTMLFormElement;
  private activeIndex = -1;
  private typingTimer: number | undefined;
  private requests = 0;

  constructor(
    private readonly input: HTMLInputElement,
    private readonly list: HTMLElement,
  ) {
    if (!input.form) throw new Error("The input has no form.");
    this.form = input.form;
    this.contractor = find<HTMLInputElement>("[name=contractor]", this.form);
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, autocomplete: "off" };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    input.setAttribute("aria-expanded", "false");
  }

  listen(): void {
    this.input.addEventListener("input", () => this.handleInput());
    this.input.addEventListener("keydown", (event) => this.handleKey(event));
    // A click on an option comes after the blur.
    this.input.addEventListener("blur", () => setTimeout(() => this.toggle(false), TYPING_MS));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = targetOf(event)?.closest<HTMLElement>("[role=option]");
      if (option) this.select(option);
    });
  }

  private get options(): HTMLElement[] {
    return [...this.list.children] as HTMLElement[];
  }

  private toggle(isOpen: boolean): void {
    this.list.hidden = !isOpen || !this.options.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.activate(-1);
  }

  private activate(index: number): void {
    this.activeIndex = index;
    this.options.forEach((option, position) => option.setAttribute("aria-selected", String(position === index)));
    const option = this.options[index];
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  private select(option: HTMLElement): void {
    this.input.value = dataValue(option, "name");
    this.contractor.value = dataValue(option, "contractor");
    this.toggle(false);
    this.form.requestSubmit();
  }

  private handleInput(): void {
    this.contractor.value = "";
    clearTimeout(this.typingTimer);
    this.typingTimer = window.setTimeout(() => void this.load(), TYPING_MS);
  }

  private async load(): Promise<void> {
    this.requests += 1;
    const request = this.requests;
    const q = this.input.value.trim();
    if (q.length < MIN_LETTERS) {
      this.toggle(false);
      return;
    }
    const address = `${dataValue(this.list, "people")}?${new URLSearchParams({ q }).toString()}`;
    const response = await fetch(address).catch(() => null);
    // A slow response to fewer letters does not replace a later one.
    if (request !== this.requests || !response?.ok || response.redirected) return;
    this.list.innerHTML = await response.text();
    this.toggle(document.activeElement === this.input);
  }

  private handleKey(event: KeyboardEvent): void {
    const isOpen = !this.list.hidden;
    if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      this.toggle(false);
    } else if (event.key === "ArrowDown" || (event.key === "ArrowUp" && isOpen)) {
      event.preventDefault();
      this.step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") this.handleEnter(event);
  }

  // Opens the list, or goes to the next option; the last one is followed by the first.
  private step(direction: -1 | 1): void {
    const { length } = this.options;
    if (!length) return;
    if (this.list.hidden) {
      this.toggle(true);
      this.activate(0);
      return;
    }
    const from = direction < 0 && this.activeIndex < 0 ? length : this.activeIndex;
    this.activate((from + direction + length) % length);
  }

  private handleEnter(event: KeyboardEvent): void {
    clearTimeout(this.typingTimer);
    this.requests += 1; // a response that is on its way is not shown any more
    const option = this.options[this.activeIndex];
    if (!option) {
      this.toggle(false);
      return;
    }
    event.preventDefault();
    this.select(option);
  }
}
