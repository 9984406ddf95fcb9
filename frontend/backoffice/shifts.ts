// Shifts of a week: days from 0 (Sunday) to 6, times as HH:MM. A shift ends at 00:00 at the end of its day.

export interface Shift {
  day: number;
  start: string;
  end: string;
}

const MIDNIGHT = "00:00";

// The minute of the day of a time HH:MM.
export function minuteOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

// The rows for a shift on `day`: two when it goes past midnight.
export function shiftRows(day: number, start: string, end: string): Shift[] {
  if (end > start || end === MIDNIGHT) return [{ day, start, end }];
  return [
    { day, start, end: MIDNIGHT },
    { day: (day + 1) % 7, start: MIDNIGHT, end },
  ];
}
