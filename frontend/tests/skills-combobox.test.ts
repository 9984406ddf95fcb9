import { describe, expect, it } from "vitest";

import { matchingSkills, replaceSkill, withLastSkill } from "../backoffice/skills-combobox";

const KNOWN = ["Ceramic", "Large tile", "Mosaic", "Tile repair"];

describe("suggested skills", () => {
  it("contain the last name; those that begin with it come first", () => {
    expect(matchingSkills("tile", KNOWN)).toEqual(["Tile repair", "Large tile"]);
    expect(matchingSkills("Mosaic, cer", KNOWN)).toEqual(["Ceramic"]);
  });

  it("are all that are not in the list yet, after a comma", () => {
    expect(matchingSkills("ceramic, ", KNOWN)).toEqual(["Large tile", "Mosaic", "Tile repair"]);
  });

  it("leave out a name that is complete", () => {
    expect(matchingSkills("Ceramic", KNOWN)).toEqual([]);
  });
});

it("a selected skill replaces the last name", () => {
  expect(withLastSkill("Mosaic, cer", "Ceramic")).toBe("Mosaic, Ceramic, ");
  expect(withLastSkill("", "Ceramic")).toBe("Ceramic, ");
});

it("a corrected spelling replaces only its name", () => {
  expect(replaceSkill("Mosaic, cermic, Stairs", "cermic", "Ceramic")).toBe("Mosaic, Ceramic, Stairs");
});
