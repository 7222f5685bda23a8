/** Shorter values say nothing about a secret, and masking them would garble every line. */
const LEAST = 4;

/** Takes the values of build arguments and passwords, line by line, out of what Docker reports. */
export function masker(secrets: { readonly [name: string]: string }): (line: string) => string {
  const pairs = Object.entries(secrets)
    .flatMap(([name, value]) => value.split(/\r?\n/).map((line) => [name, line.trim()] as const))
    .filter(([, value]) => value.length >= LEAST)
    .sort(([, left], [, right]) => right.length - left.length);
  return (line) => pairs.reduce((masked, [name, value]) => masked.replaceAll(value, `[${name}]`), line);
}
