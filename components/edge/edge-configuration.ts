import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { type Shape, unread } from "../base/shape";
import { errorOf } from "../values/error-facts";
import { isJsonObject } from "../values/json-object";
import { changeEdge, withEdge } from "./change-edge";
import type { Door } from "./door";
import { edgeSites, pointTo, siteChanges } from "./edge-sites";
import type { OldEdge, RunningEdge } from "./running-edge";
import { type EdgeSoftwareName, edgeSoftware } from "./software";
import type { EdgeTls } from "./software/edge-software";

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
export class EdgeConfiguration extends DynamicResource {
  /** The edge, for whoever gives it sites: the volume of its configuration. */
  declare readonly edge: pulumi.Output<string>;

  constructor(name: string, args: EdgeConfigurationArgs, opts?: pulumi.CustomResourceOptions) {
    const main = edgeSoftware[args.software].main(args.tls);
    const props = { ...args, main, edge: undefined };
    super("edge.EdgeConfiguration", name, props, opts);
  }
}

const software = z.enum(["caddy", "nginx"]);
const wanted: Shape<Wanted> = z.looseObject({
  name: z.string(),
  docker: z.string(),
  volume: z.string(),
  software,
  tls: z.optional(z.custom<EdgeTls>(isJsonObject)),
  main: z.string(),
  edges: z.array(z.string()),
  doors: z.array(z.looseObject({ port: z.number(), container: z.string() })),
  old: z.optional(z.looseObject({ container: z.string(), ports: z.optional(z.array(z.number())) })),
});

const edgeConfiguration = dynamicProvider({
  id: ({ volume }) => `configuration of ${volume}`,
  inputs: wanted,
  state: unread,
  changedBy: ["docker", "volume", "software", "tls", "main", "edges", "doors", "old"],
  apply: configure, // a delete leaves it: it goes with the volume and the containers
});

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
    throw new Error(refused(want, errorOf(error)));
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
