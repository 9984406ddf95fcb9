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

// A page about work in the background is read again until the work is done.
window.addEventListener("load", () => {
  const working = document.querySelector("[data-reload-after]");
  if (working) setTimeout(() => location.reload(), Number(working.dataset.reloadAfter));
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
