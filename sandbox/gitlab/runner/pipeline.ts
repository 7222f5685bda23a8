import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SandboxError } from "../../lib/sandbox-error";
import { readConfiguration } from "./configuration";
import type { Variables } from "./expression";
import { checkOut } from "./files";
import { held, release, take } from "./held";
import { type Job, readJobs, texts } from "./job";
import { awaited, type PlannedJob, plan } from "./plan";
import { type Instance, jobVariables, pipelineVariables, type Wish } from "./predefined";
import { type JobResult, runJob } from "./run-job";
import { expanded, inScope, type ProjectVariable } from "./variables";

/** How a job ended, or why it didn't run. */
export interface Ended extends Omit<JobResult, "status"> {
  readonly status: JobResult["status"] | "skipped" | "manual" | "created";
}

export interface PipelineArgs {
  /** Folder of the git repository. */
  readonly repository: string;
  readonly wish: Omit<Wish, "id">;
  readonly instance: Instance;
  readonly variables: readonly ProjectVariable[];
  /** Given to this pipeline alone, stronger than the project's. */
  readonly given: Readonly<Record<string, string>>;
  readonly isProtected: boolean;
  readonly secrets: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Where the runner keeps pipelines, caches and checkouts. */
  readonly home: string;
  /** Jobs to run, manual ones too; all but the manual ones where none is named. */
  readonly only: readonly string[];
  /** An earlier pipeline that goes on. */
  readonly id?: number | "last" | undefined;
  readonly log: (job: string, line: string) => void;
  readonly onJob?: (job: PlannedJob, state: "running" | Ended) => Promise<void>;
}

export interface PipelineResult {
  readonly id: number;
  readonly jobs: Readonly<Record<string, Ended>>;
}

const SLOTS = 8;

/**
 * Runs the pipeline of a commit, one job after the other.
 * @throws SandboxError (2) for a configuration that GitLab or the sandbox would refuse, and where no pipeline is made of it
 */
export async function runPipeline(args: PipelineArgs): Promise<PipelineResult> {
  const { id, dir, wish } = openPipeline(args);
  return inSlot(args.home, async (slot) => {
    const folder = join(slot, args.instance.project);
    await checkOut(args.repository, wish.commit, folder);
    const configuration = readConfiguration(folder);
    const known = (job?: Job) => allVariables(args, wish, texts(configuration.variables), job);
    const jobs = plan(configuration, readJobs(configuration), known);
    if (!jobs || jobs.length === 0)
      throw new SandboxError(`There is no pipeline for this: the rules leave no job for ${wish.source}.`, 2);
    const stray = args.only.filter((name) => !jobs.some((job) => job.name === name));
    if (stray.length > 0)
      throw new SandboxError(
        `This pipeline has no job ${stray.join(", ")}; it has ${jobs.map(({ name }) => name).join(", ")}.`,
        2,
      );
    const ended: Record<string, Ended> = readEnded(dir);
    for (const [index, job] of jobs.entries()) {
      if (args.only.length > 0 && !args.only.includes(job.name)) {
        ended[job.name] ??= { ...NOT_RUN, status: job.when === "manual" ? "manual" : "created" };
        continue;
      }
      const before = awaited(job, jobs, configuration.stages);
      const why = whyNot(
        job,
        before.map((need) => standing(need.job, jobs, ended)),
        args.only,
      );
      if (why) {
        ended[job.name] = { ...NOT_RUN, status: why };
      } else {
        const given = before.filter(({ artifacts }) => artifacts).map((need) => need.job);
        ended[job.name] = await runOne(job, { args, wish, dir, slot, folder, ended, given, index, known });
      }
      writeEnded(dir, ended);
    }
    return { id, jobs: ended };
  });
}

const NOT_RUN = { exitCode: 0, dotenv: {} };

interface Running {
  readonly args: PipelineArgs;
  readonly wish: Wish;
  readonly dir: string;
  readonly slot: string;
  readonly folder: string;
  readonly ended: Readonly<Record<string, Ended>>;
  /** Jobs whose artefacts and reports it is given. */
  readonly given: readonly string[];
  readonly index: number;
  known(job: Job): Variables;
}

async function runOne(job: PlannedJob, running: Running): Promise<Ended> {
  const { args, wish, dir, slot, folder, ended, given, index, known } = running;
  const say = (line: string) => args.log(job.name, line);
  const reports = Object.assign({}, ...given.map((name) => ended[name]?.dotenv ?? {})) as Variables;
  const own = jobVariables(job, wish.id * 1000 + index, folder, args.instance);
  // Reports are stronger than the file's variables, and weaker than the project's.
  const { project, given: forPipeline } = strongest(args, job);
  const variables = { ...own, ...known(job), ...job.variables, ...reports, ...project, ...forPipeline };
  const scope = { environment: job.environment?.name, isProtected: args.isProtected };
  const inJob = inScope(args.variables, scope);
  const masked = inJob.filter((one) => one.masked).map(({ value }) => value);
  const run = async () => {
    await args.onJob?.(job, "running");
    const result = await runJob(
      job,
      {
        repository: args.repository,
        commit: wish.commit,
        folder,
        scratch: `${slot}.tmp`,
        caches: join(args.home, "caches"),
        artefacts: artefactsOf(dir, job.name),
        given: given.map((name) => artefactsOf(dir, name)),
      },
      {
        variables,
        project: inJob,
        environment: args.environment,
        secrets: [...args.secrets, args.instance.jobToken, ...masked],
      },
      say,
    ).finally(() => rmSync(`${slot}.tmp`, { recursive: true, force: true }));
    await args.onJob?.(job, result);
    return result;
  };
  if (job.resourceGroup === undefined) return run();
  const group = expanded(job.resourceGroup, variables);
  const waiting = () => say(`Waiting for resource: ${group}`);
  return held(join(args.home, "resource-groups"), group, waiting, run);
}

/** Weak to strong: predefined, the file's, the job's, the project's, the pipeline's. */
function allVariables(args: PipelineArgs, wish: Wish, ofFile: Variables, job?: Job): Variables {
  const { project, given } = strongest(args, job);
  return { ...pipelineVariables(wish, args.instance), ...ofFile, ...job?.variables, ...project, ...given };
}

function strongest(args: PipelineArgs, job?: Job) {
  const scope = { environment: job?.environment?.name, isProtected: args.isProtected };
  const project = Object.fromEntries(inScope(args.variables, scope).map(({ key, value }) => [key, value]));
  return { project, given: args.given };
}

interface Standing {
  readonly job: string;
  readonly status: Ended["status"];
  /** Nobody has started it, and what comes after it waits for that. */
  readonly blocks: boolean;
}

function standing(
  name: string,
  jobs: readonly PlannedJob[],
  ended: Readonly<Record<string, Ended>>,
): Standing {
  const status = ended[name]?.status ?? "created";
  const allowed = jobs.find((job) => job.name === name)?.allowed;
  return { job: name, status, blocks: status === "manual" && allowed !== true };
}

/** Why a job isn't run: nobody started it, or what it waits for failed or was not run itself. */
function whyNot(
  job: PlannedJob,
  before: readonly Standing[],
  only: readonly string[],
): "manual" | "skipped" | undefined {
  const missing = before.filter(({ status }) => ["created", "manual", "skipped"].includes(status));
  // By stages, a manual job that may be left out holds nobody up.
  const holding =
    job.needs === undefined ? missing.filter((one) => one.status !== "manual" || one.blocks) : missing;
  const failed = before.some(({ status }) => status === "failed");
  if (only.includes(job.name) && holding.length > 0 && !failed) {
    const names = holding.map((one) => one.job).join(", ");
    throw new SandboxError(
      `${job.name} waits for ${names}, which did not run in this pipeline. ` +
        "Name them too, or go on with the pipeline that ran them: --pipeline ID.",
      2,
    );
  }
  if (job.when === "manual" && !only.includes(job.name)) return "manual";
  if (job.when === "always") return undefined;
  if (job.when === "on_failure") return failed ? undefined : "skipped";
  return failed || holding.length > 0 ? "skipped" : undefined;
}

/** A folder of its own for one pipeline at a time; several pipelines have several. */
async function inSlot<T>(home: string, work: (slot: string) => Promise<T>): Promise<T> {
  const dir = join(home, "builds");
  for (let slot = 0; slot < SLOTS; slot++) {
    if (!take(dir, String(slot))) continue;
    try {
      return await work(join(dir, String(slot)));
    } finally {
      rmSync(join(dir, String(slot)), { recursive: true, force: true });
      release(dir, String(slot));
    }
  }
  throw new SandboxError(`${SLOTS} pipelines run already: wait for one of them`, 4);
}

/** A new pipeline's folder, or an earlier one's, which stays of the commit that it was made of. */
function openPipeline({ home, id, wish }: PipelineArgs): { id: number; dir: string; wish: Wish } {
  const all = join(home, "pipelines");
  mkdirSync(all, { recursive: true, mode: 0o700 });
  const known = readdirSync(all).map(Number);
  const last = Math.max(0, ...known);
  const asked = id === "last" ? last : id;
  if (asked !== undefined && !known.includes(asked))
    throw new SandboxError(`There is no pipeline ${id}; there are ${known.join(", ") || "none"}.`, 2);
  const own = asked ?? last + 1;
  const dir = join(all, String(own));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, "pipeline.json");
  if (!existsSync(file)) writeFileSync(file, JSON.stringify({ ...wish, id: own }), { mode: 0o600 });
  return { id: own, dir, wish: JSON.parse(readFileSync(file, "utf8")) as Wish };
}

const artefactsOf = (dir: string, job: string) => join(dir, "artefacts", encodeURIComponent(job));

const endedFile = (dir: string) => join(dir, "jobs.json");

function readEnded(dir: string): Record<string, Ended> {
  return existsSync(endedFile(dir)) ? JSON.parse(readFileSync(endedFile(dir), "utf8")) : {};
}

function writeEnded(dir: string, ended: Readonly<Record<string, Ended>>): void {
  writeFileSync(endedFile(dir), `${JSON.stringify(ended, null, 2)}\n`, { mode: 0o600 });
}
