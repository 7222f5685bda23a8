import assert from "node:assert/strict";
import { StackState, type StateResource } from "../../../../automation/engine/stack-state";
import {
  dataVolumes,
  describeLoss,
  lossAdvice,
  PlannedVolumeDeletions,
  refuseLosses,
  type VolumeLoss,
  volumesOutOfSettings,
} from "../../../../automation/stack/volume-losses";
import { describeVolume } from "../../../../components/docker/volume-content";
import { parseSettings } from "../../../../components/settings/settings";

const APP = "urn:pulumi:dev::berth::berth:app:AppDeployment$docker:index/volume:Volume::";
const HOST = "urn:pulumi:dev::berth::pulumi:providers:docker::main-docker";
const GUARD = "pulumi-nodejs:dynamic/docker:VolumeGuard";

const volume = (name: string, id: string): StateResource => ({
  urn: APP + name,
  type: "docker:index/volume:Volume",
  id,
  provider: `${HOST}::1`,
});
const guard = (id: string, over: object = {}): StateResource => ({
  urn: `urn:pulumi:dev::berth::${GUARD}::guard-of-${id}`,
  type: GUARD,
  outputs: {
    docker: "unix:///main",
    volume: id,
    what: "app blog: volume data on main",
    setting: "berth:apps.blog.volumes.data: { path: /data, allowDataLoss: true }",
    allowDataLoss: false,
    image: "sha256:edge",
    labels: {},
    ...over,
  },
});

const app = { release: { tag: "v1", digest: `sha256:${"1".repeat(64)}` }, port: 80, publish: 80 };
const settings = (apps: object, servers: object = { main: { docker: "unix:///main", address: "a" } }) =>
  parseSettings({
    nexus: { hostname: "n", eula: "accepted" },
    gitlab: { url: "http://g", registry: "g:5050", project: "team/blog" },
    servers,
    apps,
  });

describe("volumes that an update would delete", () => {
  const state = new StackState({
    resources: [
      volume("blog-main-data", "blog-main-data-1"),
      guard("blog-main-data-1"),
      {
        ...volume("x", "main-edge-config-1"),
        urn: "urn:pulumi:dev::berth::berth:edge:EdgeProxy$x::main-edge-config",
      },
    ],
  });
  const gone = (apps: object, servers?: object) =>
    volumesOutOfSettings(state, settings(apps, servers)).map((one) => one.volume);
  const blog = { ...app, servers: ["main"], volumes: { data: "/data" } };

  it("are those of an app, a server or a key that left the settings", () => {
    assert.deepEqual(gone({ blog }), []);
    assert.deepEqual(gone({ shop: blog }), ["blog-main-data-1"]);
    assert.deepEqual(gone({ blog: { ...blog, volumes: {} } }), ["blog-main-data-1"]);
    assert.deepEqual(gone({ blog: { ...blog, volumes: { other: "/data" } } }), ["blog-main-data-1"]);
    const web1 = { docker: "unix:///main", address: "a" };
    assert.deepEqual(gone({ blog: { ...blog, servers: ["web1"] } }, { web1 }), ["blog-main-data-1"]);
    assert.deepEqual(gone({}), ["blog-main-data-1"]);
  });

  it("stay behind where their server gets another Docker host", () => {
    const elsewhere = { main: { docker: "ssh://a@b", address: "a" } };
    const [moved] = volumesOutOfSettings(state, settings({ blog }, elsewhere));
    assert.deepEqual([moved!.volume, moved!.movesTo], ["blog-main-data-1", "ssh://a@b"]);
  });

  it("are none where settings say what something was called", () => {
    const web1 = { docker: "unix:///main", address: "a", was: "main" };
    const volumes = { database: { path: "/data", was: "data" } };
    assert.deepEqual(gone({ shop: { ...blog, was: "blog" } }), []);
    assert.deepEqual(gone({ blog: { ...blog, servers: ["web1"] } }, { web1 }), []);
    assert.deepEqual(gone({ shop: { ...blog, was: "blog", servers: ["web1"], volumes } }, { web1 }), []);
  });

  it("are found among those of apps and Nexus, and not among an edge's, which come again", () => {
    assert.deepEqual(
      dataVolumes(state).map((one) => one.volume),
      ["blog-main-data-1"],
    );
  });

  it("are known by their host where a state of before has no guard for them", () => {
    const before = new StackState({
      resources: [
        {
          urn: HOST,
          type: "pulumi:providers:docker",
          id: "1",
          inputs: { host: "tcp://a:2376", certPath: "/c" },
        },
        {
          ...volume("", "edge"),
          urn: "urn::main-edge-image",
          type: "image",
          outputs: { imageId: "sha256:e" },
        },
        volume("blog-main-data", "blog-main-data-1"),
      ],
    });
    const [found] = dataVolumes(before);
    assert.deepEqual(
      [found!.docker, found!.volume, found!.image, found!.allowDataLoss],
      ["tcp://a:2376?certificates=/c", "blog-main-data-1", "sha256:e", false],
    );
  });

  it("are taken from a preview's deletions and replacements, not where the volume stays", () => {
    const planned = new PlannedVolumeDeletions();
    const told = (op: string, id: string, over: object = {}) =>
      planned.onEvent({
        resourcePreEvent: { metadata: { op, type: "docker:index/volume:Volume", old: { id, ...over } } },
      } as never);
    told("delete", "a");
    told("delete-replaced", "b");
    told("same", "c");
    told("delete", "d", { retainOnDelete: true });
    assert.deepEqual(planned.names, ["a", "b"]);
  });
});

describe("what would be lost with a volume", () => {
  const now = new Date("2026-11-29T12:00:00Z");
  const content = { files: 12, bytes: 214e6, lastWritten: new Date("2026-11-29T11:57:00Z") };
  const loss: VolumeLoss = {
    docker: "unix:///main",
    volume: "blog-main-data-1",
    what: "app blog: volume data on main",
    setting: "berth:apps.blog.volumes.data: { path: /data, allowDataLoss: true }",
    allowDataLoss: false,
    refused: true,
    content,
  };

  it("is told with its size and when it was last written", () => {
    assert.equal(describeVolume(content, now), "214.0 MB in 12 files, last written 3 min ago");
    const then = (iso: string) =>
      describeVolume({ ...content, lastWritten: new Date(iso) }, now).split(", ")[1];
    assert.equal(then("2026-11-29T11:59:40Z"), "last written just now");
    assert.equal(then("2026-11-29T02:00:00Z"), "last written 10 h ago");
    assert.equal(then("2026-11-01T12:00:00Z"), "last written 28 days ago");
    assert.equal(describeVolume({ files: 1, bytes: 20 }, now), "0.0 kB in 1 file");
    assert.match(
      describeLoss(loss),
      /^app blog: volume data on main: would be deleted with 214\.0 MB in 12 files, .*; refused unless/,
    );
  });

  it("is refused before anything is changed, with the way that keeps it and the way that loses it", () => {
    assert.throws(
      () => refuseLosses("dev", [loss]),
      (error: Error) => {
        assert.match(
          error.message,
          /^Nothing was changed\. Updating the stack dev would lose data:\napp blog: volume data on main: /,
        );
        assert.match(
          error.message,
          /`was: OLD-NAME` below the new name keeps the data\. To lose it: put it back into the settings with berth:apps\.blog/,
        );
        return true;
      },
    );
    refuseLosses("dev", [{ ...loss, allowDataLoss: true, refused: false }]);
  });

  it("is told where it would stay on another host, with what to do", () => {
    const moved = { ...loss, refused: true, movesTo: "ssh://a@b" };
    assert.match(
      describeLoss(moved),
      /^app blog: volume data on main: would stay on \S+, as ssh:\/\/a@b takes over, with 214/,
    );
    assert.match(
      lossAdvice([moved]).join(),
      /Copy the volume \S+ from \S+ to ssh:\/\/a@b first, under the same name/,
    );
  });

  it("counts as something where nobody can look", () => {
    const unknown = { ...loss, content: { files: 0, bytes: 0, unknown: "no answer in 15 s" } };
    assert.match(
      describeLoss(unknown),
      /would be deleted; what it holds is not known: no answer in 15 s; refused unless/,
    );
  });
});
