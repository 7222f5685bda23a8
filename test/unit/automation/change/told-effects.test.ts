import assert from "node:assert/strict";
import { toldEffects, withPlaces } from "../../../../automation/change/told-effects";
import type { Settings } from "../../../../components/settings/settings";

const CONTAINER = "docker:index/container:Container";
const IN_APP = "berth:app:AppDeployment";
const resource = (
  parent: string,
  type: string,
  name: string,
  operation: "replace" | "delete" | "update" | "create",
) => ({
  urn: `urn:pulumi:dev::berth::${parent}$${type}::${name}`,
  type,
  name,
  operation,
});
const nexus = resource("berth:nexus:NexusHost", CONTAINER, "nexus-container", "replace");
const blog = resource(IN_APP, CONTAINER, "blog-web1-container", "replace");
const migration = resource(IN_APP, "pulumi-nodejs:dynamic/deploy:ReleaseCommand", "blog-release", "update");
const role = resource(
  "berth:nexus:NexusConfiguration",
  "pulumi-nodejs:dynamic/nexus:Role",
  "puller",
  "update",
);
const apps = (over: object = {}) =>
  ({
    apps: [{ name: "blog", servers: ["web1"], releaseCommand: ["python", "migrate.py"], ...over }],
  }) as unknown as Settings;
const empty = { resources: [] };

describe("what an update does to those who use what is there", () => {
  it("is nothing for an app's update", () => {
    assert.deepEqual(toldEffects([blog], apps(), empty).interrupts, []);
  });

  it("is Nexus away while its container is replaced, and what ends for good", () => {
    const gone = { ...blog, operation: "delete", what: "blog on web1: container" } as const;
    assert.deepEqual(toldEffects([nexus, gone], apps(), empty).interrupts, [
      "Nexus, until its new container is ready: nothing is pushed or pulled meanwhile; apps serve on",
      "blog on web1: container: it ends, and nothing comes in its place",
    ]);
  });

  it("isn't said where nobody knows: a change in Nexus, or nothing that was there before", () => {
    assert.equal(toldEffects([blog, role], apps(), empty).interrupts, undefined);
    assert.equal(toldEffects([{ ...blog, operation: "create" }], apps(), empty).interrupts, undefined);
    assert.equal(toldEffects([], apps(), empty).interrupts, undefined);
  });

  it("has the release command, but for a release that it has run for", () => {
    const told = ["blog: python migrate.py, before anything is replaced"];
    assert.deepEqual(toldEffects([migration], apps(), empty).runsOnce, told);
    const digest = `sha256:${"a".repeat(64)}`;
    const state = { resources: [{ ...migration, outputs: { done: [`nexus:8082/blog@${digest}`] } }] };
    const pinned = { release: { tag: "1", digest } };
    assert.deepEqual(toldEffects([migration], apps(pinned), state).runsOnce, []);
    assert.deepEqual(toldEffects([migration], apps(pinned), empty).runsOnce, told);
    assert.deepEqual(toldEffects([{ ...migration, operation: "delete" }], apps(), empty).runsOnce, []);
  });

  it("has the servers of what is to run, and none of what goes", () => {
    const [next, gone] = withPlaces(
      [
        { app: "blog", after: { tag: "2" } },
        { app: "blog", before: { tag: "1" } },
      ],
      apps().apps,
    );
    assert.deepEqual(next!.where, ["web1"]);
    assert.equal(gone!.where, undefined);
  });
});
