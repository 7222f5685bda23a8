import type { Snapshot } from "./snapshot";
import type { StepExecutor } from "./step-executor";

const ADVICE = `These resources are in an unknown state because the Pulumi CLI was interrupted while waiting for changes to these resources to complete. You should confirm whether or not the operations listed completed successfully by checking the state of the appropriate provider. For example, if you are using AWS, you can confirm using the AWS Console.

Once you have confirmed the status of the interrupted operations, you can repair your stack using \`pulumi refresh\` which will refresh the state from the provider you are using and clear the pending operations if there are any.

Note that \`pulumi refresh\` will need to be run interactively to clear pending CREATE operations.`;

/** Says what an interrupted run left behind; a refresh clears it, creations only where it is told to. */
export function warnOfInterrupted(
  snapshot: Snapshot,
  executor: StepExecutor,
  rootUrn: string,
  options: { readonly kind: string; readonly preview: boolean; readonly clearPendingCreates: boolean },
): void {
  if (options.kind === "refresh" && options.clearPendingCreates) snapshot.interrupted = [];
  const { interrupted } = snapshot;
  if (interrupted.length === 0) return;
  const lines = interrupted.map(({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}`);
  executor.report(
    rootUrn,
    "warning",
    `Attempting to deploy or update resources with ${interrupted.length} pending operations from previous deployment.\n${lines.join("\n")}\n${ADVICE}\n`,
  );
}
