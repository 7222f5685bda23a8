import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { editYaml } from "../../../components/gitops/edit-yaml";
import { releaseValues } from "../../../components/gitops/release-values";
import { gitopsSchema } from "../../../components/settings/gitops/gitops-settings";
import { CHART, Helm } from "../../support/kubernetes/helm";
import { type Manifest, theOne } from "../../support/kubernetes/manifest";
import { kubernetesSchemas } from "../../support/kubernetes/published-schemas";
import { root } from "../../support/stack/sandbox";

/** Helm is built once for a machine. */
const BUILD_MS = 1_200_000;

/** Those that docs/kubernetes.md names: the chart's oldest, and the newest that there are schemas of. */
const OLDEST = /\d+\.\d+/.exec(parse(readFileSync(join(CHART, "Chart.yaml"), "utf8")).kubeVersion)![0];
const NEWEST = "1.37";

const ci = (name: string) => readFileSync(join(CHART, "ci", `${name}-values.yaml`), "utf8");
const NAMES = readdirSync(join(CHART, "ci")).map((file) => file.replace("-values.yaml", ""));

const DIGEST = `sha256:${"1".repeat(64)}`;
const least = {
  image: { repository: "nexus.test/blog", tag: "3f2a91c04d7e", digest: DIGEST },
  processes: { web: { port: 8000 } },
};

describe("the chart of an app", () => {
  let helm: Helm;

  before(async function () {
    this.timeout(BUILD_MS);
    helm = await Helm.get();
  });

  for (const name of NAMES)
    it(`passes helm lint with the values of ci/${name}-values.yaml`, async () => {
      const { code, stdout, stderr } = await helm.lint(
        "--strict",
        "--values",
        join(CHART, "ci", `${name}-values.yaml`),
      );
      assert.equal(code, 0, stdout + stderr);
    });

  for (const version of [OLDEST, NEWEST])
    it(`makes nothing that Kubernetes ${version} doesn't know`, async () => {
      const complaints = await kubernetesSchemas(version);
      for (const name of NAMES) {
        const manifests = await helm.template(ci(name), { kubernetes: version });
        assert.ok(manifests.length >= 2, name);
        assert.deepEqual(
          manifests.flatMap(({ object }) => complaints(object)),
          [],
          name,
        );
      }
    });

  it("is checked by schemas that tell of a field that there isn't, and of an empty value", async () => {
    const complaints = await kubernetesSchemas(OLDEST);
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: null }, spec: { port: 80 } };
    assert.deepEqual(complaints(service), ["Service /spec must NOT have additional properties port"]);
    assert.deepEqual(complaints({ ...service, spec: {} }), ["/metadata/name is null"]);
  });

  it("says in docs/kubernetes.md which versions it is for, and refuses an older one", async () => {
    const docs = readFileSync(join(root, "docs/kubernetes.md"), "utf8");
    assert.match(docs, new RegExp(`Kubernetes ${OLDEST} to ${NEWEST}\\b`));
    assert.match(await helm.refusal(least, { kubernetes: "1.29" }), /kubeVersion: >=1\.30\.0-0 .* v1\.29/);
  });

  it("runs the release that Berth writes into the values of docs/kubernetes.md, and nothing before", async () => {
    const docs = readFileSync(join(root, "docs/kubernetes.md"), "utf8");
    const [, values] = /^```yaml\n(# prod\/blog\/values\.yaml\n[\s\S]*?)^```/m.exec(docs)!;
    assert.match(await helm.refusal(values!), /image\.digest is empty/);
    const [target] = gitopsSchema.parse(parse(docs.match(/gitops:\n([\s\S]*?)^```/m)![1]!));
    const image = `nexus.example.com:8082/blog@${DIGEST}`;
    const written = editYaml(values!, releaseValues(target!, { tag: "3f2a91c04d7e", image })).text;
    const manifests = await helm.template(written);
    const complaints = await kubernetesSchemas(NEWEST);
    assert.deepEqual(
      manifests.flatMap(({ object }) => complaints(object)),
      [],
    );
    assert.deepEqual(
      manifests.flatMap(containersOf).map((container) => container.image),
      [image, image, image],
    );
  });

  it("has no option that values.yaml doesn't tell, and none there that the schema doesn't take", async () => {
    const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8"));
    const text = readFileSync(join(CHART, "values.yaml"), "utf8");
    const { global, ...options } = schema.properties;
    assert.ok(global);
    assert.deepEqual(Object.keys(options).sort(), Object.keys(parse(text)).sort());
    for (const option of Object.keys(schema.$defs.process.properties))
      assert.match(text, new RegExp(`^#   .*\\b${option}\\b`, "m"));
  });

  it("runs every container by the digest, and says the tag only in a label", async () => {
    const manifests = await helm.template(ci("full"));
    const images = manifests.flatMap(containersOf).map(({ image }) => image);
    assert.equal(images.length, 4);
    const image = `nexus.example.com:8082/blog@sha256:${"2".repeat(64)}`;
    assert.deepEqual([...new Set(images)], [image]);
    const pods = theOne(manifests, "Deployment", "blog-web");
    assert.equal(pods.at("spec.template.metadata.labels", "app.kubernetes.io/version"), "1.10");
  });

  it("has a selector that stays the same from release to release: Kubernetes lets nobody change it", async () => {
    const of = async (image: object) =>
      theOne(await helm.template({ ...least, image }), "Deployment").at("spec.selector");
    const next = { repository: "nexus.test/other", tag: "v2", digest: `sha256:${"9".repeat(64)}` };
    assert.deepEqual(await of(least.image), await of(next));
  });

  it("takes tags that are no label of Kubernetes", async () => {
    for (const [tag, label] of [
      ["_v1-", "v1"],
      ["", undefined],
      [`${"a".repeat(62)}--b`, "a".repeat(62)],
    ]) {
      const deployment = theOne(
        await helm.template({ ...least, image: { ...least.image, tag } }),
        "Deployment",
      );
      assert.equal(deployment.at("metadata.labels", "app.kubernetes.io/version"), label);
    }
  });

  it("keeps names within what Kubernetes allows, with a long release and a long process", async () => {
    const process = "a-process-of-twenty";
    const values = { ...least, processes: { [process]: { port: 1 } }, migration: { args: ["x"] } };
    const manifests = await helm.template(values, { release: `${"r".repeat(39)}-${"s".repeat(13)}` });
    const names = manifests.map(({ name }) => String(name));
    for (const name of names) assert.match(name, /^[a-z]([a-z0-9-]{0,61}[a-z0-9])$/);
    assert.ok(names.includes(`${"r".repeat(39)}-${process}`));
  });

  it("is what Kubernetes calls restricted by default: not root, nothing to write to, no right of root's", async () => {
    const manifests = await helm.template({ ...least, migration: { args: ["migrate"] } });
    const pods = manifests.filter(({ kind }) => kind === "Deployment" || kind === "Job");
    assert.equal(pods.length, 2);
    for (const pod of pods) {
      assert.equal(pod.at("spec.template.spec.securityContext.runAsNonRoot"), true);
      assert.equal(pod.at("spec.template.spec.securityContext.seccompProfile.type"), "RuntimeDefault");
      assert.equal(pod.at("spec.template.spec.automountServiceAccountToken"), false);
      const container = "spec.template.spec.containers.0";
      assert.deepEqual(pod.at(`${container}.securityContext`), {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
      });
      assert.equal(pod.at(`${container}.volumeMounts.0.mountPath`), "/tmp");
      assert.deepEqual(pod.at("spec.template.spec.volumes.0.emptyDir"), {});
      assert.deepEqual(pod.at(`${container}.resources.limits`), { memory: "512Mi" });
    }
  });

  it("replaces pods one by one, each after the new one is ready, and lets traffic leave before it ends", async () => {
    const web = theOne(await helm.template(least), "Deployment");
    assert.deepEqual(web.at("spec.strategy"), {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 },
    });
    assert.equal(web.at("spec.replicas"), 2);
    assert.equal(web.at("spec.minReadySeconds"), 5);
    const container = "spec.template.spec.containers.0";
    assert.deepEqual(web.at(`${container}.readinessProbe.tcpSocket`), { port: "http" });
    const pause = Number(web.at(`${container}.lifecycle.preStop.sleep.seconds`));
    assert.ok(pause > 0 && Number(web.at("spec.template.spec.terminationGracePeriodSeconds")) >= pause + 30);
  });

  it("asks for health as people do: by their host name, over https", async () => {
    const web = theOne(await helm.template(ci("full")), "Deployment", "blog-web");
    for (const probe of ["startupProbe", "readinessProbe"])
      assert.deepEqual(web.at(`spec.template.spec.containers.0.${probe}.httpGet`), {
        path: "/up",
        port: "http",
        httpHeaders: [
          { name: "Host", value: "blog.example.com" },
          { name: "X-Forwarded-Proto", value: "https" },
        ],
      });
    assert.equal(web.at("spec.template.spec.containers.0.startupProbe.failureThreshold"), 45);
  });

  it("leaves the number of pods to the autoscaler, and has a budget where there are several", async () => {
    const manifests = await helm.template(ci("full"));
    assert.equal(theOne(manifests, "Deployment", "blog-web").at("spec.replicas"), undefined);
    assert.equal(theOne(manifests, "HorizontalPodAutoscaler").at("spec.scaleTargetRef.name"), "blog-web");
    const budgets = manifests.filter(({ kind }) => kind === "PodDisruptionBudget");
    assert.deepEqual(budgets.map(({ name }) => name).sort(), ["blog-web", "blog-worker"]);
    const none = await helm.template({ ...least, processes: { web: { port: 1, replicas: 0 } } });
    assert.equal(theOne(none, "Deployment").at("spec.replicas"), 0);
  });

  it("gives texts on as they are, and a process its own before those of all", async () => {
    const text = 'two\nlines, "quoted" {{ and }} $HOME';
    const env = { TEXT: text, NUMBER: "010", BOTH: "all" };
    const web = { port: 1, env: { BOTH: "own" } };
    const deployment = theOne(await helm.template({ ...least, env, processes: { web } }), "Deployment");
    assert.deepEqual(deployment.at("spec.template.spec.containers.0.env"), [
      { name: "BOTH", value: "own" },
      { name: "NUMBER", value: "010" },
      { name: "TEXT", value: text },
    ]);
  });

  it("takes names for texts that YAML takes for something else", async () => {
    const values = { ...least, env: { NO: "1" }, processes: { on: { port: 1 } } };
    const manifests = await helm.template(values, { release: "1e3" });
    const complaints = await kubernetesSchemas(NEWEST);
    assert.deepEqual(
      manifests.flatMap(({ object }) => complaints(object)),
      [],
    );
    const selector = theOne(manifests, "Service").at("spec.selector");
    assert.deepEqual(selector, {
      "app.kubernetes.io/name": "app",
      "app.kubernetes.io/instance": "1e3",
      "app.kubernetes.io/component": "on",
    });
    assert.deepEqual(theOne(manifests, "Deployment").at("spec.template.spec.containers.0.env.0.name"), "NO");
  });

  it("replaces pods where one of the files has changed", async () => {
    const of = async (text: string) =>
      theOne(await helm.template({ ...least, files: { "/etc/blog.toml": text } }), "Deployment").at(
        "spec.template.metadata.annotations",
        "checksum/files",
      );
    assert.notEqual(await of("a = 1\n"), await of("a = 2\n"));
    assert.equal(await of("a = 1\n"), await of("a = 1\n"));
  });

  it("puts no secret into the cluster: those that are there are named", async () => {
    const manifests = await helm.template(ci("full"));
    assert.ok(manifests.every(({ kind }) => kind !== "Secret"));
    const web = theOne(manifests, "Deployment", "blog-web");
    assert.deepEqual(web.at("spec.template.spec.imagePullSecrets"), [{ name: "nexus" }]);
  });
});

function containersOf(manifest: Manifest): { readonly image: unknown }[] {
  const containers = manifest.at("spec.template.spec.containers");
  return Array.isArray(containers) ? containers : [];
}
