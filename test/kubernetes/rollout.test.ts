import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { lookAtClusters } from "../../automation/gitops/look-at-clusters";
import { providers as secretProviders } from "../../components/gitops/pull-secret";
import { providers as rolloutProviders } from "../../components/gitops/rollout";
import { bcrypt } from "../../sandbox/pulumi/src/providers/random/bcrypt";
import { appImage, push } from "../support/cluster/app-images";
import { type RealCluster, realCluster } from "../support/cluster/real-cluster";
import { Load, summary } from "../support/edge/load";
import { DebianRegistry, missingRegistry } from "../support/registry/debian-registry";
import { root } from "../support/stack/sandbox";

const { Rollout: rollout } = rolloutProviders;
const { PullSecret: pullSecret } = secretProviders;
const NODE_PORT = 30080;
const NAMESPACE = `berth-test-${process.pid}`;

describe("a release on a real Kubernetes", () => {
  let cluster: RealCluster;
  const registry = new DebianRegistry();
  /** Of an account with the role that docs/kubernetes.md names. */
  let kubeconfig: string;
  let password = "first-password";

  before(async function () {
    if (missingRegistry) {
      console.log(`skipped: ${missingRegistry}`);
      return this.skip();
    }
    const found = await realCluster((text) => console.log(`  ${text}`));
    if (typeof found === "string") {
      console.log(`skipped: ${found}`);
      return this.skip();
    }
    cluster = found;
    const users = registry.file("users", `puller:${bcrypt(password, 4)}\n`);
    await registry.start(`auth: {htpasswd: {realm: test, path: ${users}}}`, cluster.hostAddress);
    cluster.allowPlainHttp(registry.host);
    await cluster.kubectl("create", "namespace", NAMESPACE);
    kubeconfig = await leastAccount(cluster, registry);
  });

  after(async () => {
    await cluster?.kubectl("delete", "namespace", NAMESPACE, "--wait=false");
    await cluster?.stop();
    await registry.stop();
  });

  const image = (version: string, how?: "crashes" | "unready") =>
    push(appImage(cluster.busybox, version, how), registry.host, "blog", `puller:${password}`);

  const where = () => ({ kubeconfig, namespace: NAMESPACE });
  const secret = () => ({
    ...where(),
    name: "nexus",
    registry: registry.host,
    username: "puller",
    password,
    identity: "0123456789abcdef",
  });
  /** What Berth waits for. */
  const wish = (of: string, timeout = 60) => ({
    ...where(),
    app: "blog",
    deployment: "blog",
    image: of,
    timeout,
    commit: `commit ${of}`,
  });
  /** What Flux does once the commit is there. */
  const apply = async (of: string) => {
    const file = registry.file("blog.json", JSON.stringify(manifests(of)));
    await cluster.kubectl("apply", "--namespace", NAMESPACE, "--filename", file);
  };
  const address = async () => {
    const path = "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}";
    return `http://${await cluster.kubectl("get", "nodes", "-o", path)}:${NODE_PORT}/`;
  };
  /** Services hear of pods a moment after these are ready. */
  const untilAnswers = async (version: string) => {
    const url = await address();
    const answer = async () => (await fetch(url)).text();
    while ((await answer().catch(() => undefined)) !== version) await sleep(100);
  };

  it("is followed from nothing to ready pods, pulled by the pull secret of the stack", async () => {
    const first = await image("1");
    const following = rollout.create(wish(first));
    await pullSecret.create(secret());
    await apply(first);
    await following;
    await untilAnswers("1");
    assert.deepEqual((await rollout.read("id", wish(first))).props, wish(first));
  });

  it("is updated under load without a failed request", async () => {
    const second = await image("2");
    const load = new Load(await address(), 100, 6_000);
    await apply(second);
    await rollout.create(wish(second));
    await untilAnswers("2");
    const answers = await load.stop();
    assert.match(summary(answers), /^0 of [1-9]\d* failed/);
  });

  it("fails where its program ends, with its last words; what served before serves on, and goes back by digest", async () => {
    const second = await image("2");
    const broken = await image("3", "crashes");
    await apply(broken);
    await assert.rejects(rollout.create(wish(broken, 25)), (error: Error) => {
      assert.match(
        error.message,
        /Deployment \S+\/blog of cluster https:\S+ has 0 of 2 pods of the release ready/,
      );
      assert.match(error.message, /Pod blog-\S+, container web: (CrashLoopBackOff|Error)/);
      assert.match(error.message, /\nIts last log lines:\nno database for version 3\n/);
      assert.ok(error.message.includes(`What still serves: 2 pods of ${second}.`), error.message);
      return true;
    });
    await untilAnswers("2");
    const [look] = await lookAtClusters([
      { name: "blog", gitops: [{ cluster: { ...where(), timeout: 1 } } as never] },
    ]);
    assert.deepEqual([look?.state, look?.images], ["starting", [second]]);
    await apply(second);
    await rollout.create(wish(second));
  });

  it("fails where it never gets ready, in its time", async () => {
    const mute = await image("4", "unready");
    await apply(mute);
    await assert.rejects(
      rollout.create(wish(mute, 8)),
      /after 8 s\.\nPod blog-\S+ runs, and isn't ready: what does its readiness probe ask for\?\nIts events:\n {2}Unhealthy: Readiness probe failed/,
    );
    await untilAnswers("2");
  });

  it("fails at once where no node can pull it, and says what a node needs", async () => {
    const gone = `${registry.host}/blog@sha256:${"0".repeat(64)}`;
    await apply(gone);
    await assert.rejects(
      rollout.create(wish(gone, 120)),
      /a pod won't get there \(ImagePullBackOff\)\.\nPod blog-\S+, container web: .*\n[\s\S]*Next: a node has to reach /,
    );
  });

  it("says which right its account lacks", async () => {
    const elsewhere = { ...wish(await image("1")), namespace: "default" };
    await assert.rejects(
      rollout.create(elsewhere),
      /get deployments blog in namespace default: this kubeconfig's account may not\. It said: deployments\.apps "blog" is forbidden/,
    );
  });

  it("is pulled with another password once the pull secret has followed it", async () => {
    const before = secret();
    password = "second-password";
    registry.file("users", `puller:${bcrypt(password, 4)}\n`);
    const fifth = await image("5");
    await apply(fifth);
    await assert.rejects(rollout.create(wish(fifth, 120)), /ImagePullBackOff/);
    assert.equal((await pullSecret.diff("id", before, secret())).changes, true);
    await pullSecret.update("id", before, secret());
    await cluster.kubectl(
      "delete",
      "pods",
      "--namespace",
      NAMESPACE,
      "--selector",
      "app=blog",
      "--field-selector",
      "status.phase=Pending",
    );
    await rollout.create(wish(fifth));
    await untilAnswers("5");
    await pullSecret.delete("id", secret());
    assert.deepEqual(await pullSecret.read("id", secret()), { id: "" });
  });
});

/** Makes an account with what the documentation says that Berth needs. @returns its kubeconfig */
async function leastAccount(cluster: RealCluster, folder: DebianRegistry): Promise<string> {
  const text = readFileSync(join(root, "docs/kubernetes.md"), "utf8");
  const role = parse(/^```yml\n# the account's role\n([\s\S]*?)^```/m.exec(text)?.[1] ?? "");
  const secrets = parse(/`(\{ apiGroups: \[""\], resources: \[secrets\].*?\})`/.exec(text)?.[1] ?? "");
  const all = { ...role, metadata: { name: "berth" }, rules: [...role.rules, secrets] };
  const inNamespace = ["--namespace", NAMESPACE];
  await cluster.kubectl("apply", ...inNamespace, "--filename", folder.file("role.json", JSON.stringify(all)));
  await cluster.kubectl("create", "serviceaccount", "berth", ...inNamespace);
  const bound = ["--role=berth", `--serviceaccount=${NAMESPACE}:berth`];
  await cluster.kubectl("create", "rolebinding", "berth", ...bound, ...inNamespace);
  const token = await cluster.kubectl("create", "token", "berth", ...inNamespace);
  const given = parse(readFileSync(cluster.kubeconfig, "utf8"));
  const users = given.users.map(({ name }: { name: string }) => ({ name, user: { token: token.trim() } }));
  return folder.file("kubeconfig", JSON.stringify({ ...given, users }));
}

/** Two pods, one of them more than wanted for a moment, and none less. */
function manifests(image: string) {
  const labels = { app: "blog" };
  const probe = { httpGet: { path: "/", port: 8000 }, periodSeconds: 1 };
  const web = {
    name: "web",
    image,
    readinessProbe: probe,
    // What routes requests needs a moment to hear that the pod ends.
    lifecycle: { preStop: { sleep: { seconds: 3 } } },
  };
  const pod = {
    containers: [web],
    imagePullSecrets: [{ name: "nexus" }],
    terminationGracePeriodSeconds: 10,
    dnsPolicy: "Default",
  };
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  const template = { metadata: { labels }, spec: pod };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "blog" },
    spec: { replicas: 2, selector: { matchLabels: labels }, strategy, template },
  };
  const ports = [{ port: 80, targetPort: 8000, nodePort: NODE_PORT }];
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "blog" },
    spec: { type: "NodePort", selector: labels, ports },
  };
  return { apiVersion: "v1", kind: "List", items: [deployment, service] };
}
