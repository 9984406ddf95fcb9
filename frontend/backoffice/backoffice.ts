// Every page of the back-office: accessible names and keyboard access for Unfold's widgets, and small conveniences.

import { findAll, targetOf } from "../shared/dom";
import { t } from "../shared/messages";
import { listenToChosenRecords } from "./chosen-records";
import { keepListFilters } from "./list-filters";
import { listenToPlan } from "./plan";
import { listenToReplacements } from "./replacements";
import { listenToTypedDates } from "./typed-dates";

const FILTERS_OPEN_MS = 50;
const isActivation = (event: KeyboardEvent): boolean => event.key === "Enter" || event.key === " ";

// Select2 replaces a field by its own box, without the name of the label.
function labelSelectBoxes(): void {
  for (const box of findAll(".select2-selection, .select2-selection__rendered")) {
    const field = box.closest(".select2")?.previousElementSibling;
    const label = field?.id ? document.querySelector(`label[for="${CSS.escape(field.id)}"]`) : null;
    if (label) box.setAttribute("aria-label", label.textContent.replace("*", "").trim());
  }
}

// Reads out the end of an import while the page is open, and keeps the keyboard focus in the panel.
function announceImport(): void {
  const panel = document.querySelector<HTMLElement>("#import-panel[data-fresh]");
  if (!panel) return;
  panel.removeAttribute("data-fresh");
  const status = document.getElementById("import-said");
  if (status) status.textContent = panel.querySelector("[data-said]")?.textContent.trim() ?? "";
  const isFocusLost = !document.activeElement || document.activeElement === document.body;
  if (isFocusLost) panel.querySelector<HTMLElement>("button, a")?.focus({ preventScroll: true });
}

// Unfold opens the filters by a link without an address, which the keyboard cannot reach: make it a button.
function makeFilterButton(): void {
  const opener = document.querySelector<HTMLElement>("a[x-on\\:click='filterOpen = true']");
  if (!opener) return;
  opener.setAttribute("role", "button");
  opener.tabIndex = 0;
  opener.dataset.filters = "";
  opener.addEventListener("keydown", (event) => {
    if (!isActivation(event)) return;
    event.preventDefault();
    opener.click();
  });
  opener.addEventListener("click", () => {
    setTimeout(() => {
      document.querySelector<HTMLElement>("#changelist-filter a, #changelist-filter input")?.focus();
    }, FILTERS_OPEN_MS);
  });
}

// Opens the first tab with errors, unless the open tab has some.
function openTabWithErrors(): void {
  const tabs = findAll("[data-tab][data-errors]");
  if (!tabs.some((tab) => tab.classList.contains("active"))) tabs[0]?.click();
}

// The Back button goes through the tabs.
function followTabInAddress(): void {
  const name = CSS.escape(location.hash.slice(1) || "general");
  if (!document.querySelector(`[data-tab="${name}"].active`)) document.querySelector<HTMLElement>(`[data-tab="${name}"]`)?.click();
}

// Unfold's icons that remove a row are no buttons: make them buttons for keyboards and screen readers.
function makeRemoveButtons(): void {
  for (const icon of findAll(".formset td.delete > label, .formset td.delete > .delete-template")) {
    icon.setAttribute("role", "button");
    icon.setAttribute("aria-label", t("removeRow"));
    icon.tabIndex = 0;
  }
}

function pressRemoveButton(event: KeyboardEvent): void {
  const button = targetOf(event);
  if (!(button instanceof HTMLElement) || !button.matches("td.delete > [role=button]") || !isActivation(event)) return;
  event.preventDefault();
  button.click();
}

// Typing a start or an end selects the option "these dates".
function selectDatesOption(event: Event): void {
  const field = targetOf(event);
  if (!(field instanceof HTMLInputElement) || !["start", "end"].includes(field.name)) return;
  const { form } = field;
  const dates = form?.querySelector<HTMLElement>("[data-dates]")?.dataset.dates;
  if (!form || !dates) return;
  const option = form.querySelector<HTMLInputElement>(`[value="${CSS.escape(dates)}"]`);
  if (option) option.checked = true;
}

window.addEventListener("load", () => {
  // jQuery's queue runs after the callbacks that draw the boxes, which may follow the load of the page.
  window.django?.jQuery?.(labelSelectBoxes);
  keepListFilters();
  makeFilterButton();
  openTabWithErrors();
  makeRemoveButtons();
  listenToReplacements();
  listenToPlan();
  listenToChosenRecords();
});
window.addEventListener("hashchange", followTabInAddress);
document.addEventListener("htmx:afterSettle", announceImport);
for (const name of ["formset:added", "formset:removed"]) document.addEventListener(name, makeRemoveButtons);
document.addEventListener("keydown", pressRemoveButton);
document.addEventListener("input", selectDatesOption);
listenToTypedDates();
// Recovery codes are shown once.
document.addEventListener("click", (event) => {
  if (targetOf(event)?.closest("[data-print]")) window.print();
});
