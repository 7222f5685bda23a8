/** `1 image`, `3 images`: of nouns that take an s. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `2026-11-30 16:09`, of a time as ISO 8601 has it in UTC. */
export function minuteText(time: string): string {
  return time.slice(0, 16).replace("T", " ");
}

const DAY_MS = 86_400_000;

/** Whole days until then; negative where it is over. */
export function daysUntil(when: Date, now = new Date()): number {
  return Math.floor((when.getTime() - now.getTime()) / DAY_MS);
}

/** `14 days`, `1 day`. */
export const daysText = (days: number) => plural(days, "day");

/** `this user (1000)`; Windows has no numbers of users. */
export const thisUser = () => `this user (${process.getuid?.() ?? "?"})`;
