import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dockerProvider } from "../../../sandbox/pulumi/src/providers/docker";
import { PartialFailure, type Props, type Provider } from "../../../sandbox/pulumi/src/providers/provider";
import { Resource } from "../../../sandbox/test/providers/resource";
import { docker, dockerMissing, importBase, RUN, removeImages, startRegistry } from "./harness";

export const NETWORK = "docker:index/network:Network";
export const VOLUME = "docker:index/volume:Volume";
export const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";
export const CONTAINER = "docker:index/container:Container";
export const IMAGE = "docker:index/image:Image";

/** A check that the web server of these tests passes, and nothing else does. */
export const HEALTHY = {
  tests: ["CMD", "wget", "-q", "-O-", "http://127.0.0.1:8000/"],
  interval: "1s",
  retries: 10,
};

/** What a container's diff is where nothing changed. */
export const NO_CHANGES = { changes: false, replaces: [], deleteBeforeReplace: true, detailed: {} };

export async function configured(config: Props): Promise<Provider> {
  const provider = dockerProvider.create();
  await provider.configure(config);
  return provider;
}

/** A registry that wants a login, and a provider that has it. The block is skipped, saying so, where there is no registry's program. */
export async function registryWithLogin(block: Mocha.Context, password: string) {
  if (!existsSync("/usr/bin/docker-registry")) {
    console.log("      skipped: Debian's package docker-registry is not installed");
    block.skip();
  }
  const registry = await startRegistry(password);
  const auth = { address: `http://${registry.address}`, username: "user", password };
  return { registry, logins: await configured({ registryAuth: JSON.stringify([auth]) }) };
}

/**
 * Gives the enclosing block a base image and a provider of the local Docker, and deletes after each test the
 * resources that it made. The block is skipped, saying so, where no Docker answers.
 */
export function useDocker() {
  let provider: Provider | undefined;
  let resources: Resource[] = [];

  before(async function () {
    const missing = await dockerMissing();
    if (missing !== undefined) {
      console.log(`    skipped: ${missing}`);
      this.skip();
    }
    await importBase();
    provider = await configured({});
  });

  after(async () => {
    if (provider !== undefined) await removeImages();
  });

  afterEach(async () => {
    for (const resource of resources.reverse()) await resource.delete();
    resources = [];
  });

  return (type: string, name: string, of: Provider = provider!): Resource => {
    const made = new Resource(of, type, `${RUN}-${name}`);
    resources.push(made);
    return made;
  };
}

export async function inspect(container: Resource) {
  return docker.getContainer(container.state!.id).inspect();
}

/** The failure of a creation that left a container behind, which is then the resource's state. */
export async function partial(container: Resource, inputs: Props): Promise<PartialFailure> {
  try {
    await container.create(inputs);
  } catch (error) {
    assert.ok(error instanceof PartialFailure, String(error));
    container.state = error.state;
    return error;
  }
  throw new Error("the container came up");
}

/** The output of a command in the container. */
export async function run(container: Resource, command: string[]): Promise<string> {
  const exec = await docker
    .getContainer(container.state!.id)
    .exec({ Cmd: command, AttachStdout: true, Tty: true });
  const stream = await exec.start({ Tty: true });
  let output = "";
  for await (const chunk of stream) output += chunk.toString();
  return output.replaceAll("\r\n", "\n");
}
