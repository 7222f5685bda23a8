import type * as pulumi from "@pulumi/pulumi";
import { type ModuleProvider, ModuleResource } from "./dynamic-module";
import { changeEdge, withEdge } from "./edge/change-edge";
import type { Door } from "./edge/door";
import { edgeSites, pointTo, siteChanges } from "./edge/edge-sites";
import type { OldEdge, RunningEdge } from "./edge/running-edge";
import { type EdgeSoftwareName, type EdgeTls, edgeSoftware } from "./edge/software";

export interface EdgeConfigurationArgs {
  /** The edge by its resource name, for errors: `main-edge`. */
  readonly name: string;
  readonly docker: pulumi.Input<string>;
  /** Volume of its configuration. */
  readonly volume: pulumi.Input<string>;
  readonly software: EdgeSoftwareName;
  /** Absent: plain http. */
  readonly tls?: EdgeTls | undefined;
  /** Names of the two containers behind the doors; none where an old edge has all the ports. */
  readonly edges: pulumi.Input<pulumi.Input<string>[]>;
  readonly doors: pulumi.Input<pulumi.Input<Door>[]>;
  /** The container of an older version, as long as it is kept. */
  readonly old?: OldEdge | undefined;
}

interface Wanted extends Omit<pulumi.Unwrap<EdgeConfigurationArgs>, "tls"> {
  readonly tls?: EdgeTls;
  /** The main configuration, so that another version of Berth, too, brings its own. */
  readonly main: string;
}

/**
 * What runs of an edge is told what it is to serve, and the doors which of it is active. The pair takes a configuration one
 * after the other, each while the doors lead to the other one: no request notices (docs/decisions/0020).
 */
export class EdgeConfiguration extends ModuleResource {
  /** The edge, for whoever gives it sites: the volume of its configuration. */
  declare readonly edge: pulumi.Output<string>;

  constructor(name: string, args: EdgeConfigurationArgs, opts?: pulumi.CustomResourceOptions) {
    const main = edgeSoftware[args.software].main(args.tls);
    const props = { ...args, main, edge: undefined, code: "components/edge-configuration#EdgeConfiguration" };
    super("edge:EdgeConfiguration", name, props, opts);
  }
}

const edgeConfiguration: ModuleProvider = {
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, olds, news) => ({
    changes: ["docker", "volume", "software", "tls", "main", "edges", "doors", "old"].some(
      (key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
    ),
  }),
  create: async (inputs) => ({
    id: `configuration of ${inputs.volume}`,
    outs: await configure(inputs as Wanted),
  }),
  update: async (_id, _olds, news) => ({ outs: await configure(news as Wanted) }),
  read: async (id, props) => ({ id, props: { ...props! } }),
  delete: async () => undefined, // it goes with the volume and the containers
};

export const providers = { EdgeConfiguration: edgeConfiguration };

async function configure(want: Wanted): Promise<Wanted & { readonly edge: string }> {
  const { docker, volume, software } = want;
  try {
    const done = await withEdge({ docker, edge: volume, software }, async (edge) => {
      await bring(edge, want);
      return true;
    });
    if (!done) throw new Error("none of its containers runs");
  } catch (error) {
    throw new Error(refused(want, error as Error));
  }
  return { ...want, edge: volume };
}

/** The sites are written anew with it: this version, or this software, may put them in other words than the one before. */
async function bring(
  edge: RunningEdge,
  { software: name, tls, main, edges, doors, old }: Wanted,
): Promise<void> {
  const software = edgeSoftware[name];
  const members = { software: name, edges, doors, ...(old && { old }) };
  const [sites, then] = [await edgeSites(edge), edge.as(members)];
  for (const { app, container, port } of sites.all)
    if (edge.software !== software || !sites.targets.has(app))
      await pointTo(then, app, `${container}:${port}`);
  await changeEdge(edge, {
    members,
    files: siteChanges(then, sites, sites.all),
    main: { doors: main, alone: software.main(tls, "alone"), older: software.main(tls, "older") },
  });
}

function refused({ name, docker }: Wanted, { message }: Error): string {
  const tooOld =
    /proxy_protocol|stream_close_delay/.test(message) && /unknown|unrecognized|not registered/i.test(message);
  return [
    `The edge proxy ${name} on ${docker} did not take its configuration; what served before serves on. It said:`,
    message.trim(),
    tooOld
      ? "Next: take Caddy 2.7 or newer; older ones don't understand the PROXY protocol (the image is tls.image)."
      : `Next: correct the settings that this is about (tls, names, certificates), or see berth logs ${name}; then berth up again.`,
  ].join("\n");
}
