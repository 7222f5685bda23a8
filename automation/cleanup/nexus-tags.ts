import { pageIn } from "../../components/nexus/rest/answer-shape";
import type { Call } from "../../components/nexus/rest/call";
import type { RegistryClient } from "../../components/registry/client";
import type { LookedAt, TagStore } from "./tag-store";

/** A page holds ten, and a list that has no end must have one. */
const MOST_PAGES = 10_000;

/** An app's tags in Nexus's hosted repository: each is a component, which is deleted over REST. */
export class NexusTags implements TagStore {
  readonly where = "Nexus";
  private readonly ids = new Map<string, string>();

  /**
   * @param repository `host:port/app`
   * @param hosted the repository's name in Nexus
   */
  constructor(
    private readonly call: Call,
    private readonly client: RegistryClient,
    readonly repository: string,
    private readonly hosted: string,
  ) {}

  async names(): Promise<string[]> {
    const list = `/v1/components?repository=${encodeURIComponent(this.hosted)}`;
    let token: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const from = token ? `&continuationToken=${encodeURIComponent(token)}` : "";
      const page = pageIn(await this.call("GET", list + from, [200]));
      for (const { id, name, version } of page.items)
        if (name === this.app) this.ids.set(String(version), String(id));
      token = page.continuationToken;
      if (!token) break;
    }
    return [...this.ids.keys()];
  }

  async look(tag: string): Promise<LookedAt | undefined> {
    const found = await this.client.findManifest(this.app, tag);
    return found && { digest: found.digest, bytes: sizeOf(found.bytes) };
  }

  async remove(tag: string): Promise<void> {
    const id = this.ids.get(tag);
    if (id === undefined) throw new Error(`${this.repository}:${tag} is none of the tags that were listed.`);
    await this.call("DELETE", `/v1/components/${encodeURIComponent(id)}`, [204, 404]);
  }

  close(): void {
    this.client.close();
  }

  private get app(): string {
    return this.repository.slice(this.repository.indexOf("/") + 1);
  }
}

/** Of configuration and layers; undefined for an index, whose images are elsewhere. */
function sizeOf(manifest: Buffer): number | undefined {
  const { config, layers } = JSON.parse(manifest.toString("utf8")) as {
    config?: { size?: number };
    layers?: { size?: number }[];
  };
  return layers?.reduce((sum, { size = 0 }) => sum + size, config?.size ?? 0);
}
