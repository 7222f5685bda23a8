import * as pulumi from "@pulumi/pulumi";
import { dockerHost } from "./docker-host";
import { type ModuleProvider, ModuleResource } from "./dynamic-module";
import { changeEdge, withEdge } from "./edge/change-edge";
import { CONFIG_PATH } from "./edge/places";
import type { EdgeSoftwareName } from "./edge/software";
import { putFiles, withIdleContainer } from "./idle-container";
import type { Labels } from "./stack-identity";

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
export class EdgeFiles extends ModuleResource {
  constructor(name: string, args: EdgeFilesArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, files: pulumi.secret(args.files) };
    const secret = { ...opts, additionalSecretOutputs: ["files"] };
    super("edge:EdgeFiles", name, { ...props, code: "components/edge-files#EdgeFiles" }, secret);
  }
}

/** Of certificates and keys: for the edge's root alone. */
const FILE_MODE = 0o400;

const edgeFiles: ModuleProvider = {
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, olds, news) => ({
    changes: ["docker", "volume", "software", "files"].some(
      (key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
    ),
  }),
  create: async (inputs) => ({ id: `files of ${inputs.volume}`, outs: await write(inputs as Wanted) }),
  update: async (_id, _olds, news) => {
    const want = news as Wanted;
    if (!(await changeWhereItRuns(want))) await write(want);
    return { outs: { ...want } };
  },
  read: async (id, props) => ({ id, props: { ...props! } }),
  delete: async () => undefined, // they go with the volume
};

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
      `The edge proxy on ${docker} did not take the new certificate, the old one stays in use. It said:\n${(error as Error).message}`,
    );
  }
}
