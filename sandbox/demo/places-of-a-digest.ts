import Docker from "dockerode";
import { SandboxError } from "../lib/sandbox-error";
import type { AppOutputs } from "./berth";

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Digests {
  readonly built: string;
  readonly gitlab: string;
  readonly nexus: string;
  readonly running: string;
}

const MANIFESTS = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
].join(", ");

/** The app's digest at each of its four places, asked of each place itself and not of Pulumi's state. */
export async function placesOfADigest(
  app: AppOutputs,
  logins: { gitlab: Login; nexus: Login },
  serverSocket: string,
): Promise<Digests> {
  return {
    built: await builtDigest(app.builtImage),
    gitlab: await registryDigest(app.builtImage, app.release.tag, logins.gitlab),
    nexus: await registryDigest(app.releasedImage, app.release.tag, logins.nexus),
    running: await runningDigest(serverSocket),
  };
}

/** What the builder's Docker says of the image that it pushed. */
async function builtDigest(image: string): Promise<string> {
  const { RepoDigests } = await new Docker().getImage(image).inspect();
  return digestFor(image.split("@")[0]!, RepoDigests);
}

/** What the server's Docker says of the image that the app's only container runs. */
async function runningDigest(serverSocket: string): Promise<string> {
  const docker = new Docker({ socketPath: serverSocket });
  const containers = await docker.listContainers({
    filters: { label: ["berth.stack=dev", "berth.app=blog"] },
  });
  if (containers.length !== 1) {
    throw new SandboxError(`expected one running container of the blog, found ${containers.length}`);
  }
  const { Config, Image } = await docker.getContainer(containers[0]!.Id).inspect();
  const { RepoDigests } = await docker.getImage(Image).inspect();
  return digestFor(Config.Image.split("@")[0]!, RepoDigests);
}

function digestFor(repository: string, repoDigests: string[] | undefined): string {
  const found = repoDigests?.find((reference) => reference.startsWith(`${repository}@`));
  if (!found) throw new SandboxError(`Docker knows no digest of ${repository}: ${repoDigests?.join(", ")}`);
  return found.split("@")[1]!;
}

/** What a registry says that a tag is, asked with HEAD; by Basic login, or by the token it sends for one. */
async function registryDigest(image: string, tag: string, login: Login): Promise<string> {
  const [registry, ...path] = image.split("@")[0]!.split("/");
  const url = `http://${registry}/v2/${path.join("/")}/manifests/${tag}`;
  const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
  const ask = (authorization: string) =>
    fetch(url, { method: "HEAD", headers: { authorization, accept: MANIFESTS } });
  let answer = await ask(basic);
  const challenge = answer.headers.get("www-authenticate") ?? "";
  if (answer.status === 401 && challenge.startsWith("Bearer")) {
    const part = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
    const query = new URLSearchParams({ service: part("service"), scope: part("scope") });
    const granted = await fetch(`${part("realm")}?${query}`, { headers: { authorization: basic } });
    const { token } = (await granted.json()) as { token: string };
    answer = await ask(`Bearer ${token}`);
  }
  const digest = answer.headers.get("docker-content-digest");
  if (!digest) throw new SandboxError(`HEAD ${url} answered ${answer.status} and no digest`);
  return digest;
}
