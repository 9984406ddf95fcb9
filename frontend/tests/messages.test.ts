import { afterEach, describe, expect, it } from "vitest";

import { formatDateTime, formatList, formatMinute, formatMinutes, formatNumber, formatTime, weekdayName } from "../shared/formatting";
import { timeAgo } from "../live/times";
import { en } from "../shared/locales/en";
import { catalogFor, format, t } from "../shared/messages";

const readWith24Hours = (): void => {
  document.head.innerHTML = '<meta name="clock" content="24">';
};

afterEach(() => {
  document.documentElement.lang = "";
  document.head.innerHTML = "";
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

  it("write times of day with the clock of the reader", () => {
    expect([0, 570, 599.6, 1439].map((minute) => formatMinute(minute, "en"))).toEqual(["12:00 AM", "9:30 AM", "10:00 AM", "11:59 PM"]);
    readWith24Hours();
    expect([0, 570, 599.6, 1439].map((minute) => formatMinute(minute, "en"))).toEqual(["00:00", "09:30", "10:00", "23:59"]);
  });

  it("write AM and PM of a range once if both ends have the same", () => {
    const ranges = (): string[] => [formatMinutes(540, 660, "en"), formatMinutes(660, 780, "en"), formatMinutes(1200, 1440, "en")];
    expect(ranges()).toEqual(["9:00–11:00 AM", "11:00 AM–1:00 PM", "8:00 PM–12:00 AM"]);
    readWith24Hours();
    expect(ranges()).toEqual(["09:00–11:00", "11:00–13:00", "20:00–24:00"]);
  });

  it("write dates as the server does", () => {
    const date = new Date(2026, 10, 24, 15);
    expect([formatDateTime(date, "en"), formatTime(date, "en")]).toEqual(["Tue, Nov 24, 3:00 PM", "3:00 PM"]);
    readWith24Hours();
    expect([formatDateTime(date, "en"), formatTime(date, "en")]).toEqual(["Tue, Nov 24, 15:00", "15:00"]);
  });

  it("say how long ago something happened", () => {
    const now = new Date(2026, 10, 24, 15);
    const minutes = [-1, 0.4, 1, 59, 60, 119, 24 * 60, 50 * 60];
    const texts = minutes.map((count) => timeAgo(new Date(now.getTime() - count * 60_000), now));
    expect(texts).toEqual([
      "just now",
      "just now",
      "1 min ago",
      "59 min ago",
      "1 h ago",
      "2 h ago",
      "1 day ago",
      "2 days ago",
    ]);
  });
});
