import * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { type Shape, unread } from "../base/shape";
import type { Labels } from "../base/stack-identity";
import { dockerHost } from "../docker/docker-host";
import { putFiles, withIdleContainer } from "../docker/idle-container";
import { messageOf } from "../values/error-facts";
import { changeEdge, withEdge } from "./change-edge";
import type { EdgeSoftwareName } from "./software";
import { CONFIG_PATH } from "./software/places";

export interface EdgeFilesArgs {
  /** Docker host, and the image and the volume of the edge's configuration there. */
  readonly docker: pulumi.Input<string>;
  readonly image: pulumi.Input<string>;
  readonly volume: pulumi.Input<string>;
  readonly software: EdgeSoftwareName;
  /** Of what is made on the Docker host for it. */
  readonly labels: pulumi.Input<Labels>;
  /** Path in the edge's container, below the volume's → content. Kept as secrets. */
  readonly files: { readonly [path: string]: string };
}

type Wanted = pulumi.Unwrap<EdgeFilesArgs>;

/**
 * Certificate and key on the volume of an edge's configuration, for its root alone. A new certificate is loaded by an edge
 * that runs, without a connection dropped.
 */
export class EdgeFiles extends DynamicResource {
  constructor(name: string, args: EdgeFilesArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, files: pulumi.secret(args.files) };
    const secret = { ...opts, additionalSecretOutputs: ["files"] };
    super("edge.EdgeFiles", name, props, secret);
  }
}

/** Of certificates and keys: for the edge's root alone. */
const FILE_MODE = 0o400;

const wanted: Shape<Wanted> = z.looseObject({
  docker: z.string(),
  image: z.string(),
  volume: z.string(),
  software: z.enum(["caddy", "nginx"]),
  labels: z.record(z.string(), z.string()),
  files: z.record(z.string(), z.string()),
});

const edgeFiles = dynamicProvider({
  id: ({ volume }) => `files of ${volume}`,
  inputs: wanted,
  state: unread,
  changedBy: ["docker", "volume", "software", "files"],
  apply: async (want, before) => {
    if (before === undefined || !(await changeWhereItRuns(want))) await write(want);
    return { ...want };
  },
});

export const providers = { EdgeFiles: edgeFiles };

async function write(want: Wanted): Promise<Wanted> {
  const args = { image: want.image, binds: [`${want.volume}:${CONFIG_PATH}`], labels: want.labels };
  await withIdleContainer(dockerHost(want.docker), args, (container) =>
    putFiles(container, CONFIG_PATH, [
      { name: "tls/", mode: 0o700 },
      ...Object.entries(want.files).map(([path, content]) => ({
        name: path.slice(CONFIG_PATH.length + 1),
        mode: FILE_MODE,
        content,
      })),
    ]),
  );
  return { ...want };
}

/** @returns false where the edge isn't running: it reads them when it starts */
async function changeWhereItRuns({ docker, volume, software, files: wanted }: Wanted): Promise<boolean> {
  const files = new Map(
    Object.entries(wanted).map(([path, content]) => [path, { content, mode: FILE_MODE }]),
  );
  try {
    const done = await withEdge({ docker, edge: volume, software }, async (edge) => {
      await changeEdge(edge, { files, force: true });
      return true;
    });
    return done ?? false;
  } catch (error) {
    throw new Error(
      `The edge proxy on ${docker} did not take the new certificate, the old one stays in use. It said:\n${messageOf(error)}`,
    );
  }
}
