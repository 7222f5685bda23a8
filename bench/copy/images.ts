import { createHash, randomBytes } from "node:crypto";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";
const CONFIG = "application/vnd.oci.image.config.v1+json";

export interface Content {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

type ManifestContent = { readonly schemaVersion: 2; readonly mediaType: string } & (
  | { readonly config: Content; readonly layers: readonly Content[] }
  | { readonly manifests: readonly (Content & { readonly platform: object })[] }
);

/** Images in one repository of a registry, of random bytes: nothing in them is shared by chance. */
export class Images {
  constructor(
    private readonly host: string,
    private readonly repository: string,
  ) {}

  async layer(size: number): Promise<Content> {
    return this.blob(LAYER, randomBytes(size));
  }

  async image(layers: readonly Content[], tag?: string): Promise<Content> {
    const config = {
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: [] as string[] },
    };
    for (const { digest } of layers) config.rootfs.diff_ids.push(digest);
    const described = await this.blob(CONFIG, Buffer.from(JSON.stringify(config)));
    return this.manifest({ schemaVersion: 2, mediaType: MANIFEST, config: described, layers }, tag);
  }

  async index(images: readonly Content[], architectures: readonly string[], tag: string): Promise<Content> {
    const manifests = images.map((image, i) => ({
      ...image,
      platform: { os: "linux", architecture: architectures[i] },
    }));
    return this.manifest({ schemaVersion: 2, mediaType: INDEX, manifests }, tag);
  }

  private async manifest(content: ManifestContent, tag?: string): Promise<Content> {
    const bytes = Buffer.from(JSON.stringify(content));
    const described = { mediaType: content.mediaType, digest: digestOf(bytes), size: bytes.length };
    const url = `http://${this.host}/v2/${this.repository}/manifests/${tag ?? described.digest}`;
    await sent("PUT", url, bytes, content.mediaType);
    return described;
  }

  private async blob(mediaType: string, bytes: Buffer): Promise<Content> {
    const digest = digestOf(bytes);
    const started = await sent("POST", `http://${this.host}/v2/${this.repository}/blobs/uploads/`);
    const url = new URL(started.headers.get("location") ?? "", started.url);
    url.searchParams.set("digest", digest);
    await sent("PUT", url.href, bytes);
    return { mediaType, digest, size: bytes.length };
  }
}

/** What a tag points to, by its bytes. @throws where a part of it is missing or has another size than it should. */
export async function digestAt(host: string, repository: string, reference: string): Promise<string> {
  const address = `http://${host}/v2/${repository}`;
  const answer = await fetch(`${address}/manifests/${reference}`, {
    headers: { accept: `${MANIFEST}, ${INDEX}` },
  });
  if (!answer.ok) throw new Error(`GET ${answer.url}: ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const {
    manifests = [],
    layers = [],
    config,
  } = JSON.parse(bytes.toString()) as {
    manifests?: Content[];
    layers?: Content[];
    config?: Content;
  };
  for (const child of manifests) {
    const found = await digestAt(host, repository, child.digest);
    if (found !== child.digest) throw new Error(`${address}/manifests/${child.digest} is ${found}`);
  }
  for (const { digest, size } of config ? [config, ...layers] : layers) {
    const head = await fetch(`${address}/blobs/${digest}`, { method: "HEAD" });
    const length = Number(head.headers.get("content-length"));
    if (!head.ok || length !== size) throw new Error(`HEAD ${head.url}: ${head.status}, ${length} bytes`);
  }
  return digestOf(bytes);
}

async function sent(method: string, url: string, body?: Buffer, type = "application/octet-stream") {
  const answer = await fetch(url, { method, ...(body && { body, headers: { "content-type": type } }) });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
  return answer;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
