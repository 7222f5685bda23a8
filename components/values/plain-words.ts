/** `1 image`, `3 images`: of nouns that take an s. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `2026-11-30 16:09`, of a time as ISO 8601 has it in UTC. */
export function minuteText(time: string): string {
  return time.slice(0, 16).replace("T", " ");
}
