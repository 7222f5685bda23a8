import { plural } from "../../components/values/plain-words";

const DAY_MS = 86_400_000;

/** Whole days until then; negative where it is over. */
export function daysUntil(when: Date, now = new Date()): number {
  return Math.floor((when.getTime() - now.getTime()) / DAY_MS);
}

/** `14 days`, `1 day`. */
export const daysText = (days: number) => plural(days, "day");
