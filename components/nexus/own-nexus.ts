import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { OwnNexus } from "../settings/nexus/nexus-settings";
import { messageOf } from "../values/error-facts";
import type { NexusHost } from "./nexus-host";
import type { NexusServer } from "./rest/nexus-server";

type Host = Pick<NexusHost, "url" | "container" | "ca" | "access" | "edgeSummary">;

/** What a stack asks of a host, of a Nexus that is there already: nothing of a host is made for it. */
export function ownNexusHost(settings: OwnNexus): Host {
  const { url, ca } = ownNexusServer(settings);
  const trust = ca === undefined ? undefined : pulumi.output(ca);
  return {
    url: pulumi.output(url),
    container: pulumi.output(""), // none that is known
    ca: trust,
    edgeSummary: undefined,
    access: { tls: url.startsWith("https:"), ...(trust && { ca: trust }) },
  };
}

/** Where it answers, and its administrator's login. @throws RunError where there is no such file as `ca` names */
export function ownNexusServer({ url, username, password, ca }: OwnNexus): NexusServer {
  return { url, username, password, ...(ca !== undefined && { ca: readPem("ca", ca) }) };
}

/** @param path of the setting that names the file, below `berth:nexus` */
export function readPem(path: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new pulumi.RunError(`berth:nexus.${path}: ${messageOf(error)}`);
  }
}
