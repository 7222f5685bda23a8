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

  describe("where containers of an edge are replaced", () => {
    const IN_EDGE = "berth:app:ServerHost$berth:edge:EdgeProxy";
    const ofEdge = (name: string, operation: "replace" | "update" | "create" = "replace", parent = IN_EDGE) =>
      resource(parent, CONTAINER, name, operation);
    const told = (...resources: Parameters<typeof toldEffects>[0]) =>
      toldEffects(resources, apps(), empty).interrupts;
    const image = resource(
      "berth:app:ServerHost",
      "docker:index/remoteImage:RemoteImage",
      "main-edge-image",
      "update",
    );
    const main = ["main-edge-a", "main-edge-b"].map((name) => ofEdge(name));
    const ends = "websockets to apps on main, and requests there that take longer than 60 s: they end";

    it("is what outlasts them, once for a pair", () => {
      assert.deepEqual(told(blog, image, ...main), [ends]);
      assert.deepEqual(told(...main, ofEdge("web-edge-b")), [ends, ends.replace("main", "web")]);
    });

    it("is that of Nexus, also where of other changes there nobody knows", () => {
      const edges = ["nexus-edge-a", "nexus-edge-b"].map((name) =>
        ofEdge(name, "replace", "berth:nexus:NexusHost$berth:edge:EdgeProxy"),
      );
      assert.deepEqual(told(role, ...edges), [
        "websockets to Nexus, and requests there that take longer than 60 s: they end",
      ]);
    });

    it("is that of apps on a server that is called nexus", () => {
      assert.deepEqual(told(ofEdge("nexus-edge-a")), [ends.replace("main", "nexus")]);
    });

    it("is a port that a new door takes", () => {
      assert.deepEqual(told(ofEdge("main-edge-8080")), ["port 8080 of main, until its new door has it"]);
    });

    it("is nothing where its configuration changes, doors come, or the name is an app's", () => {
      const configuration = resource(
        IN_EDGE,
        "pulumi-nodejs:dynamic/edge:EdgeConfiguration",
        "main-edge-configuration",
        "update",
      );
      assert.deepEqual(told(configuration, ofEdge("main-edge-9090", "create")), []);
      assert.deepEqual(told(ofEdge("main-edge-a", "update")), []);
      assert.deepEqual(told(resource(IN_APP, CONTAINER, "main-edge-a-container", "replace")), []);
    });
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
