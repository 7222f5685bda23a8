import assert from "node:assert/strict";
import { Cluster } from "../../../components/cluster/cluster";
import { followRollout, stateOf } from "../../../components/cluster/follow-rollout";
import { rolloutFailure } from "../../../components/cluster/rollout-failure";
import type { PodLook, Workload } from "../../../components/cluster/workload";
import { ApiServer } from "../../support/cluster/api-server";
import { digest, image, putDeployment, putEvent, putPods } from "../../support/cluster/objects";

const pod = (digit: string, over: Partial<PodLook> = {}): PodLook => ({
  name: "blog-0",
  images: [image(digit)],
  ready: true,
  ends: false,
  troubles: [],
  ...over,
});
const workload = (over: Partial<Workload> = {}): Workload => ({
  name: "blog",
  images: [image("2"), "proxy:1"],
  replicas: 1,
  settled: true,
  stuck: undefined,
  pods: [pod("2")],
  ...over,
});
const state = (over: Partial<Workload>) => stateOf(workload(over), digest("2"));
const trouble = (reason: string, said: string, restarts = 0) =>
  state({
    settled: false,
    pods: [pod("2", { ready: false, troubles: [{ container: "web", reason, said, restarts }] })],
  });

describe("how far a Deployment is with a release", () => {
  it("is ready where all of its pods are of it, and Kubernetes calls it settled", () => {
    assert.equal(state({}), "ready");
    assert.equal(state({ replicas: 0, pods: [] }), "ready");
  });

  it("isn't where it asks for another, has too few of it, or an old pod still counts", () => {
    assert.deepEqual(state({ images: [image("1")] }), {
      why: `doesn't ask for ${digest("2")}`,
      isLost: false,
    });
    const few = { why: "has 0 of 1 pods of the release ready", isLost: false };
    for (const one of [pod("1"), pod("2", { ready: false }), pod("2", { ends: true })])
      assert.deepEqual(state({ pods: [one] }), few);
    assert.deepEqual(state({ settled: false }), {
      why: "has 1 of 1 pods of the release ready",
      isLost: false,
    });
  });

  it("is lost where a container crashes over and over, its image can't be had, or Kubernetes has given up", () => {
    assert.match(
      JSON.stringify(trouble("CrashLoopBackOff", "", 3)),
      /won't get there \(CrashLoopBackOff\)","isLost":true/,
    );
    assert.match(JSON.stringify(trouble("CrashLoopBackOff", "", 1)), /"isLost":false/);
    assert.match(JSON.stringify(trouble("ImagePullBackOff", "401 Unauthorized")), /"isLost":true/);
    assert.match(JSON.stringify(trouble("ImagePullBackOff", "connection refused")), /"isLost":false/);
    assert.match(
      JSON.stringify(state({ settled: false, stuck: "timed out" })),
      /given up \(timed out\)","isLost":true/,
    );
  });
});

describe("following a rollout", () => {
  let server: ApiServer;
  let cluster: Cluster;
  const wish = { deployment: "blog", digest: digest("2"), timeout: 1, app: "blog", image: image("2") };
  /** What people are told; empty where the pods are ready. */
  const failure = async () => {
    const stranded = await followRollout(cluster, wish);
    return stranded ? rolloutFailure(cluster, wish, stranded) : "";
  };

  beforeEach(async () => {
    server = await new ApiServer().start();
    cluster = await Cluster.open({ kubeconfig: server.kubeconfig(), namespace: "shop" });
    putDeployment(server, { image: image("2") });
    putPods(server, { image: image("2") }, { image: image("2") });
  });
  afterEach(() => server.stop());

  it("ends once the pods are ready, whatever came before: no Deployment, no answer, the old release", async () => {
    const ready = new Map(server.objects);
    server.objects.clear();
    server.failures.push(500);
    const following = followRollout(cluster, { ...wish, timeout: 60 });
    while (server.made.length < 2) await new Promise(setImmediate);
    putDeployment(server, { image: image("1") });
    const seen = server.made.length;
    while (server.made.length < seen + 2) await new Promise(setImmediate);
    for (const [key, object] of ready) server.objects.set(key, object);
    assert.equal(await following, undefined);
  });

  it("doesn't wait where the account may not look", async () => {
    server.forbidden.add("get deployments");
    await assert.rejects(followRollout(cluster, { ...wish, timeout: 60 }), /may not/);
  });

  it("tells a crash with its last words, its events, what serves on, and what to do", async () => {
    const crash = {
      image: image("2"),
      ready: false,
      waiting: { reason: "CrashLoopBackOff" },
      exitCode: 3,
      restarts: 3,
    };
    putDeployment(server, { image: image("2"), updated: 1, all: 2, available: 1 });
    putPods(server, { image: image("1") }, crash, { image: image("2"), ready: false, ends: true });
    putEvent(server, "blog-1", "BackOff", "Back-off restarting failed container web");
    putEvent(server, "other", "Failed", "something else");
    server.objects.set("pods/blog-1/log", "boom\n");
    assert.equal(
      await failure(),
      [
        `blog: Deployment shop/blog of cluster ${server.url} has 0 of 2 pods of the release ready, and a pod won't get there (CrashLoopBackOff).`,
        "Pod blog-1, container web: CrashLoopBackOff, 3 restarts: it ended with exit code 3 (Error)",
        "Its events:",
        "  BackOff: Back-off restarting failed container web",
        "Its last log lines:",
        "boom",
        `What still serves: 1 pod of ${image("1")}.`,
        "Next: mend the app and berth up again, or berth rollback.",
      ].join("\n"),
    );
    const log = server.made.find(({ path }) => path.includes("/log"))!;
    assert.match(log.path, /container=web.*tailLines=50$/);
  });

  it("tells an image that a node can't pull, and asks for no log", async () => {
    const message = 'Back-off pulling image "x": ErrImagePull: 401 Unauthorized';
    putDeployment(server, { image: image("2"), updated: 1, all: 1, available: 0 });
    putPods(server, { image: image("2"), ready: false, waiting: { reason: "ImagePullBackOff", message } });
    const said = await failure();
    assert.match(
      said,
      /Pod blog-0, container web: ImagePullBackOff: Back-off pulling image "x": ErrImagePull: 401/,
    );
    assert.match(
      said,
      /It has no events of the kind Warning\.\nWhat still serves: nothing, no pod of it is ready\.\nNext: a node has to reach nexus\.test:8082/,
    );
    assert.ok(!server.made.some(({ path }) => path.includes("/log")));
  });

  it("tells after its time what the Deployment asks for instead, and whether the digest is ignored", async () => {
    putDeployment(server, { image: image("1") });
    putPods(server, { image: image("1") });
    const other = await failure();
    assert.match(
      other,
      new RegExp(
        `doesn't ask for ${digest("2")} after 1 s\\.\nIts template asks for ${image("1")}\\.\nThe commit is in the branch`,
      ),
    );
    assert.match(other, new RegExp(`What still serves: 1 pod of ${image("1")}\\.`));
    putDeployment(server, { image: "nexus.test:8082/blog:1.2" });
    assert.match(
      await failure(),
      /names the image without a digest: the chart doesn't use the value that Berth writes/,
    );
  });

  it("tells which Deployments there are where the one that is meant isn't", async () => {
    server.objects.clear();
    putDeployment(server, { name: "web", image: image("2") });
    const said = await failure();
    assert.match(
      said,
      /can't be followed any longer after 1 s: cluster \S+, get deployments blog in namespace shop: it isn't there/,
    );
    assert.match(said, /\nNamespace shop has the Deployments web\.\nNext: is that its name and namespace/);
  });

  it("tells the rest where events and logs may not be read", async () => {
    putDeployment(server, { image: image("2"), updated: 1, all: 1, available: 0, stuck: "timed out" });
    putPods(server, { image: image("2"), ready: false });
    for (const one of ["list events", "get pods/log"]) server.forbidden.add(one);
    const said = await failure();
    assert.match(said, /Pod blog-0 runs, and isn't ready: what does its readiness probe ask for\?/);
    assert.match(said, /Their events can't be read: .*list events in namespace shop/);
    assert.match(said, /Its log can't be read: .*get pods\/log blog-0 in namespace shop/);
  });
});
