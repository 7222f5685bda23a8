import { setTimeout as sleep } from "node:timers/promises";
import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { type Shape, unread } from "../base/shape";
import { RegistryClient } from "../registry/client";
import { clientAccess, type RegistryAccess } from "../registry/registry-access";
import { RegistryError } from "../registry/wire/errors";
import { LICENCE_URL } from "../settings/nexus/nexus-licence";
import { objectOf } from "../values/json-object";
import { callNexus } from "./rest/transport";

export interface RegistryReadyArgs extends RegistryAccess {
  /** `host:port` of a docker repository. */
  readonly registry: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  /** Secret. */
  readonly password: pulumi.Input<string>;
  /** `write`: an upload is begun and left. `read`: a manifest is asked for, which need not exist. */
  readonly probe: pulumi.Input<"read" | "write">;
  /** Base address of Nexus itself, to find out why it refuses. */
  readonly nexus: pulumi.Input<string>;
  /** A new container, or a new password, is a new question. */
  readonly container: pulumi.Input<string>;
  /** Seconds. */
  readonly timeout: pulumi.Input<number>;
}

type Wanted = pulumi.Unwrap<RegistryReadyArgs>;

/** Nobody's image: asking for it downloads nothing, and an upload to it never gets any content. */
const PROBED = "berth-readiness";
const PAUSE_MS = 500;

/**
 * A docker repository that serves: `/status` says 200 long before it does, and while the licence has not been accepted.
 * So a real manifest is asked for, or a real upload begun, with the account that will do it.
 */
export class RegistryReady extends DynamicResource {
  /** `host:port`, once it serves. */
  declare readonly registry: pulumi.Output<string>;

  constructor(name: string, args: RegistryReadyArgs, opts?: pulumi.CustomResourceOptions) {
    super("nexus.RegistryReady", name, args, opts);
  }
}

const wanted: Shape<Wanted> = z.looseObject({
  registry: z.string(),
  username: z.string(),
  password: z.string(),
  probe: z.enum(["read", "write"]),
  nexus: z.string(),
  container: z.string(),
  timeout: z.number(),
  tls: z.boolean(),
  ca: z.optional(z.string()),
});

const registryReady = dynamicProvider({
  id: ({ registry }) => registry,
  inputs: wanted,
  state: unread,
  changedBy: ["registry", "username", "password", "probe", "nexus", "container", "tls", "ca"],
  apply: untilReady,
});

export const providers = { RegistryReady: registryReady };

async function untilReady(want: Wanted): Promise<Wanted> {
  const deadline = Date.now() + want.timeout * 1000;
  for (;;) {
    const missing = await whatIsMissing(want);
    if (missing === undefined) return { ...want };
    if (missing.final || Date.now() > deadline) {
      const waited = missing.final ? "" : ` after ${want.timeout} s (limit: berth:nexus.readyTimeout)`;
      throw new Error(
        `The registry ${want.registry} is not ready for ${want.username}${waited}: ${missing.text}`,
      );
    }
    await sleep(PAUSE_MS);
  }
}

/** Why the registry doesn't serve; `final` where waiting won't help. */
async function whatIsMissing(want: Wanted): Promise<{ text: string; final: boolean } | undefined> {
  try {
    await probe(want);
    return undefined;
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const { status, faults } = error;
    if (want.probe === "read" && status === 404) return undefined;
    // A registry that says so itself serves; what failed is an upstream that a member of a group is a proxy of.
    if (want.probe === "read" && status !== undefined && status >= 500 && faults.some(({ code }) => code))
      return undefined;
    const refused = status === 401 || status === 403;
    if (refused && (await eulaMissing(want))) {
      const text =
        `Sonatype's licence has not been accepted. Read it in Nexus's web interface or at ${LICENCE_URL}; ` +
        "to accept it set berth:nexus.eula to accepted.";
      return { text, final: true };
    }
    if (status === 401) {
      const text = `it takes no login. Is the realm DockerToken active, and the password of ${want.username} the one in the state? (${error.message})`;
      return { text, final: true };
    }
    return {
      text: status === 403 ? `the account's role lacks a privilege. (${error.message})` : error.message,
      final: status === 403,
    };
  }
}

async function probe(want: Wanted): Promise<void> {
  const { registry, username, password, probe: how } = want;
  const client = new RegistryClient({
    registry,
    credentials: { [registry]: { username, password } },
    ...clientAccess(want),
    access: how === "write" ? "pull,push" : "pull",
    retries: 0,
  });
  try {
    // Not HEAD: only a body tells a registry's own answer from that of a proxy in front.
    if (how === "read") await client.getManifest(PROBED, "latest");
    else {
      const upload = await client.uploads.start(PROBED, "");
      // Giving it up is a favour to the server, which forgets it anyway; it may want the right to delete for that.
      if (upload !== "mounted") await client.uploads.cancel(PROBED, upload).catch(ignoreRefusal);
    }
  } finally {
    client.close();
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof RegistryError)) throw error;
}

/** Needs no login to be asked; servers without the licence question answer 404. */
async function eulaMissing({ nexus: url, ca }: Wanted): Promise<boolean> {
  const nobody = { url, ca, username: "", password: "" };
  const path = "/service/rest/v1/system/eula";
  const { status, body } = await callNexus(nobody, "GET", path, [200, 401, 403, 404]);
  return status === 200 && objectOf(body)["accepted"] === false;
}
