import { parseReference } from "../../components/registry/reference";
import { ClusterStage } from "../support/cluster/cluster-stage";
import { Helm } from "../support/kubernetes/helm";
import { chartReleases, VALUES } from "./chart-releases";

/** Helm is told of a release, and Berth's own waiting says what comes of it. */
describe("an app by charts/app on a real Kubernetes", () => {
  const stage = new ClusterStage();
  let helm: Helm;

  before(async function () {
    await stage.startFor(this);
    helm = await Helm.get();
  });

  after(() => stage.stop());

  chartReleases(stage, async (release) => {
    const { registry, repository, digest = "" } = parseReference(release);
    const image = { repository: `${registry}/${repository}`, tag: "", digest };
    // Where its migration fails it ends with 1: who follows the release hears of it.
    await helm.upgrade({ ...VALUES, image }, "blog", {
      ...stage.where(),
      kubeconfig: stage.cluster.kubeconfig,
    });
  });
});
