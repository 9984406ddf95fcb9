// Numbers, lists, dates and times through Intl, in the language of the page. Times of day have the same form as the
// texts of the server (smartscheduler/core/formatting.py): "9:30 AM", or "09:30" for readers who choose 24 hours.

// The language of the page, as a BCP 47 tag.
export const language = (): string => document.documentElement.lang || "en";

const DAY = { weekday: "short", month: "short", day: "numeric" } as const;
// 1970-01-04 was a Sunday.
const A_SUNDAY = Date.UTC(1970, 0, 4);
const MINUTE_MS = 60 * 1000;
const MINUTES_A_DAY = 24 * 60;
const DAY_MS = MINUTES_A_DAY * MINUTE_MS;

const has24Hours = (): boolean => document.querySelector<HTMLMetaElement>('meta[name="clock"]')?.content === "24";

const formats = new Map<string, Intl.DateTimeFormat>();

// A new Intl.DateTimeFormat takes longer than many uses of it.
function dateTimeFormat(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const clock = has24Hours()
    ? ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const)
    : ({ hour: "numeric", minute: "2-digit", hourCycle: "h12" } as const);
  const key = JSON.stringify([tag, options, clock]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(tag, { ...options, ...clock });
  formats.set(key, format);
  return format;
}

// Browsers differ in the space before AM and PM.
const plainSpaces = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ");

export const formatTime = (date: Date, tag = language()): string => plainSpaces(dateTimeFormat(tag, {}).format(date));

// Date and time in the time zone of the browser: Tue, Nov 24, 3:00 PM.
export const formatDateTime = (date: Date, tag = language()): string => plainSpaces(dateTimeFormat(tag, DAY).format(date));

export const formatNumber = (value: number, tag = language()): string => new Intl.NumberFormat(tag).format(value);

// A share from 0 to 1 as `41%`.
export const formatPercent = (share: number, tag = language()): string => new Intl.NumberFormat(tag, { style: "percent" }).format(share);

export const formatList = (items: string[], tag = language()): string => new Intl.ListFormat(tag).format(items);

// The name of a day of the week; 0 is Sunday.
export function weekdayName(day: number, tag = language()): string {
  return new Intl.DateTimeFormat(tag, { weekday: "long", timeZone: "UTC" }).format(A_SUNDAY + day * DAY_MS);
}

// A minute of the day without and with AM or PM.
function minuteParts(minute: number, tag: string): { digits: string; whole: string; half: string } {
  const parts = dateTimeFormat(tag, { timeZone: "UTC" }).formatToParts(Math.round(minute) * MINUTE_MS);
  const text = (kept: Intl.DateTimeFormatPart[]): string => plainSpaces(kept.map(({ value }) => value).join("")).trim();
  return {
    digits: text(parts.filter(({ type }) => type !== "dayPeriod")),
    whole: text(parts),
    half: parts.find(({ type }) => type === "dayPeriod")?.value ?? "",
  };
}

// A minute of the day as the board shows it: 570 is 9:30 AM, or 09:30.
export const formatMinute = (minute: number, tag = language()): string => minuteParts(minute, tag).whole;

// A range of minutes: 9:00–11:00 AM, 11:00 AM–1:00 PM, 09:00–11:00, 20:00–24:00.
export function formatMinutes(start: number, end: number, tag = language()): string {
  const [first, last] = [minuteParts(start, tag), minuteParts(end, tag)];
  const isOneHalf = first.half === last.half && start <= end && Math.round(end) < MINUTES_A_DAY;
  const midnight = has24Hours() && Math.round(end) === MINUTES_A_DAY;
  return `${isOneHalf ? first.digits : first.whole}–${midnight ? "24:00" : last.whole}`;
}
