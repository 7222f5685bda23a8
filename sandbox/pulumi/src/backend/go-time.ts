const START = { wall: BigInt(Date.now()) * 1_000_000n, monotonic: process.hrtime.bigint() };

/** Nanoseconds since 1970. */
export function nowNanos(): bigint {
  return START.wall + (process.hrtime.bigint() - START.monotonic);
}

/** Go's RFC 3339 text with nanoseconds: `2026-11-21T03:06:24.134751044Z`, without trailing zeros. */
export function goTime(nanos: bigint = nowNanos()): string {
  const seconds = new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const fraction = (nanos % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  return `${seconds}${fraction ? `.${fraction}` : ""}Z`;
}
