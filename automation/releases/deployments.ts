import { type PastUpdate, readMessage } from "../stack/history";

/** One time that a release of an app was deployed, or should have been. */
export interface Deployment {
  readonly app: string;
  readonly tag: string;
  readonly digest?: string;
  /** The commit that the image was built of, where the tag tells it. */
  readonly commit?: string;
  /** The stack that it was promoted from. */
  readonly from?: string;
  /** ISO 8601; undefined where it was deployed by `pulumi up`, whose history names no releases. */
  readonly when?: string;
  readonly who?: string;
  readonly pipeline?: string;
  readonly result: "succeeded" | "failed";
}

/**
 * An app's deployments out of the stack's history, newest first. An update that left the app's release as it was is
 * none, whether it failed (at something else) or not.
 * @param history newest first
 * @param digests by release tag, as far as known
 */
export function deploymentsOf(
  history: readonly PastUpdate[],
  app: string,
  digests: Readonly<Record<string, string>> = {},
): Deployment[] {
  const deployments: Deployment[] = [];
  let running: string | undefined;
  let failed: string | undefined;
  for (const update of [...history].reverse()) {
    if (update.kind === "destroy" && update.result === "succeeded") running = undefined;
    const message = update.kind === "update" ? readMessage(update.message) : undefined;
    const tag = message?.apps[app];
    if (!message || tag === undefined) continue;
    const result = update.result === "succeeded" ? "succeeded" : "failed";
    if (tag === running) {
      if (result === "succeeded") failed = undefined;
      continue;
    }
    // The same release tried again and again is one failure.
    if (result === "failed" && tag === failed) continue;
    [running, failed] = result === "succeeded" ? [tag, undefined] : [running, tag];
    const { who, pipeline } = message;
    deployments.unshift({
      app,
      tag,
      digest: message.digests?.[app] ?? digests[tag],
      commit: commitOf(tag, message.commit),
      from: message.from?.[app],
      when: update.startTime,
      who,
      pipeline,
      result,
    });
  }
  return deployments;
}

/**
 * The releases that lead back from the running one, the next first: each is the one that ran before. A release that was
 * rolled back from isn't among them, so that the way back never leads forward.
 * @param history newest first
 */
export function wayBack(history: readonly PastUpdate[], app: string): string[] {
  const way: string[] = [];
  for (const { tag, result } of deploymentsOf(history, app).reverse()) {
    if (result !== "succeeded") continue;
    const known = way.indexOf(tag);
    if (known === -1) way.unshift(tag);
    else way.splice(0, known);
  }
  return way;
}

/** The tag of an image that was built here begins with its commit; a tag of somebody's own says nothing. */
function commitOf(tag: string, commit: string | undefined): string | undefined {
  const short = /^[0-9a-f]{12}(?=$|-dirty-)/.exec(tag)?.[0];
  if (short === undefined) return undefined;
  return commit?.startsWith(short) ? commit : short;
}
