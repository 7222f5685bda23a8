const NANOSECONDS: { readonly [unit: string]: number } = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Nanoseconds of a duration as Go writes it, "1m30s". */
export function goDuration(duration: string): number {
  const parts = duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g);
  return Math.round(
    [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * NANOSECONDS[unit!]!, 0),
  );
}

/** Go's way to write a duration of whole nanoseconds: "1m30s", "1.5s", "250ms", "0s". */
export function formatGoDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  for (const unit of ["ns", "µs", "ms"] as const) {
    const next = { ns: 1e3, µs: 1e6, ms: 1e9 }[unit];
    if (nanoseconds < next) return `${nanoseconds / NANOSECONDS[unit]!}${unit}`;
  }
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  const seconds = (nanoseconds % 60e9) / 1e9;
  return `${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}
