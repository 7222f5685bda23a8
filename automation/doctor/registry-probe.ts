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
  const pusher = clientFor(probed, probed.pusher, "pull,push");
  const puller = clientFor(probed, probed.puller, "pull");
  const eraser = deleter && clientFor(probed, deleter, "pull,push");
  const where = `${registry}/${repository}`;
  const manifest = probeManifest();
  const steps: Steps = { where, repository, manifest, pusher, puller };
  try {
    if (eraser !== undefined && (await mayDelete(eraser, repository, manifest.digest))) {
      await wholeProbe(steps, eraser);
      return ok(what, `a probe was pushed to ${where}, pulled and deleted`);
    }
    await halfProbe(steps);
    const why =
      eraser === undefined ? "nobody here may delete it again" : "this login may not delete it again";
    return ok(what, `${where} takes pushes and pulls; a whole probe wasn't pushed, as ${why}`);
  } catch (error) {
    return fail(what, messageOf(error), advice);
  } finally {
    for (const client of [pusher, puller, eraser]) client?.close();
  }
}

interface Steps {
  /** For errors. */
  readonly where: string;
  readonly repository: string;
  readonly manifest: ReturnType<typeof probeManifest>;
  readonly pusher: RegistryClient;
  readonly puller: RegistryClient;
}

async function wholeProbe({ where, repository, manifest, pusher, puller }: Steps, eraser: RegistryClient) {
  const { digest } = manifest;
  await step(`a push to ${where}`, async () => {
    const blob = { digest: digestOf(CONFIG), size: CONFIG.length };
    const upload = await begun(pusher, repository);
    await pusher.uploads.send(repository, upload, blob, Readable.from([CONFIG]));
    await pusher.putManifest(repository, digest, manifest);
  });
  try {
    await step(`a pull from ${where}`, () => puller.getManifest(repository, digest));
  } finally {
    await step(`a delete from ${where}`, () => eraser.deleteManifest(repository, digest));
  }
}

async function halfProbe({ where, repository, manifest, pusher, puller }: Steps) {
  await step(`a push to ${where}`, async () => {
    const upload = await begun(pusher, repository);
    await pusher.uploads.cancel(repository, upload).catch(() => undefined); // it runs out by itself
  });
  await step(`a pull from ${where}`, () => puller.headManifest(repository, manifest.digest));
}

async function begun(pusher: RegistryClient, repository: string) {
  const upload = await pusher.uploads.start(repository, digestOf(CONFIG));
  if (upload === "mounted") throw new Error("it mounted what nobody has asked it to");
  return upload;
}

/** An error says which step it was. */
async function step<T>(what: string, take: () => Promise<T>): Promise<T> {
  try {
    return await take();
  } catch (error) {
    throw new Error(`${what} failed: ${messageOf(error)}`);
  }
}

/** Whether it may: asked for what isn't there, a registry says so, or that nobody may. */
async function mayDelete(client: RegistryClient, repository: string, digest: string): Promise<boolean> {
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
