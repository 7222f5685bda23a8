/** Whether a version, `v3.100.2` or `20.18.1-pre`, is older than another; what is no version is not. */
export function isOlder(version: string, other: string): boolean {
  const [mine, theirs] = [numbersOf(version), numbersOf(other)];
  if (!mine || !theirs) return false;
  const at = [0, 1, 2].find((index) => mine[index] !== theirs[index]);
  return at !== undefined && mine[at]! < theirs[at]!;
}

function numbersOf(version: string): number[] | undefined {
  const [, major, minor = "0", patch = "0"] = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version) ?? [];
  return major === undefined ? undefined : [major, minor, patch].map(Number);
}
