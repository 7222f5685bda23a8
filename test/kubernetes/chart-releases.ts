import assert from "node:assert/strict";
import { providers as secretProviders } from "../../components/gitops/pull-secret";
import type { ClusterStage } from "../support/cluster/cluster-stage";
import { Load, summary } from "../support/edge/load";

const { PullSecret: pullSecret } = secretProviders;

/** The Deployment and Service of the chart's process `web`. */
const WEB = "blog-web";
/** A Service beside it that this machine reaches. */
const OUTSIDE = "outside";
/** Of its digest, in the name of a release's migration. */
const DIGITS = 12;

/** The values of an app, as docs/kubernetes.md has them, for charts/app; what `image` says Berth writes. */
export const VALUES = {
  image: { repository: "", tag: "", digest: "" },
  imagePullSecrets: [{ name: "nexus" }],
  processes: { web: { port: 8000, health: { path: "/" } } },
  migration: { args: ["migrate"] },
};

/** One after the other, on a cluster that has nothing of the app yet. @param deliver brings a release into the cluster, as far as it gets */
export function chartReleases(stage: ClusterStage, deliver: (image: string) => Promise<void>): void {
  const images = new Map<string, string>();
  const release = async (version: string, fault?: Parameters<ClusterStage["image"]>[1]) => {
    const image = await stage.image(version, fault);
    images.set(version, image);
    await deliver(image);
    return image;
  };
  const follow = (image: string, timeout = 180) => stage.follow(image, timeout, WEB);
  const jobOf = (image: string) => `blog-migrate-${image.split("sha256:")[1]?.slice(0, DIGITS)}`;
  const serves = (version: string) => stage.untilAnswers(OUTSIDE, version);

  it("is installed: migrated, pulled by the stack's pull secret, followed until its pods are ready", async () => {
    await pullSecret.create(stage.secret());
    const first = await release("1");
    await follow(first);
    await stage.kubectl(
      "expose",
      "service",
      WEB,
      "--type=NodePort",
      "--target-port=http",
      `--name=${OUTSIDE}`,
    );
    await serves("1");
    const log = await stage.kubectl("logs", `job/${jobOf(first)}`);
    assert.equal(log, "migrated to 1");
  });

  it("is updated under load without a failed request", async () => {
    const load = new Load(await stage.address(OUTSIDE), 50, 15_000);
    await follow(await release("2"));
    await serves("2");
    const answers = await load.stop();
    assert.match(summary(answers), /^0 of [1-9]\d* failed/);
    const versions = new Set(answers.answers.map(({ said }) => said));
    assert.deepEqual([...versions].sort(), ["1", "2"]);
  });

  it("replaces nothing where the migration fails, and keeps its log", async () => {
    const third = await release("3", "doesn't migrate");
    await assert.rejects(follow(third, 20), /blog-web of cluster \S+ doesn't ask for sha256:\w+ after 20 s/);
    await serves("2");
    assert.equal(await stage.kubectl("logs", `job/${jobOf(third)}`), "no table for version 3");
  });

  it("leaves the old pods serving where the new ones never get ready, and says why", async () => {
    const second = images.get("2");
    await assert.rejects(follow(await release("4", "unready"), 45), (error: Error) => {
      assert.match(error.message, /has 0 of 2 pods of the release ready after 45 s/);
      assert.match(error.message, /Unhealthy: Startup probe failed/);
      assert.ok(error.message.includes(`What still serves: 2 pods of ${second}.`), error.message);
      return true;
    });
    await serves("2");
  });

  it("goes back by digest, and migrates nothing again", async () => {
    const [first = "", second = ""] = [images.get("1"), images.get("2")];
    const before = await stage.kubectl("get", "job", jobOf(first), "-o", "jsonpath={.metadata.uid}");
    for (const [image, version] of [
      [second, "2"],
      [first, "1"],
    ] as const) {
      await deliver(image);
      await follow(image);
      await serves(version);
    }
    assert.equal(await stage.kubectl("get", "job", jobOf(first), "-o", "jsonpath={.metadata.uid}"), before);
  });

  it("is pulled with another password once the pull secret has followed it", async () => {
    const bring = stage.rotate();
    await bring();
    await follow(await release("5"));
    await serves("5");
  });

  it("waits for a registry that is away, serves meanwhile, and goes on by itself", async () => {
    const sixth = await stage.image("6");
    await stage.registry.goAway();
    const following = follow(sixth);
    const delivered = deliver(sixth);
    await stage.untilImageIsMissed();
    await serves("5");
    await stage.registry.listen();
    await Promise.all([following, delivered]);
    await serves("6");
  });
}
