import assert from "node:assert/strict";
import { copyForecasts } from "../../../../automation/change/copy-forecast";
import type { PlannedChange } from "../../../../automation/change/model/change";
import { freePort } from "../../../support/free-port";
import { type Reply, ScriptedRegistry } from "../../../support/registry/scripted-registry";

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const PASSWORD = "hunter2-of-the-test";

describe("what a copy would send", () => {
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;
  let digest: string;

  beforeEach(async () => {
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    digest = source.addImage("team/blog", [Buffer.alloc(500_000, "a"), Buffer.alloc(20_000, "b")]);
  });

  afterEach(() => Promise.all([source.stop(), target.stop()]));

  const copy = (
    operation: PlannedChange["operation"] = "update",
    parent = "berth:registry:Republish",
  ): PlannedChange => ({
    urn: `urn:pulumi:prod::berth::${parent}$command:local:Command::blog-copy`,
    operation,
    type: "command:local:Command",
    name: "blog-copy",
    properties: [],
  });

  const from = () => `${source.host}/team/blog@${digest}`;
  const environment = (more: object = {}) => ({
    environment: { BERTH_SOURCE: from(), BERTH_TARGET: `${target.host}/blog:1.0`, ...more },
  });
  const writes = () => target.seen.filter(({ method }) => method !== "GET" && method !== "HEAD");

  it("is asked from both registries, and nothing is written", async () => {
    const [forecast] = await copyForecasts([copy()], () => environment());
    assert.deepEqual([forecast?.source, forecast?.target], [from(), `${target.host}/blog:1.0`]);
    assert.equal(forecast?.blobs, 3, "two layers and the configuration");
    assert.ok(forecast!.bytes! > 520_000 && forecast!.bytes! < 521_000, String(forecast?.bytes));
    assert.deepEqual(writes(), []);
  });

  it("uses the logins that the copy itself would have", async () => {
    const basic = `Basic ${Buffer.from(`puller:${PASSWORD}`).toString("base64")}`;
    const guard: Reply = (request, response) => {
      if (request.headers.authorization === basic) return source.route(request, response);
      response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
    };
    for (const method of ["GET", "HEAD"]) source.script(method, /./, guard, { times: 999 });
    const login = { BERTH_SOURCE_USERNAME: "puller", BERTH_SOURCE_PASSWORD: { ...SECRET, value: PASSWORD } };
    const [forecast] = await copyForecasts([copy()], () => environment(login));
    assert.equal(forecast?.blobs, 3, forecast?.unknown);
    const whole = { environment: { ...SECRET, value: environment(login).environment } };
    assert.equal((await copyForecasts([copy()], () => whole))[0]?.blobs, 3);
  });

  it("isn't known, and says why, where a registry is away", async () => {
    const away = `127.0.0.1:${await freePort()}`;
    const [forecast] = await copyForecasts([copy()], () => environment({ BERTH_TARGET: `${away}/blog:1.0` }));
    assert.equal(forecast?.blobs, undefined);
    assert.match(forecast!.unknown!, new RegExp(away));
  });

  it("isn't told of what is yet to be built, of deletions and of other commands", async () => {
    assert.deepEqual(await copyForecasts([copy()], () => environment({ BERTH_SOURCE: UNKNOWN })), []);
    assert.deepEqual(await copyForecasts([copy("delete"), copy("create", "a:b:C")], () => environment()), []);
    assert.deepEqual(await copyForecasts([copy()], () => ({})), []);
  });
});
