import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { providers as secretProviders } from "../../../components/gitops/pull-secret";
import { providers as rolloutProviders } from "../../../components/gitops/rollout";
import { bcrypt } from "../../../sandbox/pulumi/src/providers/random/bcrypt";
import { DebianRegistry, missingRegistry } from "../registry/debian-registry";
import { root } from "../stack/sandbox";
import { type AppFault, appImage, push } from "./app-images";
import { type RealCluster, realCluster } from "./real-cluster";

const { Rollout: rollout } = rolloutProviders;
const { PullSecret: pullSecret } = secretProviders;

/**
 * A namespace of a real cluster, a registry that its nodes pull from with a login, and an account with the role that
 * docs/kubernetes.md names, and no more: what Berth does there, it does with that.
 */
export class ClusterStage {
  readonly namespace = `berth-test-${process.pid}`;
  readonly registry = new DebianRegistry();
  /** Of that account. */
  kubeconfig = "";
  password = "first-password";
  private made: RealCluster | undefined;

  /** For `before`: skips the suite where there can be no cluster, and says why. */
  async startFor(test: Mocha.Context): Promise<void> {
    const why = await this.start();
    if (why === undefined) return;
    console.log(`  skipped: ${why}`);
    test.skip();
  }

  /** @returns why there can be no cluster */
  async start(): Promise<string | undefined> {
    const found = missingRegistry ?? (await realCluster((text) => console.log(`  ${text}`)));
    if (typeof found === "string") return found;
    this.made = found;
    const auth = `auth: {htpasswd: {realm: test, path: ${this.writeUsers()}}}`;
    await this.registry.start(auth, found.hostAddress);
    found.allowPlainHttp(this.registry.host);
    await found.kubectl("create", "namespace", this.namespace);
    this.kubeconfig = await this.leastAccount();
    return undefined;
  }

  async stop(): Promise<void> {
    await this.made?.kubectl("delete", "namespace", this.namespace, "--wait=false");
    await this.made?.stop();
    await this.registry.stop();
  }

  get cluster(): RealCluster {
    if (!this.made) throw new Error("it isn't started");
    return this.made;
  }

  /** kubectl in the namespace, with all rights. */
  kubectl(...args: string[]): Promise<string> {
    return this.cluster.kubectl(...args, "--namespace", this.namespace);
  }

  /** @returns repository@digest */
  image(version: string, fault?: AppFault): Promise<string> {
    const { cluster, registry, password } = this;
    return push(appImage(cluster.busybox, version, fault), registry.host, "blog", `puller:${password}`);
  }

  where() {
    return { kubeconfig: this.kubeconfig, namespace: this.namespace };
  }

  /** Waits for a release as Berth does, at most so many seconds. */
  follow(image: string, timeout = 60, deployment = "blog") {
    return rollout.create(this.wish(image, timeout, deployment));
  }

  /** What Berth waits for. */
  wish(image: string, timeout = 60, deployment = "blog") {
    return { ...this.where(), app: "blog", deployment, image, timeout, commit: `commit ${image}` };
  }

  /** The pull secret as Berth wants it. */
  secret() {
    const login = { registry: this.registry.host, username: "puller", password: this.password };
    return { ...this.where(), name: "nexus", ...login, identity: "0123456789abcdef" };
  }

  /** The registry takes another password from now on. @returns what brings it to the cluster, as Berth does */
  rotate(): () => Promise<void> {
    const before = this.secret();
    this.password = `${this.password}-and-more`;
    this.writeUsers();
    return async () => {
      const { changes } = await pullSecret.diff("id", before, this.secret());
      if (!changes) throw new Error("the pull secret doesn't follow its password");
      await pullSecret.update("id", before, this.secret());
    };
  }

  /** Makes objects, or changes what is there, with all rights. */
  async apply(items: readonly object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await this.cluster.kubectl("apply", "--filename", this.registry.file("list.json", list));
  }

  /** Where a Service of the type NodePort answers. */
  async address(service: string): Promise<string> {
    const ip = "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}";
    const port = "jsonpath={.spec.ports[0].nodePort}";
    const host = await this.cluster.kubectl("get", "nodes", "-o", ip);
    return `http://${host}:${await this.kubectl("get", "service", service, "-o", port)}/`;
  }

  /** Services hear of pods a moment after these are ready. */
  async untilAnswers(service: string, version: string): Promise<void> {
    const url = await this.address(service);
    const answer = async () => (await fetch(url)).text();
    while ((await answer().catch(() => undefined)) !== version) await sleep(100);
  }

  /** Until a pod waits for an image that its node didn't get. */
  async untilImageIsMissed(): Promise<void> {
    const reasons = "jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}";
    while (!/ImagePull/.test(await this.kubectl("get", "pods", "-o", reasons))) await sleep(200);
  }

  private writeUsers(): string {
    return this.registry.file("users", `puller:${bcrypt(this.password, 4)}\n`);
  }

  private async leastAccount(): Promise<string> {
    const text = readFileSync(join(root, "docs/kubernetes.md"), "utf8");
    const role = parse(/^```yml\n# the account's role\n([\s\S]*?)^```/m.exec(text)?.[1] ?? "");
    const secrets = parse(/`(\{ apiGroups: \[""\], resources: \[secrets\].*?\})`/.exec(text)?.[1] ?? "");
    const all = { ...role, metadata: { name: "berth" }, rules: [...role.rules, secrets] };
    await this.kubectl("apply", "--filename", this.registry.file("role.json", JSON.stringify(all)));
    await this.kubectl("create", "serviceaccount", "berth");
    const bound = ["--role=berth", `--serviceaccount=${this.namespace}:berth`];
    await this.kubectl("create", "rolebinding", "berth", ...bound);
    const token = await this.kubectl("create", "token", "berth");
    const given = parse(readFileSync(this.cluster.kubeconfig, "utf8"));
    const users = given.users.map(({ name }: { name: string }) => ({ name, user: { token: token.trim() } }));
    return this.registry.file("kubeconfig", JSON.stringify({ ...given, users }));
  }
}
