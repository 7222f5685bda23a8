import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { defaultPlaces } from "../../../sandbox/lib/places";
import { join } from "../../../sandbox/server/relay";
import { freePort } from "../free-port";
import { docker } from "./sandbox";

const { imagePrefix, ports } = defaultPlaces;
/** The sandbox's hub, as this machine's Docker reaches it. */
export const HUB = `127.0.0.1:${ports.upstream}`;
const IMAGE = "application/vnd.docker.distribution.manifest.v2+json";
const INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";

/** Of a Dockerfile: serves /page at port 8000. As a container's first process it would take no notice of a SIGTERM. */
export const SERVE =
  'STOPSIGNAL SIGINT\nCMD ["python3", "-m", "http.server", "8000", "--directory", "/page"]';

export interface PublishArgs {
  /** @default 1 */
  readonly tag?: string;
  /** @default amd64 and arm64 */
  readonly architectures?: readonly string[];
}

export const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** @param login of whoever reads it: `user:password` */
export async function manifestOf(registry: string, repository: string, reference: string, login = "") {
  const authorization = `Basic ${Buffer.from(login).toString("base64")}`;
  const answer = await fetch(`http://${registry}/v2/${repository}/manifests/${reference}`, {
    headers: { accept: [INDEX, IMAGE].join(", "), ...(login && { authorization }) },
  });
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

/** Images of a page in the sandbox's hub, which are served by HTTP; and a way to the hub that can be shut. */
export class PageHub {
  port = 0;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  /** For containers, as `host.docker.internal`. */
  async open(): Promise<void> {
    this.port ||= await freePort();
    this.server = createServer({ allowHalfOpen: true }, (client) => {
      this.sockets.add(client.once("close", () => this.sockets.delete(client)));
      join(client, { address: "127.0.0.1", port: ports.upstream });
    }).listen(this.port, "0.0.0.0");
    await once(this.server, "listening");
  }

  async shut(): Promise<void> {
    const closed = this.server && once(this.server, "close");
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
    this.server = undefined;
  }

  /** Moves a tag of the hub's `page` to an index of this page. @returns its digest */
  async publish(page: string, { tag = "1", architectures = ["amd64", "arm64"] }: PublishArgs = {}) {
    const manifests = [];
    for (const architecture of architectures) {
      const bytes = await this.image(page, architecture);
      const platform = { architecture, os: "linux" };
      manifests.push({ mediaType: IMAGE, size: bytes.length, digest: digestOf(bytes), platform });
    }
    const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }, null, 1);
    const put = await fetch(`http://${HUB}/v2/library/page/manifests/${tag}`, {
      method: "PUT",
      headers: { "content-type": INDEX },
      body: index,
    });
    assert.equal(put.status, 201, await put.text());
    return digestOf(Buffer.from(index));
  }

  /** What a tag points to. */
  async digest(tag: string): Promise<string> {
    return digestOf(await manifestOf(HUB, "library/page", tag));
  }

  /** @returns its manifest */
  private async image(page: string, architecture: string): Promise<Buffer> {
    const name = `${page}-${architecture}`;
    const dockerfile = [
      `FROM ${imagePrefix}/python:3.11-slim`,
      `RUN mkdir /page && echo ${page} >/page/index.html && echo ${architecture} >/page/architecture`,
      SERVE,
    ].join("\n");
    execFileSync("docker", ["build", "--quiet", "--tag", `${HUB}/library/page:${name}`, "-"], {
      input: dockerfile,
      env: { ...process.env, DOCKER_BUILDKIT: "0" },
      stdio: "pipe",
    });
    docker(["push", "--quiet", `${HUB}/library/page:${name}`]);
    return manifestOf(HUB, "library/page", name);
  }

  /** Also of this machine's Docker. */
  async remove(): Promise<void> {
    await this.shut();
    const named = docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
    const mine = named.filter((name) => name.startsWith(`${HUB}/library/page:`));
    if (mine.length > 0) docker(["image", "rm", "--force", ...mine]);
  }
}
