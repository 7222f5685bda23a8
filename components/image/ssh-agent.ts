import { statSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { AppSettings } from "../settings/app-settings";

type BuiltApp = Pick<AppSettings, "name" | "was" | "build" | "release">;

export interface AgentNeed {
  /** Whether the plugin, which refuses an ssh agent that isn't there in a preview, too, has one by `berth`. */
  readonly hasStandIn: boolean;
  /** What was built of each app last. */
  readonly before: Readonly<Record<string, { readonly tag: string } | undefined>>;
  /** The tag of what lies in a folder. */
  tagOf(folder: string): string;
}

/** Apps whose builds can use the ssh agent of who runs Berth. */
export function appsWithAgent<App extends BuiltApp>(apps: readonly App[]): App[] {
  return apps.filter(({ build, release }) => build?.ssh && !release);
}

/**
 * Before anything is made: found out by the build, half of an update would be done.
 * @throws pulumi.RunError where an app is to be built that needs an ssh agent, and there is none here
 */
export function requireAgent(
  apps: readonly BuiltApp[],
  { hasStandIn, before, tagOf }: AgentNeed,
  socket = process.env["SSH_AUTH_SOCK"],
): void {
  const problem = agentProblem(socket);
  if (problem === undefined || (hasStandIn && pulumi.runtime.isDryRun())) return;
  const isBuilt = ({ name, was = name, build }: BuiltApp) => {
    const last = before[name] ?? before[was];
    return last !== undefined && last.tag === tagOf(build!.context);
  };
  const unbuilt = appsWithAgent(apps).filter((app) => !hasStandIn || !isBuilt(app));
  if (unbuilt.length === 0) return;
  throw new pulumi.RunError(
    `${unbuilt.map(({ name }) => name).join(", ")}: the build uses the ssh agent of who runs Berth (build.ssh), and ${problem}. ` +
      "Nothing was built. Next: eval $(ssh-agent) && ssh-add; in a GitLab job, with the key in a variable BUILD_SSH_KEY of the type File, " +
      'before the other commands: eval $(ssh-agent) && chmod 600 "$BUILD_SSH_KEY" && ssh-add "$BUILD_SSH_KEY".',
  );
}

/** What is wrong with it; undefined where one listens there, as far as its socket tells. */
export function agentProblem(socket: string | undefined): string | undefined {
  if (!socket) return "there is none here (SSH_AUTH_SOCK is not set)";
  if (statSync(socket, { throwIfNoEntry: false })?.isSocket()) return undefined;
  return `there is none here any more (SSH_AUTH_SOCK names ${socket}, which is no socket)`;
}
