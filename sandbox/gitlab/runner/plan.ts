import { SandboxError } from "../../lib/sandbox-error";
import type { Configuration } from "./configuration";
import { holds, type Variables } from "./expression";
import { type AllowFailure, type Job, type Need, type Rule, readRules } from "./job";

/** A job that is in the pipeline, with what its rules made of it. */
export interface PlannedJob extends Job {
  readonly allowed: AllowFailure;
}

/**
 * The jobs of a pipeline, in the order in which one runner takes them; undefined where `workflow` makes no pipeline of it.
 * @param known variables that rules may look at
 * @throws SandboxError for needs that can't be met
 */
export function plan(
  { workflow, stages }: Configuration,
  jobs: readonly Job[],
  known: (job?: Job) => Variables,
): PlannedJob[] | undefined {
  if (workflow !== undefined) {
    const rules = readRules(workflow, (why) => new SandboxError(`workflow: ${why}`, 2));
    const made = firstMatch(rules, known());
    if (!made || made.when === "never") return undefined;
    if (made.variables) throw new SandboxError("workflow: the sandbox knows no variables in its rules", 2);
  }
  const planned = jobs.flatMap((job) => planJob(job, known(job)) ?? []);
  return ordered(planned, stages);
}

function planJob(job: Job, variables: Variables): PlannedJob | undefined {
  if (!job.rules) {
    const { when } = job;
    return when === "never" ? undefined : { ...job, allowed: job.allowFailure ?? when === "manual" };
  }
  const rule = firstMatch(job.rules, variables);
  const when = rule?.when ?? job.when;
  if (!rule || when === "never") return undefined;
  const allowed = rule.allow_failure ?? job.allowFailure ?? false;
  return { ...job, when, allowed, variables: { ...job.variables, ...rule.variables } };
}

function firstMatch(rules: readonly Rule[], variables: Variables): Rule | undefined {
  return rules.find((rule) => rule.if === undefined || holds(rule.if, variables));
}

/** By stage, and a job after all that it needs, as they may be of one stage. */
function ordered(jobs: readonly PlannedJob[], stages: readonly string[]): PlannedJob[] {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const result = new Set<PlannedJob>();
  const add = (job: PlannedJob, path: readonly string[]): void => {
    if (path.includes(job.name))
      throw new SandboxError(`${[...path, job.name].join(" needs ")}: that has no end`, 2);
    for (const need of job.needs ?? []) {
      const needed = byName.get(need.job);
      if (needed) add(needed, [...path, job.name]);
      else if (!need.optional)
        throw new SandboxError(
          `'${job.name}' job needs '${need.job}' job, but '${need.job}' does not exist in the pipeline. ` +
            "Its rules leave it out: make the need optional, or the rules the same.",
          2,
        );
    }
    result.add(job);
  };
  const stageOf = (job: PlannedJob) => stages.indexOf(job.stage);
  for (const job of [...jobs].sort((a, b) => stageOf(a) - stageOf(b))) add(job, []);
  return [...result];
}

/** The jobs that a job waits for: what it needs, or everything of earlier stages. */
export function awaited(job: PlannedJob, all: readonly PlannedJob[], stages: readonly string[]): Need[] {
  if (job.needs) return job.needs.filter((need) => all.some(({ name }) => name === need.job));
  return all
    .filter(({ stage }) => stages.indexOf(stage) < stages.indexOf(job.stage))
    .map(({ name }) => ({ job: name, artifacts: true, optional: false }));
}
