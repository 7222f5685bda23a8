import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../../components/values/error-facts";
import { CommandError } from "../terminal/exit";
import { randomPassword } from "./secret-values";

/** First words of a compose file of ours. */
export const HEADING = "# Written by `berth compose";

const FILE = "docker-compose.yml";
const IGNORED = "/secrets/";

export interface FolderContent {
  /** Text of the compose file. */
  readonly compose: string;
  /** Path from it → text. */
  readonly files: Readonly<Record<string, string>>;
  /** Name of a secret → its value; undefined where it is to be made, once. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
}

export interface Written {
  /** Names of the secrets that were made now. */
  readonly made: readonly string[];
}

/**
 * Writes a compose file with what it needs beside it. What was written before is replaced, secrets that were made once stay.
 * @throws CommandError for a folder with files of somebody else in their place, and where it can't be written
 */
export function writeFolder(folder: string, content: FolderContent): Written {
  const { compose, files, secrets } = content;
  try {
    refuseForeign(folder, content);
    mkdirSync(join(folder, "secrets"), { recursive: true, mode: 0o700 });
    const made = Object.entries(secrets).filter(([name, value]) => keepSecret(folder, name, value));
    for (const [path, text] of Object.entries(files)) replace(join(folder, path), text, 0o644);
    ignoreSecrets(join(folder, ".gitignore"));
    replace(join(folder, FILE), compose, 0o644); // last: where it stands, all that it needs does
    return { made: made.map(([name]) => name) };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`Writing the compose file into ${folder} failed: ${messageOf(error)}`);
  }
}

/** Names that Docker Compose looks for before ours, in this order. */
const FIRST = ["compose.yaml", "compose.yml"];

/**
 * Where no compose file of ours stands, nothing is: a file that would be another one afterwards is somebody else's. Same text
 * may be what a run that broke off has written.
 */
function refuseForeign(folder: string, { files, secrets }: FolderContent): void {
  const at = (name: string) => join(folder, name);
  const is = (name: string, text: string | undefined) =>
    existsSync(at(name)) && readFileSync(at(name), "utf8") !== text;
  const isOurs = existsSync(at(FILE)) && readFileSync(at(FILE), "utf8").startsWith(HEADING);
  const given = Object.entries(secrets).flatMap(([name, value]) =>
    value === undefined ? [] : [[`secrets/${name}`, value] as const],
  );
  const foreign = FIRST.filter((name) => existsSync(at(name)));
  if (!isOurs) {
    if (existsSync(at(FILE))) foreign.push(FILE);
    for (const [name, text] of [...Object.entries(files), ...given]) if (is(name, text)) foreign.push(name);
  }
  if (foreign.length === 0) return;
  const [are, them] = foreign.length > 1 ? ["are", "those files"] : ["is", "that file"];
  throw new CommandError(
    `In ${folder} ${foreign.join(", ")} ${are} not of berth compose, and nothing was written. Choose another folder for --out, or move ${them} away.`,
  );
}

/** Somebody's own lines stay: the folder may be a repository's. */
function ignoreSecrets(file: string): void {
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (before.split(/\r?\n/).includes(IGNORED)) return;
  const end = before === "" || before.endsWith("\n") ? "" : "\n";
  replace(file, `${before}${end}${IGNORED}\n`, 0o644);
}

/** @returns whether it was made now */
function keepSecret(folder: string, name: string, value: string | undefined): boolean {
  const file = join(folder, "secrets", name);
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (before === "" || (value !== undefined && value !== before))
    replace(file, value ?? randomPassword(), 0o600);
  else chmodSync(file, 0o600);
  return value === undefined && before === "";
}

/** Whole, for a start at the same moment. */
function replace(file: string, text: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true });
  const next = `${file}.${process.pid}`;
  writeFileSync(next, text, { mode });
  renameSync(next, file);
}
