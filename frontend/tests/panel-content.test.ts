import { beforeEach, describe, expect, it } from "vitest";

import { find } from "../shared/dom";
import { rankedCards, replaceContent } from "../live/panel-content";

interface Card {
  name: string;
  rank?: number;
}

const card = ({ name, rank }: Card): string => `
  <article data-candidate="${name}" data-name="${name}" data-rank="${rank === undefined ? "" : String(rank)}">
    <form data-offer data-contractor="${name}">
      <select>
        <option value="8:00" data-note="" data-apart=""></option>
        <option value="9:00" data-note="An hour later" data-apart="1 h later than desired"></option>
      </select>
      <button type="submit">Assign<span data-apart></span></button>
      <p data-note hidden></p>
    </form>
    <details data-formula></details>
  </article>`;

function ranking(...cards: Card[]): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = `
    <button data-close></button><p data-moved hidden></p>${cards.map(card).join("")}<input id="why-q">`;
  return template.content;
}

let drawer: HTMLElement;
const show = (content: DocumentFragment, isUpdate: boolean) => replaceContent(drawer, content, { isUpdate });
const select = (name: string): HTMLSelectElement => find<HTMLSelectElement>(`[data-contractor="${name}"] select`, drawer);
const changes = (): HTMLElement => find("[data-moved]", drawer);

beforeEach(() => {
  document.body.innerHTML = "<aside></aside>";
  drawer = find("aside");
  show(ranking({ name: "Ann", rank: 1 }, { name: "Bo", rank: 2 }), false);
});

it("the card of an answer is not ranked", () => {
  show(ranking({ name: "Ann", rank: 1 }, { name: "Cy" }), true);
  expect(rankedCards(drawer).map(({ dataset }) => dataset.name)).toEqual(["Ann"]);
});

describe("an update", () => {
  it("shows what has changed and marks the cards", () => {
    show(ranking({ name: "Bo", rank: 1 }, { name: "Cy", rank: 2 }), true);
    expect(changes().hidden).toBe(false);
    expect(changes().textContent).toContain("Ann is no longer listed");
    expect(rankedCards(drawer).every((element) => element.classList.contains("new"))).toBe(true);
  });

  it("shows nothing when nothing has changed", () => {
    show(ranking({ name: "Ann", rank: 1 }, { name: "Bo", rank: 2 }), true);
    expect(changes().hidden).toBe(true);
    expect(drawer.querySelector(".new")).toBeNull();
  });

  it("keeps the selected time with its note, the typed question and the focus", () => {
    select("Bo").value = "9:00";
    find<HTMLInputElement>("#why-q", drawer).value = "Cy";
    select("Bo").focus();
    show(ranking({ name: "Bo", rank: 1 }), true);
    expect(select("Bo").value).toBe("9:00");
    expect(find("p[data-note]", drawer).textContent).toBe("An hour later");
    expect(find("button", drawer.querySelector("form") ?? drawer).textContent).toBe("Assign: 1 h later than desired");
    expect(find<HTMLInputElement>("#why-q", drawer).value).toBe("Cy");
    expect(document.activeElement).toBe(select("Bo"));
  });
});

it("an update keeps the open formula of a candidate", () => {
  const formula = (name: string) => find<HTMLDetailsElement>(`[data-candidate="${name}"] details`, drawer);
  formula("Bo").open = true;
  show(ranking({ name: "Bo", rank: 1 }, { name: "Ann", rank: 2 }), true);
  expect([formula("Ann").open, formula("Bo").open]).toEqual([false, true]);
});

it("the first version of a job shows no changes and starts afresh", () => {
  find<HTMLInputElement>("#why-q", drawer).value = "Cy";
  show(ranking({ name: "Cy", rank: 1 }), false);
  expect(changes().hidden).toBe(true);
  expect(find<HTMLInputElement>("#why-q", drawer).value).toBe("");
});
