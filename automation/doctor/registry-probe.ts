import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { RegistryClient } from "../../components/registry/client";
import { digestOf } from "../../components/registry/digest";
import type { Account } from "../../components/registry/logins/account";
import { RegistryError } from "../../components/registry/wire/errors";
import { messageOf } from "../../components/values/error-facts";
import { type Finding, fail, ok } from "./finding";

export interface Probed {
  readonly what: string;
  /** `nexus.example.com:8082`, and a repository in it. */
  readonly registry: string;
  readonly repository: string;
  /** How it is spoken to. */
  readonly access: { readonly insecure: boolean; readonly secure: boolean; readonly ca?: string | undefined };
  /** Who pushes, who pulls, and who may delete; one account may be all of them. */
  readonly pusher: Account;
  readonly puller: Account;
  readonly deleter: Account | undefined;
  readonly advice: string;
  readonly signal?: AbortSignal;
}

const [CONFIG_TYPE, IMAGE_TYPE] = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
] as const;
/** What an image of nothing has. */
const CONFIG = Buffer.from(
  JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } }),
);

/**
 * A probe pushed, pulled and deleted: an image without layers and without a tag, which nobody's list shows. Where it could not be
 * deleted again it isn't pushed: an upload is begun and given up, which takes the same rights and leaves nothing.
 */
export async function probeRegistry(probed: Probed): Promise<Finding> {
  const { what, registry, repository, deleter, advice } = probed;
  const clients: RegistryClient[] = [];
  const as = (account: Account, access: "pull" | "pull,push" = "pull") => {
    const client = clientFor(probed, account, access);
    clients.push(client);
    return client;
  };
  const manifest = probeManifest();
  const steps = new Steps(`${registry}/${repository}`);
  try {
    const eraser = deleter && as(deleter, "pull,push");
    const mayDelete = eraser !== undefined && (await deletes(eraser, repository, manifest.digest));
    const [pusher, puller] = [as(probed.pusher, "pull,push"), as(probed.puller)];
    const upload = await steps.take("a push", () => pusher.uploads.start(repository, digestOf(CONFIG)));
    if (upload === "mounted")
      throw new Error("an upload that named no other repository was mounted from one");
    if (!mayDelete) {
      await pusher.uploads.cancel(repository, upload).catch(() => undefined); // it runs out by itself
      await steps.take("a pull", () => puller.headManifest(repository, manifest.digest));
      const why = deleter === undefined ? "nobody here" : "this login";
      return ok(
        what,
        `${registry}/${repository} takes pushes and pulls; no probe was left, as ${why} may delete none`,
      );
    }
    const blob = { digest: digestOf(CONFIG), size: CONFIG.length };
    await steps.take("a push", () => pusher.uploads.send(repository, upload, blob, Readable.from([CONFIG])));
    await steps.take("a push", () => pusher.putManifest(repository, manifest.digest, manifest));
    await steps.take("a pull", () => puller.getManifest(repository, manifest.digest));
    await steps.take("a delete", () => eraser!.deleteManifest(repository, manifest.digest));
    return ok(what, `a probe was pushed to ${registry}/${repository}, pulled and deleted`);
  } catch (error) {
    return fail(what, messageOf(error), advice);
  } finally {
    for (const client of clients) client.close();
  }
}

/** Says which step failed. */
class Steps {
  constructor(private readonly where: string) {}

  async take<T>(step: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw new Error(
        `${step} ${step === "a push" ? "to" : "from"} ${this.where} failed: ${messageOf(error)}`,
      );
    }
  }
}

/** Whether it may: asked for what isn't there, a registry says so, or that nobody may. */
async function deletes(client: RegistryClient, repository: string, digest: string): Promise<boolean> {
  try {
    await client.deleteManifest(repository, digest);
    return true;
  } catch (error) {
    if (error instanceof RegistryError && [401, 403, 405].includes(error.status ?? 0)) return false;
    throw error;
  }
}

function clientFor(
  { registry, repository, access: reached, signal }: Probed,
  account: Account,
  access: "pull" | "pull,push",
) {
  const credentials = { [registry]: account };
  return new RegistryClient({
    registry,
    repository,
    access,
    credentials,
    retries: 1,
    idleLimit: 10_000,
    signal,
    ...reached,
  });
}

/** One that was never there before. */
function probeManifest() {
  const config = { mediaType: CONFIG_TYPE, digest: digestOf(CONFIG), size: CONFIG.length };
  const annotations = { "berth.doctor": randomUUID() };
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_TYPE, config, layers: [], annotations }),
  );
  return { mediaType: IMAGE_TYPE, bytes, digest: digestOf(bytes) };
}
