import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../lib/run-command";
import { messageOf, SandboxError } from "../../lib/sandbox-error";
import { readDotenv } from "./dotenv";
import type { Variables } from "./expression";
import { checkOut, giveArtefacts, keepArtefacts, storeCaches, takeCaches } from "./files";
import { masker } from "./mask";
import { offerPlugins } from "./offer-plugins";
import type { PlannedJob } from "./plan";
import { expanded, type ProjectVariable } from "./variables";

export interface JobPlace {
  readonly repository: string;
  readonly commit: string;
  /** Where the commit is checked out for this job. */
  readonly folder: string;
  /** Files of its own beside the checkout: the scripts, variables of the type file. */
  readonly scratch: string;
  readonly caches: string;
  /** Where it leaves its artefacts. */
  readonly artefacts: string;
  /** Folders of artefacts of the jobs before it. */
  readonly given: readonly string[];
}

export interface JobInput {
  /** Every variable as it is written, the strongest of each name. */
  readonly variables: Variables;
  /** The project's that are files, or must not be in the log. */
  readonly project: readonly ProjectVariable[];
  readonly secrets: readonly string[];
  /** What the runner itself brings: the machine's own environment. */
  readonly environment: NodeJS.ProcessEnv;
}

export interface JobResult {
  readonly status: "success" | "failed" | "warning";
  readonly exitCode: number;
  readonly dotenv: Readonly<Record<string, string>>;
  /** The environment's, where the job names one. */
  readonly url?: string;
}

const LONGEST_MS = 3_600_000;

/** Runs a job as GitLab's shell executor does: a fresh checkout, one bash for its script, another for what comes after. */
export async function runJob(
  job: PlannedJob,
  place: JobPlace,
  input: JobInput,
  log: (line: string) => void,
): Promise<JobResult> {
  const mask = masker(input.secrets);
  const say = (line: string) => log(mask(line));
  rmSync(place.scratch, { recursive: true, force: true });
  mkdirSync(place.scratch, { recursive: true, mode: 0o700 });
  const { variables } = input;
  const depth = Number(expanded(variables["GIT_DEPTH"] ?? "20", variables));
  await checkOut(place.repository, place.commit, place.folder, depth);
  takeCaches(job, place.folder, place.caches);
  for (const folder of place.given) giveArtefacts(folder, place.folder);

  const env = { ...input.environment, ...shellVariables(input, place.scratch) };
  offerPlugins(input.environment, env);
  const exitCode = await runScript("script", job.script, { env, place, say });
  if (job.afterScript.length > 0) {
    const after = { ...env, CI_JOB_STATUS: exitCode === 0 ? "success" : "failed" };
    const code = await runScript("after_script", job.afterScript, { env: after, place, say });
    if (code !== 0) say(`WARNING: after_script failed with exit code ${code}, which changes nothing.`);
  }
  return finish(job, place, exitCode, variables, say);
}

interface ScriptRun {
  readonly env: NodeJS.ProcessEnv;
  readonly place: JobPlace;
  readonly say: (line: string) => void;
}

async function runScript(
  name: string,
  lines: readonly string[],
  { env, place, say }: ScriptRun,
): Promise<number> {
  const file = join(place.scratch, name);
  const text = lines.map((line) => `echo ${quoted(`$ ${shortened(line)}`)}\n${line}\n`).join("");
  writeFileSync(file, text, { mode: 0o700 });
  const options = { cwd: place.folder, env, onLine: say, timeoutMs: LONGEST_MS };
  return (await runCommand("bash", ["-eo", "pipefail", file], options)).code;
}

function shortened(line: string): string {
  const [first, ...more] = line.trim().split("\n");
  return more.length > 0 ? `${first} # collapsed multi-line command` : first!;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** As a shell gets them: expanded, and the path of a file where the variable is one. */
function shellVariables({ variables, project }: JobInput, scratch: string): Record<string, string> {
  const byKey = new Map(project.map((one) => [one.key, one]));
  return Object.fromEntries(
    Object.entries(variables).flatMap(([key, value]) => {
      if (value === undefined) return [];
      const own = byKey.get(key);
      const isOwn = own?.value === value;
      const text = isOwn && own.raw ? value : expanded(value, variables, [key]);
      if (!isOwn || own.variable_type !== "file") return [[key, text]];
      const file = join(scratch, `file-${key}`);
      writeFileSync(file, text, { mode: 0o600 });
      return [[key, file]];
    }),
  );
}

function finish(
  job: PlannedJob,
  place: JobPlace,
  exitCode: number,
  variables: Variables,
  say: (line: string) => void,
): JobResult {
  const { paths, dotenv, when } = job.artifacts;
  const keeps = when === "always" || (when === "on_failure") === (exitCode !== 0);
  if (keeps) keepArtefacts(paths, place.folder, place.artefacts, say);
  if (exitCode === 0) storeCaches(job, place.folder, place.caches);
  try {
    const reported = exitCode === 0 ? readReports(dotenv, place.folder, say) : {};
    const url = job.environment?.url && expanded(job.environment.url, { ...variables, ...reported });
    const status = exitCode === 0 ? "success" : isAllowed(job, exitCode) ? "warning" : "failed";
    if (exitCode !== 0) say(`ERROR: Job failed: exit code ${exitCode}`);
    return { status, exitCode, dotenv: reported, ...(url && { url }) };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    say(`ERROR: Job failed: ${messageOf(error)}`);
    return { status: "failed", exitCode: 1, dotenv: {} };
  }
}

function readReports(files: readonly string[], folder: string, say: (line: string) => void) {
  const reports = files.map((file) => {
    if (existsSync(join(folder, file))) return readDotenv(file, readFileSync(join(folder, file), "utf8"));
    say(`WARNING: ${file}: no matching files.`);
    return {};
  });
  return Object.assign({}, ...reports) as Record<string, string>;
}

function isAllowed({ allowed }: PlannedJob, exitCode: number): boolean {
  return typeof allowed === "boolean" ? allowed : allowed.exit_codes.includes(exitCode);
}
