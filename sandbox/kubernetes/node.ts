import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { defaultPlaces } from "../lib/places";
import { checkCommand, runCommand } from "../lib/run-command";
import { SandboxError } from "../lib/sandbox-error";
import { startService, stopService } from "../lib/service";
import type { Progress } from "../lib/steps";
import { makeCertificates } from "./certificates";
import { API_PORT, allowPlainHttp, writeNodeFiles } from "./node-files";
import { type NodePrograms, nodePrograms } from "./programs";

const NAMESPACE = "berth-node";
/** The cable between host and node: names of its ends have 15 characters at most. */
const HOST_LINK = "berth-node-host";
const NODE_LINK = "berth-node-own";
export const HOST_ADDRESS = "10.78.0.1";
export const NODE_ADDRESS = "10.78.0.2";

/** What kubelet sets for the whole machine, whatever namespaces it is in. */
const SYSCTLS = ["vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops"];
/** Which node.sh covers: they have to be there for that. */
const FOLDERS = ["/var/lib/cni", "/var/lib/kubelet"];

/** One node of Kubernetes with its control plane, in a network namespace of its own. */
export class KubernetesNode {
  private constructor(
    private readonly folder: string,
    /** For images that tests make. */
    readonly programs: NodePrograms,
  ) {}

  /** @param folder an empty one, of its own. @throws SandboxError */
  static async start(folder: string, cacheDir: string, progress: Progress): Promise<KubernetesNode> {
    const programs = await nodePrograms(cacheDir, progress);
    await refuseSecond();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const node = new KubernetesNode(folder, programs);
    try {
      await node.run(progress);
      return node;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  get kubeconfig(): string {
    return join(this.folder, "admin.kubeconfig");
  }

  /**
   * Has it pull from a registry by plain http.
   * @param registry `host:port`, as images name it
   * @param at where it listens on the host's end of the cable
   */
  allowPlainHttp(registry: string, at = registry): void {
    allowPlainHttp(this.folder, registry, at);
  }

  /** @returns standard output. @throws SandboxError with what kubectl said */
  kubectl(...args: string[]): Promise<string> {
    return checkCommand(join(this.folder, "bin", "kubectl"), ["--kubeconfig", this.kubeconfig, ...args]);
  }

  /** Ends all of its processes at once, and puts back what of the machine isn't in its namespaces. */
  async stop(): Promise<void> {
    await stopService(this.places, "node", 500);
    await runCommand("ip", ["link", "delete", HOST_LINK]);
    await runCommand("ip", ["netns", "delete", NAMESPACE]);
    const file = join(this.folder, "sysctls.json");
    if (existsSync(file)) {
      const before: Record<string, string> = JSON.parse(readFileSync(file, "utf8"));
      for (const [name, value] of Object.entries(before)) writeFileSync(sysctl(name), value);
    }
    for (const controller of readdirSync("/sys/fs/cgroup"))
      removeGroups(join("/sys/fs/cgroup", controller, "kubepods"));
    for (const folder of FOLDERS) if (isEmpty(folder)) rmdirSync(folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Its process and log lie in its folder. */
  private get places() {
    return { ...defaultPlaces, run: this.folder };
  }

  private async run(progress: Progress): Promise<void> {
    const { folder, programs } = this;
    progress("making its certificates and settings");
    await makeCertificates(folder, NODE_ADDRESS, API_PORT);
    writeNodeFiles({ folder, address: NODE_ADDRESS, programs });
    const before = SYSCTLS.map((name) => [name, readFileSync(sysctl(name), "utf8")]);
    writeFileSync(join(folder, "sysctls.json"), JSON.stringify(Object.fromEntries(before)));
    for (const one of FOLDERS) mkdirSync(one, { recursive: true });
    await connect();
    progress("waiting for it to be ready");
    // It ends with this process, whatever ends that. nsenter, because with `ip netns exec` the cgroup mounts are gone.
    const tied = ["--pdeathsig", "KILL", "nsenter", `--net=/run/netns/${NAMESPACE}`];
    const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    await startService(this.places, {
      name: "node",
      command: "setpriv",
      args: [...tied, ...apart, "bash", join(__dirname, "node.sh")],
      env: { NODE: folder, ADDRESS: NODE_ADDRESS },
      isReady: () => this.isReady(),
      readyTimeoutMs: 180_000,
      graceMs: 500,
    });
  }

  private async isReady(): Promise<boolean> {
    const wait = ["wait", "--for=condition=Ready", "node/node", "--timeout=1s"];
    const { code } = await runCommand(join(this.folder, "bin", "kubectl"), [
      "--kubeconfig",
      this.kubeconfig,
      ...wait,
    ]);
    return code === 0;
  }
}

/** What one that was killed has left goes with its namespace. @throws SandboxError where one runs */
async function refuseSecond(): Promise<void> {
  const { code, stdout } = await runCommand("ip", ["netns", "pids", NAMESPACE]);
  if (code !== 0) return;
  const [process] = stdout.trim().split(/\s+/);
  if (process)
    throw new SandboxError(
      `another node of Kubernetes runs on this machine (process ${process}): end it first`,
    );
  await checkCommand("ip", ["netns", "delete", NAMESPACE]);
}

async function connect(): Promise<void> {
  await checkCommand("ip", ["netns", "add", NAMESPACE]);
  const peer = ["peer", "name", NODE_LINK, "netns", NAMESPACE];
  await checkCommand("ip", ["link", "add", HOST_LINK, "type", "veth", ...peer]);
  await checkCommand("ip", ["address", "add", `${HOST_ADDRESS}/30`, "dev", HOST_LINK]);
  await checkCommand("ip", ["link", "set", HOST_LINK, "up"]);
  const inside = (...args: string[]) => checkCommand("ip", ["-netns", NAMESPACE, ...args]);
  await inside("link", "set", "lo", "up");
  await inside("address", "add", `${NODE_ADDRESS}/30`, "dev", NODE_LINK);
  await inside("link", "set", NODE_LINK, "up");
  // Services need a way out of the node to be found at all, also where it leads nowhere.
  await inside("route", "add", "default", "via", HOST_ADDRESS);
}

const sysctl = (name: string) => join("/proc/sys", name);

/** Groups of processes that have ended: a group goes after those in it. */
function removeGroups(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(folder, entry.name));
  rmdirSync(folder);
}

function isEmpty(folder: string): boolean {
  return existsSync(folder) && statSync(folder).isDirectory() && readdirSync(folder).length === 0;
}
