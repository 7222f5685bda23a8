import type { CoreClient } from "../core-client";
import type { RunningRepositories } from "../docker/repositories";
import { askedOrigin, sendAnswer, sendJson } from "../http-tools";
import { interpret } from "../permissions";
import type { ConnectorRecord } from "../record";
import { askAs, type Exchange } from "./exchange";

/**
 * GET /v1/components and /v1/assets of a docker repository: one component per tag, its manifest as the asset; layers are
 * assets too.
 * Everything comes in one page. The real server, asked for the empty raw repository, decides who may see it.
 */
export class Contents {
  constructor(
    private readonly core: CoreClient,
    private readonly record: ConnectorRecord,
    private readonly running: RunningRepositories,
  ) {}

  async components(exchange: Exchange): Promise<void> {
    await this.list(exchange, (component) => [component]);
  }

  async assets(exchange: Exchange): Promise<void> {
    await this.list(
      exchange,
      (component) => component.assets,
      (repository, origin) =>
        this.running
          .backend(repository)!
          .blobs()
          .map(({ digest, size }) => blobAsset(repository, origin, digest, size)),
    );
  }

  /** DELETE /v1/components/{id} of a docker repository: the tag goes, what it pointed to stays under its digest. */
  async remove(exchange: Exchange, id: string): Promise<void> {
    const [, repository = "", image = "", tag = ""] =
      /^([\w.-]+):([a-z0-9][a-z0-9._/-]*):(\w[\w.-]*)$/.exec(Buffer.from(id, "base64url").toString("utf8")) ??
      [];
    const backend = image.includes("..") ? undefined : this.running.backend(repository);
    if (!backend) return sendAnswer(exchange.response, await askAs(this.core, exchange));
    // The real server judges the caller by a deletion that it has no route for.
    const path = `/repository/${encodeURIComponent(repository)}/v2/${image}/manifests/${tag}`;
    const answer = await askAs(this.core, exchange, { path });
    if (interpret("delete", answer.status) !== "allowed") return sendAnswer(exchange.response, answer);
    const isGone = backend.untag?.(image, tag) ?? false;
    exchange.response.writeHead(isGone ? 204 : 404, { "Content-Length": 0 }).end();
  }

  private async list(
    exchange: Exchange,
    pick: (component: Component) => unknown[],
    more: (repository: string, origin: string) => unknown[] = () => [],
  ): Promise<void> {
    const answer = await askAs(this.core, exchange);
    const name = new URLSearchParams(exchange.query).get("repository") ?? "";
    if (answer.status !== 200 || !this.record.repository(name)) return sendAnswer(exchange.response, answer);
    if (!this.running.backend(name)) return sendAnswer(exchange.response, answer);
    const origin = askedOrigin(exchange.request);
    const components = await this.componentsOf(name, origin);
    const items = [...components.flatMap(pick), ...more(name, origin)];
    sendJson(exchange.response, 200, { items, continuationToken: null });
  }

  private async componentsOf(repository: string, origin: string): Promise<Component[]> {
    const backend = this.running.backend(repository);
    if (!backend) return [];
    const found: Component[] = [];
    for (const image of await backend.images())
      for (const tag of (await backend.tags(image)) ?? []) {
        const manifest = await backend.manifest(image, tag);
        if (manifest) found.push(componentOf(repository, origin, image, tag, manifest));
      }
    return found;
  }
}

const idOf = (repository: string, text: string) => Buffer.from(`${repository}:${text}`).toString("base64url");

/** Layers belong to no component in Nexus: they are assets of the repository, under the image name "-". */
function blobAsset(repository: string, origin: string, digest: string, size: number) {
  const path = `v2/-/blobs/${digest}`;
  return {
    downloadUrl: `${origin}/repository/${repository}/${path}`,
    path,
    id: idOf(repository, path),
    repository,
    format: "docker",
    checksum: { sha256: digest.replace("sha256:", "") },
    contentType: "application/octet-stream",
    fileSize: size,
  };
}

type Component = ReturnType<typeof componentOf>;

function componentOf(
  repository: string,
  origin: string,
  image: string,
  tag: string,
  manifest: { digest: string; mediaType: string; body: Buffer },
) {
  const path = `v2/${image}/manifests/${tag}`;
  const asset = {
    downloadUrl: `${origin}/repository/${repository}/${path}`,
    path,
    id: idOf(repository, path),
    repository,
    format: "docker",
    checksum: { sha256: manifest.digest.replace("sha256:", "") },
    contentType: manifest.mediaType,
    fileSize: manifest.body.length,
  };
  return {
    id: idOf(repository, `${image}:${tag}`),
    repository,
    format: "docker",
    group: null,
    name: image,
    version: tag,
    assets: [asset],
  };
}
