import * as pulumi from "@pulumi/pulumi";
import { AdminPassword } from "../../../../components/nexus/admin-password";
import type { KindName } from "../../../../components/nexus/kinds";
import type { NexusServer } from "../../../../components/nexus/rest/nexus-server";
import { argsAfter, nameOf } from "./kind-case";
import { asSecrets } from "./passwords";
import { table } from "./table";

export interface ProgramOptions {
  /** Where the program finds Nexus, and the container that it is in. */
  readonly url: string;
  readonly container: string;
  readonly adminPassword: string;
  /** How many updates each object has had. */
  readonly updates: number;
  readonly adopt?: boolean;
  /** Of the resources' names in the program; the objects' names stay. */
  readonly suffix?: string;
  /** Arguments of one kind that are other than the table's. */
  readonly other?: Readonly<Partial<Record<KindName, Record<string, unknown>>>>;
  /** Leaves some kinds out. */
  readonly without?: readonly KindName[];
  /** Declares what else the program holds. */
  readonly more?: (server: pulumi.Output<NexusServer>) => void;
}

/** A program with an object of every kind. */
export function programOf(options: ProgramOptions): () => void {
  const { url, container, adminPassword, updates, adopt, suffix = "", without = [], other = {} } = options;
  return () => {
    const docker = "unix:///var/run/docker.sock";
    const password = pulumi.secret(adminPassword);
    const admin = new AdminPassword("admin", { url, password, docker, container, readyTimeout: 60 });
    const server = pulumi
      .all([admin.url, admin.password])
      .apply(([url, password]) => ({ url, username: "admin", password }));
    const made = new Map<KindName, pulumi.Resource>();
    for (const entry of table) {
      if (without.includes(entry.kind)) continue;
      const own = asSecrets({ ...argsAfter(entry, updates), ...other[entry.kind] });
      const args = { ...own, server, ...(adopt && { adopt }) };
      const dependsOn = (entry.uses ?? []).flatMap((kind) => made.get(kind) ?? []);
      const resource = new entry.type(nameOf(entry, suffix), args, { dependsOn });
      if (!made.has(entry.kind)) made.set(entry.kind, resource);
    }
    options.more?.(server);
  };
}
