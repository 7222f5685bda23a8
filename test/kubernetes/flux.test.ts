import assert from "node:assert/strict";
import { stringify } from "yaml";
import { providers as secretProviders } from "../../components/gitops/pull-secret";
import type { WrittenFile } from "../support/cluster/clusters-project";
import { FluxStage } from "../support/cluster/flux-stage";
import { KUSTOMIZED, siteFiles } from "../support/cluster/kustomized-site";
import { chartReleases, VALUES } from "./chart-releases";

const { PullSecret: pullSecret } = secretProviders;

const CHART: WrittenFile = {
  path: "prod/blog/values.yaml",
  values: { repository: ["image.repository"], tag: ["image.tag"], digest: ["image.digest"] },
};

/** A commit by Berth, what Flux's own controllers make of it on a real node, and what Berth's waiting sees of that. */
describe("an app that Flux follows in a GitLab project, on a real Kubernetes", () => {
  const stage = new FluxStage();
  const { cluster } = stage;

  before(async function () {
    const why = await stage.start({ [CHART.path]: stringify(VALUES), ...siteFiles() });
    if (why === undefined) return;
    console.log(`  skipped: ${why}`);
    this.skip();
  });

  after(() => stage.stop());

  describe("by a HelmRelease with charts/app", () => {
    before(() => stage.follow("helm-release.yaml"));
    chartReleases(cluster, (image) => stage.release(image, CHART));
  });

  describe("by a Kustomization", () => {
    before(async () => {
      await pullSecret.create(cluster.secret());
      await stage.follow("kustomization.yaml");
    });

    // Kustomize writes name:tag@digest.
    let digest = "";
    const runs = async (version: string) => {
      const image = await cluster.image(version);
      digest = image.split("@")[1] ?? "";
      await stage.release(image, KUSTOMIZED);
      await cluster.follow(image, 120, "site");
      const which = ["--selector=app=site", "-o", "jsonpath={.items[*].spec.containers[*].image}"];
      const images = (await cluster.kubectl("get", "pods", ...which)).split(" ");
      assert.ok(
        images.some((one) => one.endsWith(`@${digest}`)),
        images.join(", "),
      );
    };

    it("runs a release after its commit", () => runs("7"));

    it("is told the last words of one whose program ends, and keeps the pods of before", async () => {
      const broken = await cluster.image("8", "crashes");
      await stage.release(broken, KUSTOMIZED);
      await assert.rejects(cluster.follow(broken, 120, "site"), (error: Error) => {
        assert.match(error.message, /\nIts last log lines:\nno database for version 8\n/);
        assert.match(error.message, new RegExp(`What still serves: 2 pods of \\S+@${digest}\\.`));
        return true;
      });
    });

    it("runs the next one, which the broken one doesn't hold up", () => runs("9"));
  });
});
