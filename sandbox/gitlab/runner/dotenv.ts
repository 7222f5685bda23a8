import { SandboxError } from "../../lib/sandbox-error";

/** GitLab's limits of such a report on installations of one's own: 5 KB and 20 variables. */
const LARGEST = 5 * 1024;
const MOST = 20;

/**
 * What a dotenv report says, by GitLab's own strict reading: no comments, empty lines, quotes or substitution.
 * @throws SandboxError where GitLab would refuse the report
 */
export function readDotenv(name: string, text: string): Record<string, string> {
  const refused = (why: string) => new SandboxError(`the dotenv report ${name}: ${why}`);
  if (Buffer.byteLength(text) > LARGEST) throw refused(`it is larger than ${LARGEST} bytes`);
  const values: Record<string, string> = {};
  for (const line of text.replace(/\n$/, "").split("\n")) {
    if (line === "" && text.trim() === "") continue;
    const [, key, value] = /^([A-Za-z0-9_]+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) throw refused(`"${line}" is not KEY=value`);
    if (/^\s|\s$|["']/.test(value)) throw refused(`the value of ${key} has quotes or spaces around it`);
    values[key] = value;
  }
  if (Object.keys(values).length > MOST) throw refused(`it has more than ${MOST} variables`);
  return values;
}
