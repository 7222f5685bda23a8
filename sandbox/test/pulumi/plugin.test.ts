import assert from "node:assert/strict";
import type { ServiceError } from "@grpc/grpc-js";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import {
  type DiffResult,
  PartialFailure,
  type Props,
  type Provider,
  UNKNOWN,
} from "../../pulumi/src/providers/provider";
import { answered, ServedPlugin } from "./plugin-process";

const URN = "urn:pulumi:dev::test::berth:app:Thing$test:index/thing:Thing::one";
const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const secret = (value: JavaScriptValue) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
const struct = (values: { [key: string]: JavaScriptValue }) => Struct.fromJavaScript(values);

/** What is asked of it, and answers that a test may change. */
class Notes implements Partial<Provider> {
  readonly asked: [string, unknown][] = [];
  difference: DiffResult = { changes: false, replaces: [], deleteBeforeReplace: false, detailed: {} };
  unsaid?: Provider["unsaid"];
  creation: (request: Parameters<Provider["create"]>[0]) => Promise<{ id: string; outputs: Props }> = async ({
    inputs,
  }) => ({ id: "1", outputs: inputs });

  async configure(config: Props) {
    this.asked.push(["configure", config]);
  }
  checkConfig(config: Props) {
    return { inputs: config, failures: [{ property: "host", reason: "no such host" }] };
  }
  async check({ olds, news, type, randomSeed }: Parameters<Provider["check"]>[0]) {
    this.asked.push(["check", { olds, news, type, seed: randomSeed.toString() }]);
    return { inputs: { ...news, made: "up" }, failures: [] };
  }
  async diff(request: Parameters<Provider["diff"]>[0]) {
    this.asked.push(["diff", request]);
    return this.difference;
  }
  async create(request: Parameters<Provider["create"]>[0]) {
    return { ...(await this.creation(request)), secretOutputs: ["pin"] };
  }
  async read() {
    return undefined;
  }
}

describe("a plugin of ours, asked as the engine asks", () => {
  let notes: Notes;
  let plugin: ServedPlugin;
  beforeEach(async () => {
    notes = new Notes();
    const factory = { name: "test", version: "1.2.3", create: () => notes as unknown as Provider };
    plugin = await new ServedPlugin(factory).start();
  });
  afterEach(() => plugin.stop());

  function createRequest(values: { [key: string]: JavaScriptValue }, preview = false) {
    const request = new messages.CreateRequest();
    request.setUrn(URN);
    request.setProperties(struct(values));
    request.setPreview(preview);
    return request;
  }
  const create = (request: messages.CreateRequest) =>
    answered<messages.CreateResponse>((done) => plugin.client.create(request, done));

  it("says its version, and that previews may ask it", async () => {
    const info = await answered<{ getVersion(): string }>((done) =>
      plugin.client.getPluginInfo(new Empty(), done),
    );
    assert.equal(info.getVersion(), "1.2.3");
    const request = new messages.ConfigureRequest();
    request.setArgs(struct({ host: secret("h"), registryAuth: '[{"address":"a"}]' }));
    const answer = await answered<messages.ConfigureResponse>((done) =>
      plugin.client.configure(request, done),
    );
    assert.deepEqual(
      [answer.getSupportspreview(), answer.getAcceptsecrets(), answer.getAcceptresources()],
      [true, false, false],
      "the engine opens secrets before a call and marks them after it",
    );
    assert.deepEqual(notes.asked, [["configure", { host: "h", registryAuth: '[{"address":"a"}]' }]]);
  });

  it("checks with the type that the URN names, and knows what is new", async () => {
    const request = new messages.CheckRequest();
    request.setUrn(URN);
    request.setOlds(struct({}));
    request.setNews(struct({ a: 1, b: UNKNOWN_ON_WIRE }));
    request.setRandomseed(Buffer.from("seed"));
    const answer = await answered<messages.CheckResponse>((done) => plugin.client.check(request, done));
    const news = { a: 1, b: UNKNOWN };
    assert.deepEqual(notes.asked, [
      ["check", { olds: undefined, news, type: "test:index/thing:Thing", seed: "seed" }],
    ]);
    assert.deepEqual(answer.getInputs()!.toJavaScript(), { a: 1, b: UNKNOWN_ON_WIRE, made: "up" });
  });

  it("passes on why it refuses a provider's arguments", async () => {
    const request = new messages.CheckRequest();
    request.setNews(struct({ host: "x" }));
    const answer = await answered<messages.CheckResponse>((done) => plugin.client.checkConfig(request, done));
    const failures = answer.getFailuresList().map((one) => [one.getProperty(), one.getReason()]);
    assert.deepEqual(failures, [["host", "no such host"]]);
  });

  it("marks its secret outputs, and tells in a preview what isn't known", async () => {
    notes.creation = async ({ preview }) => ({
      id: preview ? "" : "1",
      outputs: { pin: preview ? UNKNOWN : "1234", gone: undefined as never, list: [null, { deep: true }] },
    });
    const made = await create(createRequest({}));
    assert.deepEqual(
      [made.getId(), made.getProperties()!.toJavaScript()],
      ["1", { pin: secret("1234"), list: [null, { deep: true }] }],
    );
    const previewed = await create(createRequest({}, true));
    assert.deepEqual(
      [previewed.getId(), (previewed.getProperties()!.toJavaScript() as { pin: unknown }).pin],
      ["", secret(UNKNOWN_ON_WIRE)],
    );
  });

  it("says everything of a resource in order, and before it answers", async () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    notes.creation = async ({ log }) => {
      for (const line of lines) log("status", line);
      log("warning", "look out");
      throw new Error("out of paper");
    };
    await assert.rejects(create(createRequest({})), { code: 2, details: "out of paper" });
    assert.deepEqual(plugin.log, [...lines.map((line) => `1, true: ${line}`), "2, false: look out"]);
  });

  it("tells that a resource exists and did not come up, with its state and the reasons", async () => {
    notes.creation = async () => {
      throw new PartialFailure({ id: "7", outputs: { a: 1 } }, ["it did not start", "nor stop"]);
    };
    const error = await create(createRequest({})).then(
      () => assert.fail("it came up"),
      (failure: ServiceError) => failure,
    );
    assert.deepEqual([error.code, error.details], [2, "it did not start; nor stop"]);
    const [binary] = error.metadata.get("grpc-status-details-bin");
    const [detail] = Status.deserializeBinary(binary as Buffer).getDetailsList();
    assert.equal(detail!.getTypeUrl(), "type.googleapis.com/pulumirpc.ErrorResourceInitFailed");
    const failed = messages.ErrorResourceInitFailed.deserializeBinary(detail!.getValue_asU8());
    assert.deepEqual(
      [failed.getId(), failed.getReasonsList(), failed.getProperties()!.toJavaScript()],
      ["7", ["it did not start", "nor stop"], { a: 1 }],
    );
  });

  it("interrupts what it does when it is cancelled", async () => {
    const begun = new Promise<void>((resolve) => {
      notes.creation = ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("interrupted")));
          resolve();
        });
    });
    const creation = create(createRequest({}));
    creation.catch(() => undefined); // it is awaited below
    await begun;
    await answered<Empty>((done) => plugin.client.cancel(new Empty(), done));
    await assert.rejects(creation, { details: "interrupted" });
  });

  describe("for a difference", () => {
    async function differs(difference: Partial<DiffResult>, ignored: string[] = []) {
      notes.difference = {
        changes: true,
        replaces: [],
        deleteBeforeReplace: false,
        detailed: {},
        ...difference,
      };
      const request = new messages.DiffRequest();
      request.setUrn(URN);
      request.setId("1");
      request.setIgnorechangesList(ignored);
      const answer = await answered<messages.DiffResponse>((done) => plugin.client.diff(request, done));
      const detailed = new Map<string, number>();
      answer.getDetaileddiffMap().forEach((one, path) => {
        detailed.set(path, one.getKind());
      });
      return {
        changes: answer.getChanges(),
        replaces: answer.getReplacesList(),
        diffs: answer.getDiffsList(),
        hasDetailed: answer.getHasdetaileddiff(),
        detailed: Object.fromEntries(detailed),
      };
    }
    const { Kind } = messages.PropertyDiff;
    const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
    const some = {
      replaces: ["image"],
      detailed: { "ports[0].ip": "add", image: "update-replace" },
    } as const;

    it("names the properties, what happens to each, and which of them replace", async () => {
      assert.deepEqual(await differs(some), {
        changes: DIFF_SOME,
        replaces: ["image"],
        diffs: ["image", "ports"],
        hasDetailed: true,
        detailed: { image: Kind.UPDATE_REPLACE, "ports[0].ip": Kind.ADD },
      });
    });

    it("leaves out what is to be ignored, also as a reason to replace", async () => {
      const { changes, replaces, diffs } = await differs(some, ["image"]);
      assert.deepEqual([changes, replaces, diffs], [DIFF_SOME, [], ["ports"]]);
      const none = await differs(some, ["image", "ports[*].ip"]);
      assert.deepEqual([none.changes, none.diffs], [DIFF_NONE, []]);
    });

    it("leaves unsaid what the real plugin leaves unsaid", async () => {
      notes.unsaid = (type) => (type === "test:index/thing:Thing" ? ["replaces", "detailed"] : []);
      const { replaces, diffs, hasDetailed } = await differs(some);
      assert.deepEqual([replaces, diffs, hasDetailed], [[], ["image", "ports"], false]);
    });
  });

  it("tells by an answer without an id that a resource is gone", async () => {
    const request = new messages.ReadRequest();
    request.setUrn(URN);
    request.setId("1");
    request.setProperties(struct({ a: 1 }));
    const answer = await answered<messages.ReadResponse>((done) => plugin.client.read(request, done));
    assert.deepEqual([answer.getId(), answer.getProperties()], ["", undefined]);
  });

  it("refuses by name to import, and what else it doesn't have", async () => {
    const request = new messages.ReadRequest();
    request.setUrn(URN);
    request.setId("1");
    await assert.rejects(
      answered((done) => plugin.client.read(request, done)),
      /test:index\/thing:Thing: the sandbox's plugin "test" can't import what it didn't make/,
    );
    await assert.rejects(
      answered((done) => plugin.client.getSchema(new messages.GetSchemaRequest(), done)),
      { code: 12, details: "The server does not implement the method getSchema" },
    );
  });
});
