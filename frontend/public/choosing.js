// Choosing from a ranking or from free slots: the second step in place, whom one may mean, and what htmx is up to.

// --- The second step: the first click on the button asks, the second one does it --------------------------------
function step(form, name) {
  return form.querySelector(`[data-step="${name}"]`);
}

function chosenTime(form) {
  const choice = form.querySelector("input[type=radio]:checked:not(:disabled)");
  if (!choice) return "";
  if (choice.dataset.when) return choice.dataset.when;
  return form.querySelector("input[type=datetime-local]")?.value.replace("T", ", ") ?? "";
}

// The time, and what is different from what the customer wanted or has been told.
function sayWhatIsChosen(form) {
  const question = step(form, "confirm");
  if (!question) return;
  question.querySelector("[data-when]").textContent = chosenTime(form);
  const note = question.querySelector("[data-note]");
  note.textContent = form.querySelector("input[type=radio]:checked:not(:disabled)")?.dataset.note ?? "";
  note.hidden = !note.textContent;
}

function ask(form, asking) {
  step(form, "choose").hidden = asking;
  step(form, "confirm").hidden = !asking;
  if (asking) sayWhatIsChosen(form);
  const next = asking ? step(form, "confirm").querySelector("[name=confirmed]") : step(form, "choose").querySelector("[type=submit]");
  next.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-asks]") || event.submitter?.name === "confirmed") return;
  // Without a time the server says what is missing; when the question stands already, Enter in a field repeats it.
  if (!chosenTime(form) || !step(form, "confirm")) return;
  event.preventDefault();
  ask(form, true);
});

document.addEventListener("click", (event) => {
  // The second half of a double click is no answer to a question that it has not seen.
  if (event.detail > 1 && event.target.closest("[name=confirmed]")) event.preventDefault();
  const back = event.target.closest("[data-back]");
  if (back) ask(back.closest("form"), false);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-asks]");
  if (!form) return;
  if (event.target.matches("input[type=datetime-local]")) {
    const typed = form.querySelector("input[type=radio][value=typed]");
    if (typed) typed.checked = true;
  }
  sayWhatIsChosen(form);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const asking = event.target.closest?.("[data-asks]");
  if (asking && step(asking, "confirm")?.hidden === false) ask(asking, false);
});

// Going back shows a page as it was left: the question is put anew.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// --- Whom one may mean, while one types -------------------------------------------------------------------------
function suggest(input, list) {
  const form = input.form;
  const person = form.querySelector("[name=contractor]");
  let active = -1;
  let waiting = 0;
  let asked = 0;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("autocomplete", "off");

  function show(open) {
    list.hidden = !open || !list.children.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    mark(-1);
  }

  function mark(position) {
    active = position;
    [...list.children].forEach((one, n) => one.setAttribute("aria-selected", String(n === active)));
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[active].id);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  }

  function take(option) {
    input.value = option.dataset.name;
    person.value = option.dataset.contractor;
    show(false);
    form.requestSubmit();
  }

  async function read() {
    const mine = ++asked;
    const words = input.value.trim();
    if (words.length < 2) return show(false);
    const answer = await fetch(`${list.dataset.people}?${new URLSearchParams({ q: words })}`).catch(() => null);
    // A slow answer to fewer letters is not shown over a later one.
    if (mine !== asked || !answer?.ok || answer.redirected) return;
    list.innerHTML = await answer.text();
    show(document.activeElement === input);
  }

  input.addEventListener("input", () => {
    person.value = "";
    clearTimeout(waiting);
    waiting = setTimeout(read, 150);
  });
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      show(false);
    } else if (event.key === "ArrowDown" && list.hidden && count) {
      event.preventDefault();
      show(true);
      mark(0);
    } else if (event.key === "ArrowDown" || (event.key === "ArrowUp" && !list.hidden)) {
      event.preventDefault();
      if (count) mark((active + (event.key === "ArrowDown" ? 1 : count - (active < 0 ? 0 : 1))) % count);
    } else if (event.key === "Enter") {
      clearTimeout(waiting);
      asked++;
      if (active < 0) return show(false);
      event.preventDefault();
      take(list.children[active]);
    }
  });
  input.addEventListener("blur", () => setTimeout(() => show(false), 150));
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}

{
  const list = document.getElementById("people");
  const input = list?.closest(".asking").querySelector("input[name=q]");
  if (input) suggest(input, list);
}

// --- What htmx is up to -----------------------------------------------------------------------------------------
const ranking = () => document.getElementById("ranking");
const announce = (text) => {
  const status = document.getElementById("ranking-status");
  if (status) status.textContent = text;
};

document.body.addEventListener("htmx:configRequest", (event) => {
  // What was left empty does not stand in the address.
  for (const [name, value] of [...event.detail.formData.entries()]) if (value === "") event.detail.formData.delete(name);
});
document.body.addEventListener("htmx:beforeRequest", () => {
  ranking()?.setAttribute("aria-busy", "true");
  document.getElementById("ranking-trouble")?.remove();
  announce("Looking …");
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  // Signed out meanwhile: the answer is the page to sign in.
  if (event.detail.xhr.status === 200 && !event.detail.xhr.responseText.includes('id="ranking"')) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(name, () => {
    ranking()?.setAttribute("aria-busy", "false");
    const trouble = document.createElement("p");
    trouble.id = "ranking-trouble";
    trouble.setAttribute("role", "alert");
    trouble.className = "trouble";
    trouble.textContent = "This could not be read: what is below is as it was. Try again in a moment.";
    ranking()?.before(trouble);
    announce("");
  });
}
