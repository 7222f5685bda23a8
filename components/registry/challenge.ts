/** One `WWW-Authenticate` challenge: scheme in lower case, parameter names in lower case. */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

// One element of RFC 9110 section 11: a scheme, or `name=value` with a token or a quoted string.
// Blanks and commas are one class, so that a header full of them costs no time.
const ELEMENT =
  /[\s,]*(?:([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([A-Za-z0-9!#$%&'*+.^_`|~-]+))/y;

/** All challenges of a header, in order; Node joins several headers with a comma. Text that fits no rule ends it. */
export function parseChallenges(header: string | undefined): Challenge[] {
  const challenges: Challenge[] = [];
  const element = new RegExp(ELEMENT);
  for (let match = element.exec(header ?? ""); match !== null; match = element.exec(header ?? "")) {
    const [, name, quoted, token, scheme] = match;
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
    const current = challenges.at(-1);
    if (name === undefined) continue;
    if (current === undefined) return [];
    current.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? token ?? "";
  }
  return challenges;
}
