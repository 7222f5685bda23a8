import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterOfJobs } from "../../support/kubernetes/cluster-of-jobs";
import { CHART, Helm } from "../../support/kubernetes/helm";
import { theOne } from "../../support/kubernetes/manifest";

/** Helm is built once for a machine. */
const BUILD_MS = 1_200_000;

const digest = (of: string) => `sha256:${of.repeat(64)}`;
const values = (of: string) => ({
  image: { repository: "nexus.test/blog", tag: "v1", digest: digest(of) },
  processes: { web: { port: 8000 } },
  migration: { args: ["python", "manage.py", "migrate"] },
  files: { "/etc/blog.toml": "a = 1\n" },
});

describe("the migration of the chart", () => {
  let helm: Helm;
  let cluster: ClusterOfJobs;

  before(async function () {
    this.timeout(BUILD_MS);
    helm = await Helm.get();
    cluster = await new ClusterOfJobs().start();
  });

  after(() => cluster.stop());

  it("is a Job before the pods of an installation and of an update, as Argo CD and Flux know it", async () => {
    const job = theOne(await helm.template(values("1")), "Job");
    assert.equal(job.at("metadata.annotations", "helm.sh/hook"), "pre-install,pre-upgrade");
    assert.equal(job.at("spec.backoffLimit"), 0);
    assert.equal(job.at("spec.template.spec.restartPolicy"), "Never");
    assert.deepEqual(job.at("spec.template.spec.containers.0.args"), ["python", "manage.py", "migrate"]);
  });

  it("has a name of its own for each release, which is its image and nothing else", async () => {
    const nameOf = async (given: object) =>
      theOne(await helm.template({ ...values("1"), ...given }), "Job").name;
    assert.equal(await nameOf({}), "blog-migrate-111111111111");
    assert.equal(await nameOf({ env: { MORE: "yes" } }), "blog-migrate-111111111111");
    assert.equal(await nameOf({ image: values("2").image }), "blog-migrate-222222222222");
  });

  it("has files of its own, made before it: those of the processes come after it", async () => {
    const manifests = await helm.template(values("1"));
    const files = theOne(manifests, "ConfigMap", "blog-migrate-files");
    const job = theOne(manifests, "Job");
    assert.ok(Number(files.at("metadata.annotations", "helm.sh/hook-weight")) < 0);
    assert.equal(job.at("metadata.annotations", "helm.sh/hook-weight"), undefined);
    const volumes = JSON.stringify(job.at("spec.template.spec.volumes"));
    assert.match(volumes, /"configMap":\{"name":"blog-migrate-files"\}/);
    assert.deepEqual(files.at("data"), theOne(manifests, "ConfigMap", "blog-files").at("data"));
  });

  it("has environment and volumes as the processes have", async () => {
    const manifests = await helm.template(readFileSync(join(CHART, "ci", "full-values.yaml"), "utf8"));
    const container = "spec.template.spec.containers.0";
    const [job, worker] = [theOne(manifests, "Job"), theOne(manifests, "Deployment", "blog-worker")];
    for (const part of ["envFrom", "volumeMounts", "securityContext"])
      assert.deepEqual(job.at(`${container}.${part}`), worker.at(`${container}.${part}`));
  });

  describe("in a cluster that has the Job of a release", () => {
    const kinds = async (of: string, upgrade = true) => {
      const manifests = await helm.template(values(of), { kubeconfig: cluster.kubeconfig, upgrade });
      return manifests.map(({ kind }) => kind).sort();
    };
    const all = ["ConfigMap", "ConfigMap", "Deployment", "Job", "PodDisruptionBudget", "Service"];

    it("doesn't run again where it has ended well, as in a rollback", async () => {
      cluster.jobs = { "blog-migrate-111111111111": { succeeded: 1 } };
      assert.deepEqual(await kinds("1"), ["ConfigMap", "Deployment", "PodDisruptionBudget", "Service"]);
      assert.deepEqual(await kinds("2"), all);
    });

    it("runs again where it has failed, in the place of the failed one", async () => {
      cluster.jobs = { "blog-migrate-111111111111": { failed: 1 } };
      assert.deepEqual(await kinds("1"), all);
      const job = theOne(await helm.template(values("1")), "Job");
      assert.equal(job.at("metadata.annotations", "helm.sh/hook-delete-policy"), "before-hook-creation");
    });

    it("runs in a new installation: the Job is of one before, whose data may be gone", async () => {
      cluster.jobs = { "blog-migrate-111111111111": { succeeded: 1 } };
      assert.deepEqual(await kinds("1", false), all);
    });
  });
});
