// The tools above a contractor's working hours: Monday's hours for other days, a shift on several days at once.
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

// Unfold writes the rows after a removed one anew from their markup: what was typed has to be in it.
document.addEventListener("change", ({ target }) => {
  if (!target.closest(".formset")) return;
  if (target.matches("select")) for (const option of target.options) option.toggleAttribute("selected", option.selected);
  else if (target.matches("input:not([type=checkbox])")) target.setAttribute("value", target.value);
});

function hoursTools(tools) {
  const prefix = tools.dataset.hours;
  const group = document.getElementById(`${prefix}-group`);
  const told = tools.querySelector("[data-told]");
  const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const isGone = (row) => field(row, "DELETE")?.checked ?? false;
  const rows = () => [...group.querySelectorAll(".form-group:not(.empty-form)")].filter((row) => !isGone(row));
  const rowsOf = (day) => rows().filter((row) => field(row, "day_of_week").value === String(day));
  const isBlank = (row) => ["day_of_week", "start_time", "end_time"].every((name) => !field(row, name).value);

  function set(row, name, value) {
    field(row, name).value = value;
    field(row, name).dispatchEvent(new Event("change", { bubbles: true }));
  }

  function write(row, day, start, end) {
    set(row, "day_of_week", String(day));
    set(row, "start_time", start);
    set(row, "end_time", end);
  }

  function add(day, start, end) {
    if (!rows().some(isBlank)) group.querySelector(".add-row").click();
    const row = rows().find(isBlank);
    if (row) write(row, day, start, end);
  }

  function remove(row) {
    const box = field(row, "DELETE");
    if (box?.closest(".form-group.original")) box.click();
    else row.querySelector(".delete-template").click();
  }

  function copyMonday(days) {
    const monday = rowsOf(1).map((row) => [field(row, "start_time").value, field(row, "end_time").value]);
    if (!monday.length) return say("Monday has no hours to copy.");
    for (const day of days) {
      monday.forEach(([start, end], n) => {
        const row = rowsOf(day)[n];
        if (row) write(row, day, start, end);
        else add(day, start, end);
      });
      rowsOf(day).slice(monday.length).forEach(remove);
    }
    say(`Monday's hours are now those of ${days.map((day) => DAYS[day]).join(", ")}. Save to keep them.`);
  }

  function addShift() {
    const days = [...tools.querySelectorAll(".hours-days input:checked")].map((box) => Number(box.value));
    const [start, end] = ["from", "to"].map((name) => tools.querySelector(`[data-${name}]`).value);
    if (!days.length || !start || !end) return say("Choose at least one day, and from when to when.");
    if (start === end) return say("A shift starts before it ends.");
    for (const day of days) {
      if (end > start || end === "00:00") add(day, start, end);
      else {
        add(day, start, "00:00");
        add((day + 1) % 7, "00:00", end);
      }
    }
    say(`Added ${start}–${end} on ${days.map((day) => DAYS[day]).join(", ")}. Save to keep it.`);
  }

  const say = (text) => (told.textContent = text);
  for (const button of tools.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copyMonday(button.dataset.copy.split(",").map(Number)));
  }
  tools.querySelector("[data-add]").addEventListener("click", addShift);
  tools.hidden = false;
}

window.addEventListener("load", () => document.querySelectorAll("[data-hours]").forEach(hoursTools));
