import assert from "node:assert/strict";
import { lookAtClusters } from "../../automation/gitops/look-at-clusters";
import { providers as secretProviders } from "../../components/gitops/pull-secret";
import { providers as rolloutProviders } from "../../components/gitops/rollout";
import { ClusterStage } from "../support/cluster/cluster-stage";
import { Load, summary } from "../support/edge/load";

const { Rollout: rollout } = rolloutProviders;
const { PullSecret: pullSecret } = secretProviders;

describe("a release on a real Kubernetes", () => {
  const stage = new ClusterStage();

  before(async function () {
    await stage.startFor(this);
  });

  after(() => stage.stop());

  /** What Flux does once the commit is there. */
  const apply = async (of: string) => {
    const file = stage.registry.file("blog.json", JSON.stringify(manifests(of)));
    await stage.kubectl("apply", "--filename", file);
  };

  it("is followed from nothing to ready pods, pulled by the pull secret of the stack", async () => {
    const first = await stage.image("1");
    const following = stage.follow(first);
    await pullSecret.create(stage.secret());
    await apply(first);
    await following;
    await stage.untilAnswers("blog", "1");
    assert.deepEqual((await rollout.read("id", stage.wish(first))).props, stage.wish(first));
  });

  it("is updated under load without a failed request", async () => {
    const second = await stage.image("2");
    const load = new Load(await stage.address("blog"), 100, 6_000);
    await apply(second);
    await stage.follow(second);
    await stage.untilAnswers("blog", "2");
    const answers = await load.stop();
    assert.match(summary(answers), /^0 of [1-9]\d* failed/);
  });

  it("fails where its program ends, with its last words; what served before serves on, and goes back by digest", async () => {
    const second = await stage.image("2");
    const broken = await stage.image("3", "crashes");
    await apply(broken);
    await assert.rejects(stage.follow(broken, 25), (error: Error) => {
      assert.match(
        error.message,
        /Deployment \S+\/blog of cluster https:\S+ has 0 of 2 pods of the release ready/,
      );
      assert.match(error.message, /Pod blog-\S+, container web: (CrashLoopBackOff|Error)/);
      assert.match(error.message, /\nIts last log lines:\nno database for version 3\n/);
      assert.ok(error.message.includes(`What still serves: 2 pods of ${second}.`), error.message);
      return true;
    });
    await stage.untilAnswers("blog", "2");
    const [look] = await lookAtClusters([
      { name: "blog", gitops: [{ cluster: { ...stage.where(), timeout: 1 } } as never] },
    ]);
    assert.deepEqual([look?.state, look?.images], ["starting", [second]]);
    await apply(second);
    await stage.follow(second);
  });

  it("fails where it never gets ready, in its time", async () => {
    const mute = await stage.image("4", "unready");
    await apply(mute);
    await assert.rejects(
      stage.follow(mute, 8),
      /after 8 s\.\nPod blog-\S+ runs, and isn't ready: what does its readiness probe ask for\?\nIts events:\n {2}Unhealthy: Readiness probe failed/,
    );
    await stage.untilAnswers("blog", "2");
  });

  it("fails at once where no node can pull it, and says what a node needs", async () => {
    const gone = `${stage.registry.host}/blog@sha256:${"0".repeat(64)}`;
    await apply(gone);
    await assert.rejects(
      stage.follow(gone, 120),
      /a pod won't get there \(ImagePullBackOff\)\.\nPod blog-\S+, container web: .*\n[\s\S]*Next: a node has to reach /,
    );
  });

  it("says which right its account lacks", async () => {
    const elsewhere = { ...stage.wish(await stage.image("1")), namespace: "default" };
    await assert.rejects(
      rollout.create(elsewhere),
      /get deployments blog in namespace default: this kubeconfig's account may not\. It said: deployments\.apps "blog" is forbidden/,
    );
  });

  it("is pulled with another password once the pull secret has followed it", async () => {
    const bring = stage.rotate();
    const fifth = await stage.image("5");
    await apply(fifth);
    await assert.rejects(stage.follow(fifth, 120), /ImagePullBackOff/);
    await bring();
    const waiting = ["--selector", "app=blog", "--field-selector", "status.phase=Pending"];
    await stage.kubectl("delete", "pods", ...waiting);
    await stage.follow(fifth);
    await stage.untilAnswers("blog", "5");
    await pullSecret.delete("id", stage.secret());
    assert.deepEqual(await pullSecret.read("id", stage.secret()), { id: "" });
  });
});

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
  const ports = [{ port: 80, targetPort: 8000 }];
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "blog" },
    spec: { type: "NodePort", selector: labels, ports },
  };
  return { apiVersion: "v1", kind: "List", items: [deployment, service] };
}
