import { afterEach, describe, expect, it } from "vitest";

import { formatDateTime, formatList, formatMinute, formatNumber, weekdayName } from "../shared/formatting";
import { en } from "../shared/locales/en";
import { catalogFor, format, t } from "../shared/messages";

afterEach(() => {
  document.documentElement.lang = "";
});

describe("messages", () => {
  it("fill in their placeholders", () => {
    expect(t("jobAssigned", { job: "JOB-1", contractor: "Ann" })).toBe("JOB-1 was assigned to Ann.");
  });

  it("do not read what they fill in", () => {
    expect(t("jobAssigned", { job: "{contractor}", contractor: "Ann & $1" })).toBe("{contractor} was assigned to Ann & $1.");
  });

  it("have the plural form of the language", () => {
    expect(t("moreChanges", { count: 1 })).toBe("1 more change");
    expect(t("moreChanges", { count: 1200 })).toBe("1,200 more changes");
    const polish = { one: "{count} zmiana", few: "{count} zmiany", other: "{count} zmian" };
    expect([1, 3, 5].map((count) => format(polish, { count }, "pl"))).toEqual(["1 zmiana", "3 zmiany", "5 zmian"]);
  });

  it("fall back to English", () => {
    document.documentElement.lang = "xx";
    expect(t("undo")).toBe("Undo");
    expect([catalogFor("en-US"), catalogFor("EN"), catalogFor("")]).toEqual([en, en, en]);
  });

  it("have no stray spaces and no vague actor", () => {
    for (const message of Object.values(en)) {
      for (const text of typeof message === "string" ? [message] : Object.values(message)) {
        expect(text).toBe(text.trim());
        expect(text).not.toMatch(/\b(nobody|somebody|whoever)\b/i);
      }
    }
  });
});

describe("formats", () => {
  it("follow the language of the page", () => {
    expect([formatNumber(1234.5, "en"), formatNumber(1234.5, "de")]).toEqual(["1,234.5", "1.234,5"]);
    expect([formatList(["a", "b"], "en"), formatList(["a", "b"], "es")]).toEqual(["a and b", "a y b"]);
    expect([0, 1, 6].map((day) => weekdayName(day, "en"))).toEqual(["Sunday", "Monday", "Saturday"]);
    expect(weekdayName(1, "es")).toBe("lunes");
  });

  it("show minutes of the day as the board does", () => {
    expect([0, 570, 599.6, 1439].map(formatMinute)).toEqual(["00:00", "09:30", "10:00", "23:59"]);
  });

  it("leave out the date of today", () => {
    const now = new Date(2026, 2, 8, 12);
    const [today, yesterday] = [new Date(2026, 2, 8, 9), new Date(2026, 2, 7, 9)];
    expect(formatDateTime(today, now)).not.toMatch(/Mar/);
    expect(formatDateTime(yesterday, now)).toMatch(/7/);
  });
});
