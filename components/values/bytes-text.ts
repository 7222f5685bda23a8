const UNITS = ["kB", "MB", "GB", "TB"] as const;

/** `340.1 MB`: units of a thousand, as Nexus counts. */
export function bytesText(bytes: number): string {
  let value = bytes / 1000;
  let unit = 0;
  while (Math.abs(value) >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}
