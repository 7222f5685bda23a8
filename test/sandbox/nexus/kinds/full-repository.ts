import type * as pulumi from "@pulumi/pulumi";
import { FileBlobStore } from "../../../../components/nexus/kinds/file-blob-store";
import { RawHosted } from "../../../../components/nexus/kinds/repository/raw-repository";
import type { NexusServer } from "../../../../components/nexus/rest/nexus-server";
import { V1 } from "./kind-case";
import type { Json, NexusRest } from "./nexus-rest";

interface FullOptions {
  /** Of the resources' names. */
  readonly suffix?: string;
  readonly adopt?: boolean;
  readonly allowDataLoss?: boolean;
  readonly repository?: boolean;
  readonly store?: boolean;
}

const files = ["first.txt", "folder/second.txt"].map((path) => `/repository/life-full/${path}`);
const text = "something that somebody needs\n";

/** For a program: a repository in a blob store of its own, either of which may be left out. */
export function declareFull({ suffix = "", repository = true, store = true, ...given }: FullOptions = {}) {
  return (server: pulumi.Output<NexusServer>): void => {
    const args = { server, name: "life-full", ...given };
    const dependsOn = store ? [new FileBlobStore(`full-store${suffix}`, { ...args, path: "life-full" })] : [];
    if (!repository) return;
    const own = { ...args, blobStore: "life-full", writePolicy: "ALLOW" as const };
    new RawHosted(`full-repository${suffix}`, own, { dependsOn });
  };
}

/** Puts two files into it and waits until Nexus counts them; gives the bytes that their blob store then takes. */
export async function fill(rest: NexusRest): Promise<number> {
  for (const file of files) await rest.change("PUT", file, text);
  for (;;) {
    const store = (await stores(rest)).find(({ name }) => name === "life-full");
    if (store?.["blobCount"] === files.length) return Number(store["totalSizeInBytes"]);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Statuses of asking for the files. */
export async function filesThere(rest: NexusRest): Promise<number[]> {
  return Promise.all(files.map(async (file) => (await rest.ask("GET", file)).status));
}

/** What is left of repository and store. */
export async function leftOfFull(rest: NexusRest): Promise<string[]> {
  const repositories = (await rest.get(`${V1}/repositories`)) as Json[];
  const all = [...repositories, ...(await stores(rest))];
  return all.filter(({ name }) => name === "life-full").map(({ type }) => String(type));
}

async function stores(rest: NexusRest): Promise<Json[]> {
  return (await rest.get(`${V1}/blobstores`)) as Json[];
}
