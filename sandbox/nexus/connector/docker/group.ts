import type { IncomingMessage, ServerResponse } from "node:http";
import { blobUnknown, groupPush, manifestUnknown, nameUnknown, refuse } from "./answers";
import type { Backend, ContentRoute, Manifest } from "./backend";
import { sendList } from "./lists";
import { sendManifest } from "./send";

/** A group: its members in their order, the first that has something wins. Reading needs rights on the group only. */
export class GroupBackend implements Backend {
  /** `members`: the online ones, looked up anew for every request. */
  constructor(private readonly members: () => Backend[]) {}

  async serve(route: ContentRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      request.resume();
      return refuse(response, groupPush);
    }
    if (route.kind === "catalog") return sendList(request, response, "repositories", await this.images());
    if (route.kind === "tags") return this.serveTags(route.image, request, response);
    if (route.kind === "manifest") {
      const manifest = await this.manifest(route.image, route.reference);
      return manifest ? sendManifest(response, manifest) : refuse(response, manifestUnknown(route.reference));
    }
    if (route.kind === "blob" && (await this.serveBlob(route.image, route.digest, request, response))) return;
    refuse(response, route.kind === "blob" ? blobUnknown(route.digest) : groupPush);
  }

  async manifest(image: string, reference: string): Promise<Manifest | undefined> {
    for (const member of this.members()) {
      const manifest = await member.manifest(image, reference);
      if (manifest) return manifest;
    }
    return undefined;
  }

  async serveBlob(image: string, digest: string, request: IncomingMessage, response: ServerResponse) {
    for (const member of this.members()) {
      if (await member.serveBlob(image, digest, request, response)) return true;
    }
    return false;
  }

  async tags(image: string): Promise<string[] | undefined> {
    const lists = await Promise.all(this.members().map((member) => member.tags(image)));
    const known = lists.filter((list) => list !== undefined);
    return known.length > 0 ? [...new Set(known.flat())] : undefined;
  }

  async images(): Promise<string[]> {
    const lists = await Promise.all(this.members().map((member) => member.images()));
    return [...new Set(lists.flat())];
  }

  blobs(): [] {
    return [];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async serveTags(image: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const tags = await this.tags(image);
    if (!tags) return refuse(response, nameUnknown(image));
    sendList(request, response, "tags", tags, { name: image });
  }
}
