// Light or dark: one choice for the board and the back-office, kept where Unfold keeps it.

import { findAll, targetOf } from "../shared/dom";

const STORED = "adminTheme";
const CHOICES = ["light", "dark", "auto"];
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

interface UnfoldTheme {
  switchTheme: (choice: string) => void;
}

// Unfold's component on the pages of the back-office, which sets the class of the page itself.
function unfoldTheme(): UnfoldTheme | undefined {
  return document.documentElement.hasAttribute("x-data") ? window.Alpine?.$data(document.documentElement) : undefined;
}

function storedChoice(): string {
  try {
    const choice: unknown = JSON.parse(localStorage.getItem(STORED) ?? "null");
    return typeof choice === "string" && CHOICES.includes(choice) ? choice : "auto";
  } catch {
    return "auto";
  }
}

export function applyTheme(): void {
  const choice = storedChoice();
  for (const button of findAll("[data-theme]")) button.setAttribute("aria-pressed", String(button.dataset.theme === choice));
  if (document.documentElement.hasAttribute("x-data")) return;
  const { classList } = document.documentElement;
  classList.toggle("dark", choice === "dark" || (choice === "auto" && systemIsDark.matches));
  classList.toggle("light", choice === "light");
}

function choose(choice: string): void {
  unfoldTheme()?.switchTheme(choice);
  localStorage.setItem(STORED, JSON.stringify(choice));
  applyTheme();
}

export function listenToTheme(): void {
  systemIsDark.addEventListener("change", applyTheme);
  // Another tab has changed it.
  window.addEventListener("storage", (event) => {
    if (event.key === STORED) applyTheme();
  });
  document.addEventListener("click", (event) => {
    const choice = targetOf(event)?.closest<HTMLElement>("button[data-theme]")?.dataset.theme;
    if (choice) choose(choice);
  });
}
