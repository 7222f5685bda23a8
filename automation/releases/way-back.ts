import type { PastUpdate } from "../stack/history";
import { CommandError } from "../terminal/exit";
import { type Deployment, deploymentsOf, wayBack } from "./deployments";

export interface BackArgs {
  readonly app: string;
  /** Its name before. */
  readonly was?: string | undefined;
  /** Tag of the release that runs, as the stack's outputs have it. */
  readonly running: string;
  readonly history: readonly PastUpdate[];
  /** Newest first. */
  readonly deployments: readonly Deployment[];
  /** The release that was asked for, by its tag or its digest. */
  readonly to?: string | undefined;
}

/**
 * The tag of the release to go back to: the one asked for, else the one that ran before. After an update that failed
 * that is the release which runs still, as the failed one is what is to be left.
 * @throws CommandError with the releases that there are
 */
export function releaseToGoBackTo(args: BackArgs): string {
  const { app, running, history, deployments } = args;
  const to = args.to && tagOf(args.to, deployments);
  const before = ofBefore(args);
  const good = [...new Set(deployments.filter(({ result }) => result === "succeeded").map(({ tag }) => tag))];
  if (to !== undefined) {
    if (good.includes(to)) return to;
    const failed = deployments.some(({ tag }) => tag === to);
    throw new CommandError(
      `${app} can't go back to ${to}${failed ? ", which never ran: its update failed" : ""}. ${ran(good, running)}${before}`,
    );
  }
  const [newest] = deployments;
  if (newest?.result === "failed" && newest.tag !== running) return running;
  const way = wayBack(history, app);
  const next = way[way.indexOf(running) + 1];
  if (next !== undefined) return next;
  throw new CommandError(
    `${app} can't go back: no release ran before ${running}. ${ran(good, running)}${before}`,
  );
}

/** Of a digest, whole or as `berth releases` shortens it; anything else is a tag. */
function tagOf(to: string, deployments: readonly Deployment[]): string {
  if (!/^sha256:[0-9a-f]{12,}$/.test(to)) return to;
  return deployments.find(({ digest }) => digest?.startsWith(to))?.tag ?? to;
}

/** Under the new name no registry has them. */
function ofBefore({ app, was, history }: BackArgs): string {
  if (was === undefined || deploymentsOf(history, was).length === 0) return "";
  return (
    ` Before, ${app} was ${was}, and a rollback goes back no further than the rename: its releases of then are in the ` +
    `registries as ${was}.`
  );
}

function ran(good: readonly string[], running: string): string {
  const others = good.filter((tag) => tag !== running);
  if (others.length === 0) return "Its history holds no other release.";
  return `It has run ${others.join(", ")}: name one with --to.`;
}
