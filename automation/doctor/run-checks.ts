import { atMost } from "../../components/values/at-most";
import { messageOf } from "../../components/values/error-facts";
import { knownSecrets } from "../terminal/known-secrets";
import { type Finding, fail, warn } from "./finding";

/** A look at one thing, or at several of one kind. */
export interface Check {
  /** Findings of their own kind begin with it: `Docker of web1`. */
  readonly name: string;
  /** Names of the checks without whose success it could tell nothing. One that isn't in the list counts as done. */
  readonly needs?: readonly string[];
  /** Milliseconds. @default LIMIT_MS */
  readonly limit?: number;
  /** No finding where there is nothing to say. What it throws is a finding of its own. */
  run(signal: AbortSignal): Promise<Finding | readonly Finding[]>;
}

/** Milliseconds: a first login by ssh on a slow machine takes some of them. */
const LIMIT_MS = 20_000;

interface Done {
  readonly findings: readonly Finding[];
  /** The check that failed, itself or one that it needs. */
  readonly failed?: string;
}

/**
 * Runs all at once, each with its time limit; one whose need has failed says so and isn't run.
 * @returns the findings in the order of the checks, without secrets
 */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  const running = new Map<string, Promise<Done>>();
  const started = checks.map((check) => {
    const one = done(check, running);
    running.set(check.name, one);
    return one;
  });
  const all = await Promise.all(started);
  return all.flatMap(({ findings }) => findings).map(withoutSecrets);
}

/** @param before those that stand before it in the list: a check needs no later one */
async function done(check: Check, before: ReadonlyMap<string, Promise<Done>>): Promise<Done> {
  const { name, needs = [] } = check;
  const needed = await Promise.all(needs.map((need) => before.get(need)));
  const failed = needed.map((one) => one?.failed).find((one) => one !== undefined);
  if (failed !== undefined)
    return { findings: [warn(name, `not looked at: "${failed}" has to be right first`)], failed };
  const findings = await found(check);
  return findings.some(({ state }) => state === "fail") ? { findings, failed: name } : { findings };
}

async function found({ name, limit = LIMIT_MS, run }: Check): Promise<readonly Finding[]> {
  const controller = new AbortController();
  const late = fail(
    name,
    `no answer within ${limit / 1000} s`,
    "Is what it asks up, and reachable from here?",
  );
  try {
    return [await atMost(run(controller.signal), limit, late)].flat();
  } catch (error) {
    return [fail(name, messageOf(error))];
  } finally {
    controller.abort();
  }
}

function withoutSecrets({ text, advice, ...rest }: Finding): Finding {
  const scrub = (said: string) => knownSecrets.scrub(said).trim();
  return { ...rest, text: scrub(text), ...(advice !== undefined && { advice: scrub(advice) }) };
}
