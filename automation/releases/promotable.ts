import type { Release } from "../../components/settings/settings";
import type { PastUpdate } from "../stack/history";
import { CommandError } from "../terminal/exit";
import type { Running } from "./running-digests";

export interface PromotableArgs {
  /** The stack to promote from. */
  readonly from: string;
  readonly app: string;
  /** Newest first. */
  readonly history: readonly PastUpdate[];
  /** What its last update deployed. */
  readonly release: Release | undefined;
  /** What its servers and clusters say that they run. */
  readonly running: readonly Running[];
  /** Tag or digest that was asked for. */
  readonly asked?: string | undefined;
}

/**
 * The release that a stack may pass on: the one that it runs, and that it has been seen to run.
 * @throws CommandError where its last update failed, it runs another release than was asked for, or a server runs something else
 */
export function promotable({ from, app, history, release, running, asked }: PromotableArgs): Release {
  const refuse = (why: string): never => {
    throw new CommandError(`${app} is not promoted from ${from}: ${why}`);
  };
  const [last] = history.filter(({ kind }) => kind === "update" || kind === "destroy");
  if (last?.kind === "update" && last.result !== "succeeded")
    refuse(`its last update, of ${last.startTime}, failed. Run: berth up ${from}`);
  if (!release) return refuse(`it runs no release of it. Run: berth up ${from}`);
  const { tag, digest } = release;
  if (asked !== undefined && asked !== tag && asked !== digest)
    refuse(`it runs ${tag} (${digest}), and asked for was ${asked}`);
  for (const { server, digest: found, state, problem } of running) {
    if (problem !== undefined) refuse(`${server} can't be asked what it runs: ${problem}`);
    if (found !== digest)
      refuse(`${server} runs ${found ?? "nothing of it"}, not ${tag} (${digest}). Run: berth up ${from}`);
    if (state !== "running") refuse(`${server} has it as ${state}. See: berth ps ${from}`);
  }
  return { tag, digest };
}
