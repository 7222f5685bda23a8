/** Whether a version (`v3.274.1`, `go1.26.8`, `1.26`) is at least another; what follows the numbers counts for nothing. */
export function isAtLeast(version: string, least: string): boolean {
  const [left, right] = [numbersOf(version), numbersOf(least)];
  const at = left.findIndex((number, index) => number !== right[index]);
  return at < 0 || left[at]! > right[at]!;
}

function numbersOf(version: string): number[] {
  const [, major, minor, patch] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return [major, minor, patch].map((number) => Number(number ?? 0));
}
