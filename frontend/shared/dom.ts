// Typed access to the page's elements.

// The element that a template always contains. Throws when it is missing.
export function find<T extends HTMLElement>(selector: string, within: ParentNode = document): T {
  const element = within.querySelector<T>(selector);
  if (!element) throw new Error(`The page has no ${selector}.`);
  return element;
}

export function findAll<T extends HTMLElement>(selector: string, within: ParentNode = document): T[] {
  return [...within.querySelectorAll<T>(selector)];
}

export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}

// The value of a data attribute that a template always writes. Throws when it is missing.
export function dataValue(element: HTMLElement, name: string): string {
  const value = element.dataset[name];
  if (value === undefined) throw new Error(`${element.localName} has no data attribute ${name}.`);
  return value;
}

// The element that an event is about; `null` for events of the document or the window.
export const targetOf = (event: Event): Element | null => (event.target instanceof Element ? event.target : null);
