import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { objectOf } from "../../../components/values/json-object";
import type { Complaints } from "../../support/kubernetes/complaints";
import { type Manifest, parseManifests } from "../../support/kubernetes/manifest";
import { gitopsSchemas } from "../../support/kubernetes/published-schemas";
import { root } from "../../support/stack/sandbox";

/** The generator of Flux's schemas is built once for a machine. */
const BUILD_MS = 1_200_000;

const FILES = ["argocd", "flux"].flatMap((folder) =>
  readdirSync(join(root, "examples", folder)).map((file) => `${folder}/${file}`),
);

describe("the examples for Argo CD and Flux", () => {
  let complaints: Complaints;

  before(async function () {
    this.timeout(BUILD_MS);
    complaints = await gitopsSchemas();
  });

  for (const file of FILES)
    it(`has nothing in ${file} that its controller doesn't know`, () => {
      assert.deepEqual(complaints(example(file).object), []);
    });

  it("would be told of a field that there isn't", () => {
    const release = objectOf(example("flux/helm-release.yaml").object);
    const spec = { ...objectOf(release["spec"]), valueFiles: [] };
    assert.deepEqual(complaints({ ...release, spec }), [
      "HelmRelease /spec must NOT have additional properties valueFiles",
    ]);
  });

  it("takes the chart of this repository, and the values that docs/kubernetes.md has Berth write into", () => {
    const application = example("argocd/application.yaml");
    const release = example("flux/helm-release.yaml");
    const charts = [application.at("spec.source.path"), release.at("spec.chart.spec.chart")];
    for (const chart of charts) assert.ok(existsSync(join(root, String(chart), "Chart.yaml")));
    assert.deepEqual(application.at("spec.source.helm.valueFiles"), ["/prod/blog/values.yaml"]);
    assert.deepEqual(release.at("spec.chart.spec.valuesFiles"), [
      "charts/app/values.yaml",
      "prod/blog/values.yaml",
    ]);
    assert.match(readFileSync(join(root, "docs/kubernetes.md"), "utf8"), /path: prod\/blog\/values\.yaml$/m);
  });

  it("has one source for both of Flux's", () => {
    const { name } = example("flux/git-repository.yaml");
    assert.equal(example("flux/helm-release.yaml").at("spec.chart.spec.sourceRef.name"), name);
    assert.equal(example("flux/kustomization.yaml").at("spec.sourceRef.name"), name);
  });
});

function example(file: string): Manifest {
  const [manifest, ...others] = parseManifests(readFileSync(join(root, "examples", file), "utf8"));
  assert.ok(manifest && others.length === 0, `${file} has one object`);
  return manifest;
}
