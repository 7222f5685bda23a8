import { accountRole } from "../../components/settings/nexus/nexus-grants";
import { type NexusSettings, parseSettings, SettingsError } from "../../components/settings/settings";
import { type JsonObject, objectOf } from "../../components/values/json-object";
import { isReady, type Translation } from "./translation";

/** Settings as a stack file holds them, by their keys below `berth:`. */
export type Raw = { readonly [key: string]: unknown };

/** What follows the reason: names of all that there is. */
const LIST_BEHIND = /; (?:there|it) .*$/s;

/**
 * Lets the settings' own checks judge each translation, beside what the stack has already: one that they refuse gets
 * their reason, and one that needs another which isn't taken without a change asks for that first.
 * @param raw the stack's settings, which are without fault
 */
export function judge(raw: Raw, translations: readonly Translation[]): Translation[] {
  const { nexus } = parseSettings(raw);
  let judged = translations.map((one) => beside(nexus, objectOf(raw["nexus"]), one));
  // Filled in by hand, everything that has settings at all must be taken …
  judged = untilTaken(
    raw,
    judged,
    ({ settings }) => settings !== undefined,
    (one, problem) => {
      const { settings: _settings, ...rest } = one;
      return { ...rest, reason: problem };
    },
  );
  // … and what can be pasted as it is must be taken without the others.
  return untilTaken(raw, judged, isReady, (one, problem) => ({
    ...one,
    changes: [`it needs something else first (${problem})`],
  }));
}

/** The stack's settings with these entries in them. */
export function withEntries(raw: Raw, translations: readonly Translation[]): Raw {
  const nexus: Record<string, unknown> = { ...objectOf(raw["nexus"]) };
  for (const { part, key, settings, asked } of translations) {
    const entry = typeof settings === "object" ? { ...settings, ...asked } : settings;
    nexus[part] = { ...objectOf(nexus[part]), [key]: entry };
  }
  return { ...raw, nexus };
}

/** Left to the settings where they say something of that name themselves. */
function beside(nexus: NexusSettings, written: JsonObject, one: Translation): Translation {
  const { part, key, settings, ...rest } = one;
  if (settings === undefined) return one;
  if (objectOf(written[part])[key] === false) {
    const reason = `they leave it out (${key}: false); without that line, the default of its name manages it`;
    return { part, key, ...rest, reason };
  }
  const isNamed = key in objectOf(nexus[part]) || (part === "roles" && isAccountRole(key, nexus));
  return isNamed
    ? { part, key, ...rest, reason: `they name it already; ${takenOver(nexus, part, key)}` }
    : one;
}

/** @param part that holds an entry of this name, or the account that it is the role of */
function takenOver(nexus: NexusSettings, part: Translation["part"], key: string): string {
  const entry = objectOf(objectOf(nexus[part])[key]);
  const adopts = entry["adopt"] ?? nexus.adopt;
  return adopts === true
    ? "the next `up` takes it over"
    : "the next `up` fails, as it is somebody's: adopt: true there takes it over";
}

function isAccountRole(role: string, { accounts }: NexusSettings): boolean {
  return Object.entries(accounts).some(([name, account]) => accountRole(name, account).roleId === role);
}

function untilTaken(
  raw: Raw,
  translations: readonly Translation[],
  counts: (one: Translation) => boolean,
  refuse: (one: Translation, problem: string) => Translation,
): Translation[] {
  const judged = [...translations];
  for (;;) {
    const problems = problemsOf(withEntries(raw, judged.filter(counts)));
    if (problems.length === 0) return judged;
    const refused = new Map<number, string>();
    for (const problem of problems) {
      const [index, text] = attribute(problem, judged, counts);
      refused.set(index, refused.get(index) ?? text);
    }
    for (const [index, text] of refused) judged[index] = refuse(judged[index]!, text);
  }
}

function problemsOf(raw: Raw): readonly string[] {
  try {
    parseSettings(raw);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

/** Whose problem it is, and the rest of its text: `berth:nexus.repositories.tools.remote: expected …`. */
function attribute(
  problem: string,
  translations: readonly Translation[],
  counts: (one: Translation) => boolean,
): [number, string] {
  let found: [number, string] | undefined;
  let longest = 0;
  for (const [index, one] of translations.entries()) {
    const path = `berth:nexus.${one.part}.${one.key}`;
    const rest = problem.slice(path.length);
    if (!counts(one) || !problem.startsWith(path) || !/^[.:]/.test(rest) || path.length < longest) continue;
    longest = path.length; // names may hold dots: of `a` and `a.b`, the longer is meant
    found = [index, rest.replace(/^(\.|: )/, "").replace(LIST_BEHIND, "")];
  }
  if (found) return found;
  throw new Error(
    `The settings of what Nexus holds are refused for a reason that is none of theirs: ${problem}`,
  );
}
