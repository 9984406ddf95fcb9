// Numbers, lists, dates and times through Intl. Words follow the language of the page, clocks the settings of the browser.

// The language of the page, as a BCP 47 tag.
export const language = (): string => document.documentElement.lang || "en";

const CLOCK = { hour: "2-digit", minute: "2-digit" } as const;
const timeFormat = new Intl.DateTimeFormat(undefined, CLOCK);
const dateTimeFormat = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", ...CLOCK });
// 1970-01-04 was a Sunday.
const A_SUNDAY = Date.UTC(1970, 0, 4);
const DAY_MS = 24 * 60 * 60 * 1000;

export const formatTime = (date: Date): string => timeFormat.format(date);

// The time alone on the day of `now`, else date and time.
export function formatDateTime(date: Date, now = new Date()): string {
  const isToday = date.toDateString() === now.toDateString();
  return isToday ? formatTime(date) : dateTimeFormat.format(date);
}

export const formatNumber = (value: number, tag = language()): string => new Intl.NumberFormat(tag).format(value);

export const formatList = (items: string[], tag = language()): string => new Intl.ListFormat(tag).format(items);

// The name of a day of the week; 0 is Sunday.
export function weekdayName(day: number, tag = language()): string {
  return new Intl.DateTimeFormat(tag, { weekday: "long", timeZone: "UTC" }).format(A_SUNDAY + day * DAY_MS);
}

// A minute of the day as the board shows it: 570 is 09:30.
export function formatMinute(minute: number): string {
  const whole = Math.round(minute);
  const [hours, minutes] = [Math.floor(whole / 60), whole % 60];
  return `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}
