import assert from "node:assert/strict";
import { checkClusters } from "../../../../automation/gitops/check-clusters";
import {
  hiddenInClusters,
  lookAtClusters,
  lookAtWorkloads,
} from "../../../../automation/gitops/look-at-clusters";
import { workloadsJson } from "../../../../automation/gitops/workloads-text";
import { releaseList, releasesText } from "../../../../automation/releases/releases-text";
import { runningIn } from "../../../../automation/releases/running-digests";
import { servicesText } from "../../../../automation/services/services-text";
import type { StackFile } from "../../../../automation/stack-file/stack-file";
import { consoleReport } from "../../../../automation/terminal/report";
import { PULL_SECRET } from "../../../../components/gitops/pull-secret";
import { ROLLOUT } from "../../../../components/gitops/rollout";
import { parseSettings } from "../../../../components/settings/settings";
import { ApiServer } from "../../../support/cluster/api-server";
import { digest, image, putDeployment, putPods } from "../../../support/cluster/objects";
import { stackStateOf } from "../../../support/stack/stack-state";

describe("the clusters of a stack's apps", () => {
  let server: ApiServer;
  const said: string[] = [];
  const before = stackStateOf("0123456789abcdef");
  const report = { ...consoleReport(false), say: (line: string) => said.push(line) };

  const settings = (cluster: object = {}, target: object = {}) => {
    const where = { kubeconfig: server.kubeconfig(), namespace: "shop", ...cluster };
    const file = { project: "platform/clusters", branch: "main", path: "values.yaml", ...target };
    const gitops = { ...file, values: { digest: "image.digest" }, cluster: where };
    return parseSettings({
      nexus: { hostname: "127.0.0.1", eula: "accepted" },
      gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
      servers: {},
      apps: { blog: { release: { tag: "1", digest: digest("1") }, gitops } },
    });
  };
  const check = (...given: Parameters<typeof settings>) => {
    const parsed = settings(...given);
    return checkClusters({ file: { settings: () => parsed } as StackFile, before }, report);
  };

  beforeEach(async () => {
    said.length = 0;
    server = await new ApiServer().start();
    putDeployment(server, { image: image("1") });
    putPods(server, { image: image("1") }, { image: image("1") });
  });
  afterEach(() => server.stop());

  it("tell how each Deployment is, and what its ready pods run", async () => {
    const { apps } = settings();
    const look = async () => {
      const [{ state, ready, replicas, images } = assert.fail()] = await lookAtClusters(apps);
      return [state, ready, replicas, images.length];
    };
    assert.deepEqual(await look(), ["running", 2, 2, 1]);
    putDeployment(server, { image: image("2"), updated: 1 });
    putPods(server, { image: image("1") }, { image: image("2") });
    assert.deepEqual(await look(), ["starting", 2, 2, 2]);
    putPods(server, { image: image("2"), ready: false });
    assert.deepEqual(await look(), ["unhealthy", 0, 2, 0]);
    putDeployment(server, { image: image("2"), replicas: 0 });
    assert.deepEqual(await look(), ["stopped", 0, 0, 0]);
    server.objects.clear();
    assert.deepEqual(await look(), ["missing", 0, 0, 0]);
    server.forbidden.add("get deployments");
    assert.deepEqual(await look(), ["unreachable", 0, 0, 0]);
  });

  it("are rows in the list of services, and say why they can't be asked", async () => {
    const looks = await lookAtClusters(settings({ kubeconfig: server.kubeconfig(), context: "other" }).apps);
    const label = looks[0]!.workload;
    assert.match(label, /^\/\S+ other shop\/blog$/);
    const text = servicesText([], looks);
    assert.match(
      text,
      new RegExp(
        `shop/blog +running +2 of 2 ready +nexus\\.test:8082/blog@sha256:1{12} +${server.url}$`,
        "m",
      ),
    );
    assert.deepEqual(workloadsJson(looks), [
      {
        service: label,
        app: "blog",
        workload: label,
        cluster: server.url,
        state: "running",
        ready: 2,
        replicas: 2,
        images: [image("1")],
      },
    ]);
    server.forbidden.add("list pods");
    const away = await lookAtClusters(settings().apps);
    assert.match(
      servicesText([], away),
      /shop\/blog: cluster \S+, list pods in namespace shop: this kubeconfig's account may not/,
    );
  });

  it("are places that a release runs on, by digest; in the middle of an update two run", async () => {
    const release = { app: "blog", tag: "1", digest: digest("1"), result: "succeeded" } as const;
    const running = runningIn(await lookAtClusters(settings().apps), "blog");
    assert.match(
      releasesText([releaseList("blog", [release], running)]),
      /succeeded +cluster \S+ shop\/blog$/m,
    );
    putPods(server, { image: image("1") }, { image: image("2") });
    const both = runningIn(await lookAtClusters(settings().apps), "blog");
    assert.deepEqual(
      both.map((one) => one.digest),
      [digest("1"), digest("2")],
    );
    assert.deepEqual(runningIn(await lookAtClusters(settings().apps), "shop"), []);
  });

  it("are looked at for an app that waits in this checkout, too; where nothing of it is there, nothing is missing", async () => {
    const { apps } = settings();
    const waiting = apps.map((app) => ({ ...app, release: undefined }));
    const states = async (given: Parameters<typeof lookAtWorkloads>[0]) =>
      (await lookAtWorkloads(given)).map(({ app, state }) => [app, state]);
    assert.deepEqual(await states({ apps: [], waiting }), [["blog", "running"]]);
    server.objects.clear();
    assert.deepEqual(await states({ apps: [], waiting }), []);
    assert.deepEqual(await states({ apps, waiting: [] }), [["blog", "missing"]]);
  });

  it("are left out of a refresh where they can't be asked", async () => {
    const inputs = { app: "blog", kubeconfig: server.kubeconfig(), namespace: "shop", deployment: "blog" };
    const state = stackStateOf(
      "one",
      { urn: "a", type: ROLLOUT, inputs },
      { urn: "b", type: "other", inputs },
    );
    assert.deepEqual(await hiddenInClusters(state), []);
    server.forbidden.add("get deployments");
    const [hidden, ...more] = await hiddenInClusters(state);
    assert.equal(more.length, 0);
    assert.equal(hidden?.urn, "a");
    assert.match(
      hidden?.why ?? "",
      /get deployments blog in namespace shop: this kubeconfig's account may not/,
    );
  });

  it("stop an update before it begins where nobody may look, and not where the Deployment is yet to come", async () => {
    await check();
    server.objects.clear();
    await check();
    server.forbidden.add("get deployments");
    await assert.rejects(
      check(),
      /^CommandError: Nothing was changed\. What can't be done in a cluster:\nblog in \S+ shop\/blog: cluster \S+, get deployments blog/,
    );
    await check({}, { mergeRequest: true });
    await assert.rejects(check({ context: "prod" }), /blog in \S+ prod shop\/blog: .* has no context prod/);
    assert.deepEqual(said, []);
  });

  it("stop an update whose pull secret is somebody else's, and look at it in a refresh", async () => {
    const secret = (id: string) =>
      server.objects.set("secrets/nexus", { metadata: { name: "nexus", labels: { "berth.id": id } } });
    secret("0123456789abcdef");
    await check({ pullSecret: "nexus" });
    const inputs = {
      kubeconfig: server.kubeconfig(),
      namespace: "shop",
      name: "nexus",
      identity: "0123456789abcdef",
    };
    const state = stackStateOf("one", { urn: "a", type: PULL_SECRET, inputs });
    assert.deepEqual(await hiddenInClusters(state), []);
    secret("fedcba9876543210");
    const foreign =
      /namespace shop has a Secret nexus that isn't this stack's, and it stays as it is\. Give the stack's another name/;
    await assert.rejects(check({ pullSecret: "nexus" }), foreign);
    assert.match((await hiddenInClusters(state))[0]?.why ?? "", foreign);
    server.forbidden.add("get secrets");
    await assert.rejects(
      check({ pullSecret: "nexus" }),
      /pull secret \S+ shop\/nexus: .*a role with the verb get on secrets there/,
    );
  });

  it("let an update go on where they give no answer, as servers may need the way back", async () => {
    server.failures.push(503);
    await check();
    assert.match(
      said.join("\n"),
      /^Not known what a cluster runs: blog in \S+ shop\/blog: cluster \S+, get deployments blog in namespace shop: it answered 503/,
    );
  });
});
