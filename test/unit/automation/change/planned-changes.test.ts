import assert from "node:assert/strict";
import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation";
import { countsOf } from "../../../../automation/change/model/change";
import { planOf } from "../../../../automation/change/model/planned-changes";
import { UNKNOWN } from "../../../../automation/change/model/shown";
import { assertGolden } from "../../../support/golden-file";
import { golden, recordedEvents } from "./recorded";

const SECRET = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "hidden",
};

describe("the change as data", () => {
  for (const name of ["1-create", "3-update", "7-destroy"]) {
    it(`is read from the real engine's events: ${name}`, () => {
      assertGolden(golden(`${name}-plan.json`), `${JSON.stringify(planOf(recordedEvents(name)), null, 2)}\n`);
    });
  }

  it("tells a replacement once, with why, and counts as the engine's summary does", () => {
    const { resources } = planOf(recordedEvents("3-update"));
    assert.deepEqual(countsOf(resources), { update: 3, replace: 3 });
    const web = resources.find(({ name }) => name === "web");
    assert.deepEqual(
      web?.properties.filter(({ replaces }) => replaces).map(({ path }) => path),
      ["envs[0]", "envs[1]", "image", "uploads[0].content"],
    );
  });

  it("tells values down to what differs in them", () => {
    const app = planOf(recordedEvents("3-update")).resources.find(({ name }) => name === "app");
    assert.deepEqual(app?.properties, [
      { path: "build.args.V", old: "1", new: "2" },
      { path: "imageName", old: "127.0.0.1:5101/golden:1", new: "127.0.0.1:5101/golden:2" },
    ]);
  });

  it("is the same whatever order the events come in", () => {
    const events = recordedEvents("3-update");
    assert.deepEqual(planOf([...events].reverse()), planOf(events));
  });

  it("names what is made up in a preview by what it is made of, wherever it is used", () => {
    const plans = ["1a2b3c4", "5d6e7f8"].map((random) =>
      planOf([
        step("create", "net", { new: { __defaults: ["name"], name: `net-${random}`, driver: "bridge" } }),
        step("create", "web", { new: { networks: [{ name: `net-${random}` }] } }),
      ]),
    );
    assert.deepEqual(plans[0], plans[1]);
    assert.deepEqual(plans[0]?.resources[1]?.properties, [
      { path: "networks[0].name", new: "net-[generated]" },
    ]);
  });

  it("blanks secrets, says where one may have changed, and leaves what is to come in words", () => {
    const { resources } = planOf([
      step("update", "one", {
        old: { environment: { PASSWORD: SECRET, PORT: "1" } },
        new: { environment: { PASSWORD: SECRET, PORT: "1" } },
        detailedDiff: { "environment.PASSWORD": { diffKind: "update", inputDiff: true } },
      }),
      step("create", "two", { new: { image: "04da6b54-80e4-46f7-96ec-b56ff0331ba9", token: SECRET } }),
    ]);
    assert.deepEqual(
      resources.map(({ properties }) => properties),
      [
        [{ path: "environment.PASSWORD", old: "[secret]", new: "[secret]" }],
        [
          { path: "image", new: UNKNOWN },
          { path: "token", new: "[secret]" },
        ],
      ],
    );
    assert.doesNotMatch(JSON.stringify(resources), /hidden/);
  });

  it("compares the state with the inputs where the world has drifted", () => {
    const { resources } = planOf([
      step("update", "drifted", {
        old: { memory: 256 },
        outputs: { memory: 128 },
        new: { memory: 256 },
        detailedDiff: { memory: { diffKind: "update", inputDiff: false } },
      }),
    ]);
    assert.deepEqual(resources[0]?.properties, [{ path: "memory", old: 128, new: 256 }]);
  });

  it("leaves out components and the engine's own providers, not those of the program", () => {
    const provider = (name: string) =>
      step("update", name, { type: "pulumi:providers:docker", old: { host: "a" }, new: { host: "b" } });
    const component = step("create", "group", { new: {} });
    (component.resourcePreEvent!.metadata.new as { custom?: boolean }).custom = false;
    const { resources } = planOf([
      component,
      provider("default"),
      provider("default_5_2_0"),
      provider("host"),
    ]);
    assert.deepEqual(
      resources.map(({ name }) => name),
      ["host"],
    );
  });

  it("tells two deletions of one name, and one that leaves the thing where it is", () => {
    const pending = step("delete", "web", { old: { name: "web-1" } });
    const kept = step("delete", "data", { old: {} });
    (kept.resourcePreEvent!.metadata.old as { retainOnDelete?: boolean }).retainOnDelete = true;
    const { resources } = planOf([pending, pending, kept]);
    assert.deepEqual(
      resources.map(({ operation, name }) => `${operation} ${name}`),
      ["forget data", "delete web", "delete web"],
    );
  });

  it("tells the deletion of a process's container, which the engine leaves to Berth", () => {
    const gone = step("delete", "blog-main-worker-container", {
      type: "docker:index/container:Container",
      old: {},
    });
    (gone.resourcePreEvent!.metadata.old as { retainOnDelete?: boolean }).retainOnDelete = true;
    assert.deepEqual(
      planOf([gone]).resources.map(({ operation, name }) => `${operation} ${name}`),
      ["delete blog-main-worker-container"],
    );
  });

  it("tells the release before and after by the stack's outputs", () => {
    const outputs = (tag: string, digest: string) => ({ apps: { blog: { release: { tag, digest } } } });
    const event = (before: object, after: object): EngineEvent => {
      const { resourcePreEvent } = step("same", "stack", { type: "pulumi:pulumi:Stack", old: {}, new: {} });
      Object.assign(resourcePreEvent!.metadata.old!, { outputs: before });
      Object.assign(resourcePreEvent!.metadata.new!, { outputs: after });
      return { resOutputsEvent: resourcePreEvent } as unknown as EngineEvent;
    };
    const built = outputs("2", "04da6b54-80e4-46f7-96ec-b56ff0331ba9");
    assert.deepEqual(planOf([event(outputs("1", "sha256:a"), built)]).releases, [
      { app: "blog", before: { tag: "1", digest: "sha256:a" }, after: { tag: "2" } },
    ]);
    assert.deepEqual(planOf([event(built, built)]).releases, []);
    assert.deepEqual(planOf([event({}, outputs("1", "sha256:a"))]).releases, [
      { app: "blog", after: { tag: "1", digest: "sha256:a" } },
    ]);
  });
});

interface Sides extends Partial<Pick<StepEventMetadata, "type" | "keys" | "diffs">> {
  readonly old?: object;
  readonly new?: object;
  readonly outputs?: object;
  readonly detailedDiff?: Record<string, { diffKind: string; inputDiff: boolean }>;
}

function step(op: string, name: string, sides: Sides): EngineEvent {
  const { type = "test:index:Thing", old, new: next, outputs = {}, ...rest } = sides;
  const urn = `urn:pulumi:dev::golden::${type}::${name}`;
  const state = (inputs: object | undefined) => inputs && { type, urn, custom: true, inputs, outputs };
  const metadata = { op, urn, type, old: state(old), new: state(next), provider: "", ...rest };
  return { resourcePreEvent: { metadata } } as unknown as EngineEvent;
}
