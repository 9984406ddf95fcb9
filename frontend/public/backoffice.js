// Select2 draws its own box and leaves it without a name: give it that of the field's label.
function nameBoxes() {
  for (const box of document.querySelectorAll(".select2-selection, .select2-selection__rendered")) {
    const field = box.closest(".select2")?.previousElementSibling;
    const label = field?.id && document.querySelector(`label[for="${field.id}"]`);
    if (label) box.setAttribute("aria-label", label.textContent.replace("*", "").trim());
  }
}

// Queued behind the callbacks that draw the boxes, which may run after the page has loaded.
window.addEventListener("load", () => window.django?.jQuery?.(nameBoxes));

// What has come to its end while the page was open is said aloud, and keeps the keyboard where it was.
document.addEventListener("htmx:afterSettle", () => {
  const panel = document.querySelector("#import-panel[data-fresh]");
  if (!panel) return;
  panel.removeAttribute("data-fresh");
  document.getElementById("import-said").textContent = panel.querySelector("[data-said]")?.textContent.trim() ?? "";
  const lost = !document.activeElement || document.activeElement === document.body;
  if (lost) panel.querySelector("button, a")?.focus({ preventScroll: true });
});

// Unfold opens the filters by a link that leads nowhere and that the keyboard cannot reach: make it a button.
window.addEventListener("load", () => {
  const opener = document.querySelector("a[x-on\\:click='filterOpen = true']");
  if (!opener) return;
  opener.setAttribute("role", "button");
  opener.tabIndex = 0;
  opener.dataset.filters = "";
  opener.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    opener.click();
  });
  opener.addEventListener("click", () => setTimeout(() => document.querySelector("#changelist-filter a, #changelist-filter input")?.focus(), 50));
});

// Tabs: one with errors is opened when the shown one has none, and the back button goes through them.
const openTab = (name) => document.querySelector(`[data-tab="${CSS.escape(name)}"]`)?.click();

window.addEventListener("load", () => {
  const wrong = [...document.querySelectorAll("[data-tab][data-errors]")];
  if (wrong.length && !wrong.some((tab) => tab.classList.contains("active"))) wrong[0].click();
});

window.addEventListener("hashchange", () => {
  const name = location.hash.slice(1) || "general";
  if (!document.querySelector(`[data-tab="${CSS.escape(name)}"].active`)) openTab(name);
});

// Unfold's bins of rows are no buttons: make them ones, for the keyboard and for those who listen.
function nameBins() {
  for (const bin of document.querySelectorAll(".formset td.delete > label, .formset td.delete > .delete-template")) {
    bin.setAttribute("role", "button");
    bin.setAttribute("aria-label", "Remove this row");
    bin.tabIndex = 0;
  }
}

window.addEventListener("load", nameBins);
for (const event of ["formset:added", "formset:removed"]) document.addEventListener(event, nameBins);
document.addEventListener("keydown", (event) => {
  if (!event.target.matches("td.delete > [role=button]") || !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  event.target.click();
});

// Whoever says from when until when has chosen that.
document.addEventListener("input", ({ target }) => {
  const dates = target.form?.querySelector("[data-dates]")?.dataset.dates;
  if (dates && ["start", "end"].includes(target.name)) target.form.querySelector(`[value="${dates}"]`).checked = true;
});

// Recovery codes are shown once: on paper, or never again.
document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
