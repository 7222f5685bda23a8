import assert from "node:assert/strict";
import type { WorkloadLook } from "../../../../automation/gitops/look-at-clusters";
import type { Deployment } from "../../../../automation/releases/deployments";
import { reportedApps } from "../../../../automation/report/reported-apps";
import { reportedServices } from "../../../../automation/report/running";
import { part } from "../../../../automation/report/stack-report";
import type { Service } from "../../../../automation/services/service";
import { digest } from "../../../support/stack/sample-report";

const deployed = (
  tag: string,
  digit: string,
  minute: string,
  over: Partial<Deployment> = {},
): Deployment => ({
  app: "blog",
  tag,
  digest: digest(digit),
  when: `2026-11-21T10:${minute}:00.000Z`,
  who: "ann",
  result: "succeeded",
  ...over,
});

const serving: Service = {
  name: "web1/blog",
  docker: "ssh://web1",
  app: "blog",
  server: "web1",
  state: "running",
  idle: [],
  container: {
    id: "1",
    name: "blog",
    image: `nexus:8082/blog@${digest("2")}`,
    created: new Date("2026-11-22T00:00:00Z"),
    status: "Up",
    ports: ["0.0.0.0:80"],
  },
};

const nexus: Service = { name: "nexus", docker: "unix:///d", state: "missing", idle: [] };

const update = (tag: string) => ({
  kind: "update",
  startTime: "2026-11-21T10:00:00.000Z",
  result: "succeeded",
  message: `berth ${JSON.stringify({ apps: { blog: tag }, who: "ann" })}`,
});

function gathered(services: readonly Service[], workloads: readonly WorkloadLook[] = []) {
  const settings = { apps: [{ name: "blog" }], waiting: [{ name: "shop" }] } as unknown as Parameters<
    typeof reportedApps
  >[0];
  const past = {
    history: [update("v2"), update("v1")],
    deployments: (app: string) =>
      app === "blog" ? [deployed("v2", "2", "20"), deployed("v1", "1", "10")] : [],
  };
  const apps = reportedApps(settings, past, services, workloads);
  return { apps, services: reportedServices(services, workloads, apps) };
}

describe("what a report gathers", () => {
  it("tells of what runs its release, and since when that runs", () => {
    const [blog, other] = gathered([serving, nexus]).services;
    assert.deepEqual(
      [blog?.service, blog?.where, blog?.tag, blog?.since],
      ["blog", "web1", "v2", "2026-11-21T10:20:00.000Z"],
    );
    assert.deepEqual(other, { service: "nexus", state: "missing", docker: "unix:///d" });
  });

  it("tells of an image that is no release since when its container is there", () => {
    const image = `nexus:8082/blog@${digest("9")}`;
    const [blog] = gathered([{ ...serving, container: { ...serving.container!, image } }]).services;
    assert.deepEqual(
      [blog?.tag, blog?.digest, blog?.since],
      [undefined, digest("9"), "2026-11-22T00:00:00.000Z"],
    );
  });

  it("tells what a cluster runs, and which couldn't be asked", () => {
    const look = {
      app: "blog",
      workload: "blog/web",
      ready: 1,
      replicas: 1,
      images: [`n/blog@${digest("1")}`],
    };
    const running: WorkloadLook = { ...look, state: "running" };
    const lost: WorkloadLook = { ...look, images: [], state: "unreachable", problem: "no kubeconfig" };
    const { services, apps } = gathered([], [running, lost]);
    assert.deepEqual(
      services.map(({ tag, state, problem }) => [tag, state, problem]),
      [
        ["v1", "running", undefined],
        [undefined, "unreachable", "no kubeconfig"],
      ],
    );
    assert.deepEqual(
      apps[0]?.releases.map(({ runsOn }) => runsOn),
      [[], ["cluster blog/web"]],
    );
  });

  it("has the way back without what runs, and apps that wait for their first release", () => {
    const { apps } = gathered([serving]);
    assert.deepEqual(apps[0]?.back, [{ tag: "v1", digest: digest("1"), when: "2026-11-21T10:10:00.000Z" }]);
    assert.deepEqual(apps[1], { app: "shop", releases: [], back: [] });
  });

  it("keeps why a part could not be asked", async () => {
    const refused = await part(() => {
      throw new Error("no");
    });
    assert.deepEqual(refused, { problem: "no" });
    assert.deepEqual(await part(async () => 1), { found: 1 });
  });
});
