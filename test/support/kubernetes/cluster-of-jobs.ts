import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { LoopbackServer } from "../http/loopback-server";

/** What a cluster has, as far as the chart's smallest release goes: kinds by their group and version. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  v1: ["Service", "ConfigMap"],
  "apps/v1": ["Deployment"],
  "batch/v1": ["Job"],
  "policy/v1": ["PodDisruptionBudget"],
};

const NOT_FOUND = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 };

/** The API of a cluster that has Jobs and nothing else, for Helm's `lookup`. */
export class ClusterOfJobs extends LoopbackServer {
  /** Their status by name, in every namespace. */
  jobs: Readonly<Record<string, object>> = {};
  private readonly folder = mkdtempSync(join(tmpdir(), "berth-cluster-"));

  get kubeconfig(): string {
    return join(this.folder, "config");
  }

  override async start(): Promise<this> {
    await super.start();
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server: `http://${this.host}` } }],
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
      users: [{ name: "test", user: {} }],
      "current-context": "test",
    };
    writeFileSync(this.kubeconfig, stringify(config));
    return this;
  }

  override async stop(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await super.stop();
  }

  protected override async serve({ url = "" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = this.answer(url.replace(/\?.*/, ""));
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? NOT_FOUND));
  }

  private answer(path: string): object | undefined {
    if (path === "/version") return { major: "1", minor: "37", gitVersion: "v1.37.0" };
    if (path === "/api") return { kind: "APIVersions", versions: ["v1"] };
    if (path === "/apis") return { kind: "APIGroupList", apiVersion: "v1", groups: groups() };
    const groupVersion = path.replace(/^\/apis?\//, "");
    if (KINDS[groupVersion]) return resources(groupVersion, KINDS[groupVersion]);
    const name = /^\/apis\/batch\/v1\/namespaces\/[^/]+\/jobs\/([^/]+)$/.exec(path)?.[1];
    const status = name === undefined ? undefined : this.jobs[name];
    return status && { apiVersion: "batch/v1", kind: "Job", metadata: { name }, status };
  }
}

function groups(): object[] {
  return Object.keys(KINDS).flatMap((groupVersion) => {
    const [name, version] = groupVersion.split("/");
    const one = { groupVersion, version };
    return version === undefined ? [] : { name, versions: [one], preferredVersion: one };
  });
}

function resources(groupVersion: string, kinds: readonly string[]): object {
  const all = kinds.map((kind) => ({
    kind,
    name: `${kind.toLowerCase()}s`,
    namespaced: true,
    verbs: ["get", "create"],
  }));
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: all };
}
