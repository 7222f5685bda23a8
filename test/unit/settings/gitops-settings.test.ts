import assert from "node:assert/strict";
import { isServed } from "../../../components/settings/app-settings";
import { parseSettings } from "../../../components/settings/settings";
import { problemsOf } from "../../support/settings-problems";

const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
const target = {
  project: "platform/clusters",
  branch: "main",
  path: "prod/values.yaml",
  values: { digest: "image.digest" },
};
const place = { docker: "unix:///x", address: "web1" };

function read(apps: Record<string, object>) {
  return parseSettings({
    nexus: { hostname: "127.0.0.1", eula: "accepted" },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
    servers: { web1: place },
    apps: Object.fromEntries(Object.entries(apps).map(([name, app]) => [name, { release, ...app }])),
  });
}
const problems = (gitops: unknown, more: object = {}) =>
  problemsOf(() => read({ blog: { gitops, ...more } }));

describe("the settings of an app for a cluster", () => {
  it("need no servers, and may stand beside them", () => {
    const [alone] = read({ blog: { gitops: target } }).apps;
    assert.deepEqual(alone!.gitops, [
      { ...target, values: { digest: ["image.digest"] }, mergeRequest: false },
    ]);
    assert.ok(!isServed(alone!));
    const served = { port: 80, publish: 80, servers: ["web1"] };
    const [both] = read({ blog: { gitops: [target], ...served } }).apps;
    assert.ok(isServed(both!) && both.gitops.length === 1);
  });

  it("have several targets, and several places in a file", () => {
    const values = {
      image: "a[name=x].image",
      repository: "b",
      tag: ['c["d.e"]', "f[0]"],
      digest: ["g", "h"],
    };
    const gitops = [
      target,
      { ...target, branch: "dev" },
      { ...target, document: "Deployment/blog", values, mergeRequest: true },
    ];
    const [app] = read({ blog: { gitops } }).apps;
    assert.deepEqual(app!.gitops[2], {
      ...target,
      document: "Deployment/blog",
      values: {
        image: ["a[name=x].image"],
        repository: ["b"],
        tag: ['c["d.e"]', "f[0]"],
        digest: ["g", "h"],
      },
      mergeRequest: true,
    });
  });

  it("say what they expected, with the path in the file, all at once", () => {
    const wrong = {
      project: "clusters",
      branch: "a b",
      path: "/values.yaml",
      document: "blog",
      mergeRequest: "yes",
      brunch: "x",
    };
    assert.deepEqual(problems({ ...wrong, values: { digest: "a..b", tagg: "x" } }), [
      'berth:apps.blog.gitops.project: expected a project path like group/name, got "clusters"',
      'berth:apps.blog.gitops.branch: expected a branch, got "a b"',
      'berth:apps.blog.gitops.path: expected a file\'s path from the top of the project, like dev/values.yaml, got "/values.yaml"',
      'berth:apps.blog.gitops.document: expected kind and name, like Deployment/blog, got "blog"',
      "berth:apps.blog.gitops.values.digest.0: expected a key path like image.tag, images[name=blog].digest, " +
        'containers[0].image or a["example.com/b"], got "a..b"',
      "berth:apps.blog.gitops.values.tagg: no such setting",
      'berth:apps.blog.gitops.mergeRequest: expected true or false, got "yes"',
      "berth:apps.blog.gitops.brunch: no such setting",
    ]);
    assert.deepEqual(problems([target, { ...target, path: "a/../b", values: {} }]), [
      'berth:apps.blog.gitops.1.path: expected a file\'s path from the top of the project, like dev/values.yaml, got "a/../b"',
      "berth:apps.blog.gitops.1.values: expected digest, or image for all of it in one: without the digest the file doesn't say what runs",
    ]);
    assert.deepEqual(problems({ ...target, values: undefined }), [
      "berth:apps.blog.gitops.values: expected key paths by name, got nothing",
    ]);
    assert.deepEqual(problems("main"), ["berth:apps.blog.gitops: expected settings by name, got a text"]);
  });

  it("take what YAML makes a number or a flag of for the text that it is", () => {
    assert.deepEqual(
      read({ blog: { gitops: { ...target, branch: 1, mergeRequest: "true" } } }).apps[0]!.gitops[0],
      {
        ...target,
        branch: "1",
        values: { digest: ["image.digest"] },
        mergeRequest: true,
      },
    );
  });

  it("give no place in a file two writers", () => {
    const own = (digest: string) => ({ gitops: { ...target, values: { digest } } });
    assert.deepEqual(
      problemsOf(() =>
        read({ blog: own("blog.image"), shop: own("shop.image"), more: own("shop.image.digest") }),
      ),
      ["berth:apps.more.gitops: shop.image.digest is already shop.image of app shop"],
    );
    assert.deepEqual(problems([target, { ...target, values: { digest: "image.other" } }]), [
      "berth:apps.blog.gitops.1: prod/values.yaml is given twice: list all of its key paths in one target",
    ]);
    assert.deepEqual(problems({ ...target, values: { digest: "a.b", tag: "a.b" } }), [
      "berth:apps.blog.gitops: a.b is already a.b of this app",
    ]);
    assert.deepEqual(problems({ ...target, values: { digest: "image.digest", tag: "image.digestTag" } }), []);
  });

  it("name the Deployments that are asked: one with the app's name unless they say otherwise", () => {
    const clusterOf = (cluster: object) =>
      read({ blog: { gitops: { ...target, cluster } } }).apps[0]!.gitops[0]!.cluster;
    assert.deepEqual(clusterOf({ namespace: "shop" }), { namespace: "shop", timeout: 300 });
    const all = {
      kubeconfig: "kube/prod",
      context: "platform/clusters:prod",
      namespace: "shop",
      timeout: 60,
    };
    assert.deepEqual(clusterOf({ ...all, deployment: "web" }), { ...all, deployment: ["web"] });
    assert.deepEqual(clusterOf({ ...all, deployment: ["web", "worker"] })?.deployment, ["web", "worker"]);
    assert.deepEqual(problems({ ...target, cluster: { deployment: "Web", timeout: 0, nodes: 1 } }), [
      "berth:apps.blog.gitops.cluster.namespace: expected a namespace's name of small letters, digits and -, got nothing",
      'berth:apps.blog.gitops.cluster.deployment.0: expected a Deployment\'s name of small letters, digits and -, got "Web"',
      "berth:apps.blog.gitops.cluster.timeout: expected seconds, a whole number above 0, got 0",
      "berth:apps.blog.gitops.cluster.nodes: no such setting",
    ]);
    const twice = { ...target, cluster: { namespace: "shop" } };
    assert.deepEqual(problems([twice, { ...twice, path: "more.yaml" }]), [
      "berth:apps.blog.gitops.1: Deployment shop/blog of blog is given twice: one target is enough",
    ]);
  });

  it("are refused together with what only a container on a server has", () => {
    const more = {
      port: 80,
      publish: 80,
      env: { A: "b" },
      secrets: { S: "hunter22" },
      volumes: { data: "/data" },
      health: "none",
    };
    assert.deepEqual(problems(target, more), [
      "berth:apps.blog: port, publish, volumes, env, secrets, health: for containers on servers, and this app has none: " +
        "the files of its cluster say it. Take it out",
    ]);
  });

  it("are missed where there are no servers either, and ports where there are", () => {
    assert.deepEqual(problems(undefined), [
      "berth:apps.blog: expected servers, at least one, or gitops for a cluster: it would run nowhere",
    ]);
    assert.deepEqual(problems(target, { servers: ["web1"] }), [
      "berth:apps.blog.port: expected a port 1–65535, got nothing",
      "berth:apps.blog.publish: expected a port 1–65535, got nothing",
    ]);
  });
});
