import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { HOST_ADDRESS, KubernetesNode } from "../../../sandbox/kubernetes/node";
import { busyboxFile, nodeObstacle } from "../../../sandbox/kubernetes/programs";
import { cacheDir, defaultPlaces } from "../../../sandbox/lib/places";

/** A Kubernetes to test on. */
export interface RealCluster {
  readonly kubeconfig: string;
  /** This machine's address as the nodes reach it. */
  readonly hostAddress: string;
  /** A static program for images. */
  readonly busybox: string;
  /** Has nodes pull from there by plain http. @param at where they reach it: no cluster but this machine's own can be told that */
  allowPlainHttp(registry: string, at?: string): void;
  /** Where a kubectl lies, for a PATH; undefined where that has one. */
  readonly kubectlFolder: string | undefined;
  kubectl(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Where what is built for these tests is kept. */
export const testCache = () => process.env["BERTH_TEST_CACHE"] ?? cacheDir(defaultPlaces);

/**
 * The cluster of BERTH_TEST_KUBECONFIG, whose nodes reach this machine at BERTH_TEST_ADDRESS and pull from there by plain http; else a
 * node on this machine. @returns why there can be neither
 */
export async function realCluster(progress: (text: string) => void): Promise<RealCluster | string> {
  const { BERTH_TEST_KUBECONFIG: given, BERTH_TEST_ADDRESS: address } = process.env;
  const cache = testCache();
  if (given) {
    if (!address)
      return "BERTH_TEST_KUBECONFIG is set, and BERTH_TEST_ADDRESS isn't: where its nodes reach this machine";
    const kubectl = async (...args: string[]) =>
      (await promisify(execFile)("kubectl", ["--kubeconfig", given, ...args])).stdout;
    const nothing = {
      allowPlainHttp: () => undefined,
      stop: async () => undefined,
      kubectlFolder: undefined,
    };
    return {
      kubeconfig: given,
      hostAddress: address,
      busybox: await busyboxFile(cache),
      kubectl,
      ...nothing,
    };
  }
  const obstacle = nodeObstacle();
  if (obstacle !== undefined) return obstacle;
  const folder = mkdtempSync(join(tmpdir(), "berth-node-"));
  const remove = () => rmSync(folder, { recursive: true });
  const node = await KubernetesNode.start(join(folder, "node"), cache, progress).catch((error) => {
    remove();
    throw error;
  });
  return {
    kubeconfig: node.kubeconfig,
    hostAddress: HOST_ADDRESS,
    busybox: node.programs.busybox,
    allowPlainHttp: (registry, at) => node.allowPlainHttp(registry, at),
    kubectlFolder: dirname(node.programs.programs["kubectl"] ?? ""),
    kubectl: (...args) => node.kubectl(...args),
    stop: async () => {
      await node.stop();
      remove();
    },
  };
}
