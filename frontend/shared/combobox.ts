// Suggestions while a text is typed: a combobox with a list box (WAI-ARIA). The server renders the options.

import { findAll, targetOf } from "./dom";

const TYPING_MS = 150;

export abstract class Combobox {
  private activeIndex = -1;
  private typingTimer: number | undefined;
  private requests = 0;

  constructor(
    protected readonly input: HTMLInputElement,
    protected readonly list: HTMLElement,
    private readonly minLetters: number,
  ) {
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, autocomplete: "off" };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    input.setAttribute("aria-expanded", "false");
  }

  // The options for the text as HTML; null keeps the present ones.
  protected abstract fetchOptions(text: string): Promise<string | null>;

  protected abstract select(option: HTMLElement): void;

  // Something was typed.
  protected onInput(): void {
    return;
  }

  // Enter without an active option; true when it has been handled.
  protected onEnter(): boolean {
    return false;
  }

  protected onLoaded(): void {
    return;
  }

  listen(): void {
    this.input.addEventListener("input", () => this.handleInput());
    this.input.addEventListener("keydown", (event) => this.handleKey(event));
    // A click on an option comes after the blur.
    this.input.addEventListener("blur", () => setTimeout(() => this.toggle(false), TYPING_MS));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.handleClick(event));
  }

  protected get options(): HTMLElement[] {
    return findAll("[role=option]", this.list);
  }

  protected get text(): string {
    return this.input.value.trim();
  }

  protected toggle(isOpen: boolean): void {
    this.list.hidden = !isOpen || !this.list.childElementCount;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.activate(-1);
  }

  // Loads the options of the present text at once.
  protected async load(): Promise<void> {
    clearTimeout(this.typingTimer);
    this.requests += 1;
    const request = this.requests;
    if (this.text.length < this.minLetters) {
      this.toggle(false);
      return;
    }
    const options = await this.fetchOptions(this.text);
    // A slow response to fewer letters does not replace a later one.
    if (request !== this.requests || options === null) return;
    this.list.innerHTML = options;
    this.toggle(document.activeElement === this.input);
    this.onLoaded();
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

  private handleInput(): void {
    this.onInput();
    clearTimeout(this.typingTimer);
    this.typingTimer = window.setTimeout(() => void this.load(), TYPING_MS);
  }

  private handleClick(event: MouseEvent): void {
    const option = targetOf(event)?.closest<HTMLElement>("[role=option]");
    // A click with a key opens the address of an option in a new tab.
    if (option && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      this.select(option);
    }
  }

  private handleKey(event: KeyboardEvent): void {
    const isOpen = !this.list.hidden;
    if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      event.preventDefault();
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
    if (option) {
      event.preventDefault();
      this.select(option);
    } else if (this.onEnter()) event.preventDefault();
    else this.toggle(false);
  }
}
