import type * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import { dockerHost, execIn, lastLogLines } from "./docker-host";
import { type ModuleProvider, ModuleResource } from "./dynamic-module";
import { type EdgeSoftwareName, edgeSoftware } from "./edge/software";

export interface TrafficArgs {
  /** Docker host on which both containers run. */
  readonly docker: pulumi.Input<string>;
  /** The edge proxy's container. */
  readonly edge: pulumi.Input<string>;
  /** What runs there. @default caddy */
  readonly software?: pulumi.Input<EdgeSoftwareName>;
  readonly app: pulumi.Input<string>;
  /** Container that is to get the traffic, by its name on the edge's network. */
  readonly container: pulumi.Input<string>;
  /** Port of the app in its container, and the one on which the edge listens. */
  readonly port: pulumi.Input<number>;
  readonly publish: pulumi.Input<number>;
  /** Seconds until the container must be healthy. */
  readonly healthTimeout: pulumi.Input<number>;
}

type Wanted = pulumi.Unwrap<TrafficArgs>;

/**
 * Moves an app's traffic to a new container: waits until it is healthy, then has the edge proxy load the new
 * route, which drops no connection. If it doesn't get healthy this step fails, and whoever served before serves
 * on: the engine deletes a replaced container only after every step has succeeded.
 */
export class Traffic extends ModuleResource {
  constructor(name: string, args: TrafficArgs, opts?: pulumi.CustomResourceOptions) {
    super("deploy:Traffic", name, { ...args, code: "components/traffic#Traffic" }, opts);
  }
}

const traffic: ModuleProvider = {
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, olds, news) => ({
    changes: (["docker", "edge", "software", "app", "container", "port", "publish"] as const).some(
      (key) => olds[key] !== news[key],
    ),
  }),
  create: async (inputs) => ({
    id: `${inputs.app}@${inputs.docker}`,
    outs: await moveTraffic(inputs as Wanted),
  }),
  update: async (_id, _olds, news) => ({ outs: await moveTraffic(news as Wanted) }),
  read: async (id, props) => ({ id, props: { ...props!, container: await servedBy(props as Wanted) } }),
  delete: async (_id, props) => {
    const edge = dockerHost(props.docker).getContainer(props.edge);
    if (await isRunning(edge)) await reload(edge, props as Wanted, "");
  },
};

export const providers = { Traffic: traffic };

async function moveTraffic(want: Wanted): Promise<Wanted> {
  const docker = dockerHost(want.docker);
  await untilHealthy(docker.getContainer(want.container), want);
  await reload(docker.getContainer(want.edge), want, softwareOf(want).site(want));
  return { ...want };
}

/** Waits for the image's own health check; an image without one counts as healthy when it runs. */
async function untilHealthy(container: Docker.Container, want: Wanted): Promise<void> {
  const deadline = Date.now() + want.healthTimeout * 1000;
  for (;;) {
    const { State } = await container.inspect();
    const health = State.Health?.Status ?? (State.Running ? "healthy" : "stopped");
    if (health === "healthy" && State.Running && !State.Restarting) return;
    const late = Date.now() > deadline;
    if (!State.Running || health === "unhealthy" || late) {
      const said = State.Health?.Log?.at(-1)?.Output?.trim();
      const why =
        !State.Running || State.Restarting ? `stopped with exit code ${State.ExitCode}` : "is not healthy";
      throw new Error(
        [
          `${want.app}: the new container ${want.container} ${why}${late ? ` after ${want.healthTimeout} s` : ""}; ` +
            "traffic stays where it was. Mend the app and run up again, or roll back.",
          `Its health check last said: ${said || "nothing"}`,
          "Its last log lines:",
          await lastLogLines(container, 50),
        ].join("\n"),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/**
 * Puts the app's part of the configuration in place (an empty one takes it away) and loads the whole.
 * A configuration that the edge refuses is taken back, so that the next reload of another app isn't refused too.
 */
async function reload(edge: Docker.Container, want: Wanted, site: string): Promise<void> {
  const { sites, load } = softwareOf(want);
  const script = [
    "set -eu",
    `mkdir -p ${sites} && cd ${sites}`,
    'if [ -e "$FILE" ]; then cp "$FILE" "$FILE.old"; else rm -f "$FILE.old"; fi',
    'if [ -n "$SITE" ]; then printf "%s" "$SITE" > "$FILE.new"; mv "$FILE.new" "$FILE"; else rm -f "$FILE"; fi',
    `${load} && exit 0`,
    'if [ -e "$FILE.old" ]; then mv "$FILE.old" "$FILE"; else rm -f "$FILE"; fi',
    "exit 1",
  ].join("\n");
  const env = [`FILE=${siteFile(want)}`, `SITE=${site}`];
  const { exitCode, output } = await execIn(edge, ["sh", "-c", script], env);
  if (exitCode !== 0) {
    throw new Error(
      `${want.app}: the edge proxy did not take the new route, the old one stays. It said:\n${output.trim()}`,
    );
  }
}

function softwareOf({ software }: Pick<Wanted, "software">) {
  return edgeSoftware[software ?? "caddy"];
}

function siteFile(want: Pick<Wanted, "app" | "software">): string {
  return `${want.app}.${softwareOf(want).extension}`;
}

async function isRunning(container: Docker.Container): Promise<boolean> {
  try {
    return (await container.inspect()).State.Running;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}

/** Who the edge sends the app's requests to now; empty where it knows no route. */
async function servedBy(props: Wanted): Promise<string> {
  const edge = dockerHost(props.docker).getContainer(props.edge);
  if (!(await isRunning(edge))) return "";
  const software = softwareOf(props);
  const { output } = await execIn(edge, ["cat", `${software.sites}/${siteFile(props)}`]);
  return software.servedBy(output) ?? "";
}
