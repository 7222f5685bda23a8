import { setTimeout as pause } from "node:timers/promises";
import { Cluster } from "../components/cluster/cluster";
import { lookAtWorkload, uses } from "../components/cluster/workload";
import { providers } from "../components/gitops/pull-secret";
import { FluxStage } from "../test/support/cluster/flux-stage";
import { KUSTOMIZED, site, siteFiles } from "../test/support/cluster/kustomized-site";
import { inSeconds, median, table } from "./nexus/table";
import { runBench } from "./run-bench";

const BY_HAND = "by-hand";

/**
 * `node --require tsx/cjs bench/kubernetes.ts [ROUNDS]`: a digest that is in the registry and on no node, until two pods of it are
 * ready and none of before are left: by a commit of Berth's that Flux applies, followed by Berth's own waiting, and by
 * `kubectl set image && kubectl rollout status` of a Deployment like it on the same node, in turns. Flux is told to look at once: its
 * interval is somebody's choice.
 */
async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 7);
  if (!(rounds > 0)) throw new Error("usage: bench/kubernetes.ts [ROUNDS]");
  const stage = new FluxStage();
  const why = await stage.start(siteFiles());
  try {
    if (why !== undefined) throw new Error(`there can be no cluster: ${why}`);
    process.stdout.write(await contest(stage, rounds));
  } finally {
    await stage.stop();
  }
}

async function contest(stage: FluxStage, rounds: number): Promise<string> {
  const { cluster } = stage;
  await providers.PullSecret.create(cluster.secret());
  const first = await cluster.image("0");
  const manifest = site(first, BY_HAND);
  await cluster.apply([{ ...manifest, metadata: { ...manifest.metadata, namespace: cluster.namespace } }]);
  await stage.follow("kustomization.yaml");
  await Promise.all([stage.release(first, KUSTOMIZED), cluster.follow(first, 300, "site")]);
  const [commits, applied, pods, hands]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 1; round <= rounds; round++) {
    const [one, other] = [await cluster.image(`${round} by Berth`), await cluster.image(`${round} by hand`)];
    const { committed, asked, ready } = await byBerth(stage, one);
    commits.push(committed);
    applied.push(asked - committed);
    pods.push(ready);
    hands.push(await byHand(stage, other));
  }
  return report({ commits, applied, pods, hands });
}

/** Seconds until it is committed, until Flux has the Deployment ask for it, and until Berth says that the pods run it. */
async function byBerth(stage: FluxStage, image: string) {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  await stage.release(image, KUSTOMIZED);
  const committed = seconds();
  const asked = untilAsked(stage, image).then(seconds);
  await stage.cluster.follow(image, 300, "site");
  const ready = seconds();
  return { committed, asked: await asked, ready };
}

async function untilAsked({ cluster }: FluxStage, image: string): Promise<void> {
  const there = await Cluster.open(cluster.where());
  const digest = image.replace(/^.*@/, "");
  for (const until = Date.now() + 60_000; ; await pause(50)) {
    const { images } = await lookAtWorkload(there, "site");
    if (uses(images, digest)) return;
    if (Date.now() > until) throw new Error(`Flux applies no ${image}: ${images.join(", ")}`);
  }
}

async function byHand({ cluster }: FluxStage, image: string): Promise<number> {
  const began = performance.now();
  await cluster.kubectl("set", "image", `deployment/${BY_HAND}`, `site=${image}`);
  await cluster.kubectl("rollout", "status", `deployment/${BY_HAND}`);
  return (performance.now() - began) / 1000;
}

type Seconds = Readonly<Record<"commits" | "applied" | "pods" | "hands", readonly number[]>>;

function report({ commits, applied, pods, hands }: Seconds): string {
  const flux = median(applied);
  const ratio = (seconds: number) => (seconds / median(hands)).toFixed(2);
  return table(
    ["", "Berth and Flux", "kubectl set image && rollout status", "ratio"],
    [
      [
        "in the registry → its pods are ready",
        inSeconds(median(pods)),
        inSeconds(median(hands)),
        ratio(median(pods)),
      ],
      ["… of it the commit", inSeconds(median(commits)), "", ""],
      ["… of it Flux, from the commit to the Deployment", inSeconds(flux), "", ""],
      ["… without Flux", inSeconds(median(pods) - flux), "", ratio(median(pods) - flux)],
    ],
  );
}

runBench(main);
