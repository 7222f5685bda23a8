import assert from "node:assert/strict";
import type { CopyImageArgs } from "../../../components/registry/copy";
import { copyBetween } from "../../support/copy-between";
import { registryError } from "../../support/registry-error";
import { type Reply, ScriptedRegistry, sha256, status } from "../../support/scripted-registry";

const OFTEN = { times: 999 };

type Heads = Record<string, string>;

/** A reply as the registry's own, with the head changed. */
function changed(
  registry: ScriptedRegistry,
  change: (code: number, headers: Heads) => [number, Heads],
): Reply {
  return (request, response) => {
    const write = response.writeHead.bind(response);
    const changing = (code: number, headers: Heads = {}) => write(...change(code, headers));
    response.writeHead = changing as typeof response.writeHead;
    registry.route(request, response);
  };
}

describe("a registry that goes its own ways", () => {
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;

  const copy = (more: Partial<CopyImageArgs> = {}) => copyBetween(source, target, more);
  const arrived = (digest: string) => assert.equal(target.tagged("blog", "1.0"), digest);

  beforeEach(async () => {
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
  });
  afterEach(() => Promise.all([source.stop(), target.stop()]));

  for (const code of [405, 501])
    it(`and answers ${code} to HEAD is asked by GET`, async () => {
      const digest = source.addImage("team/blog", ["layer"], { tag: "1.0" });
      for (const one of [source, target]) one.script("HEAD", /./, status(code), OFTEN);
      assert.equal((await copy()).digest, digest);
      arrived(digest);
      assert.equal((await copy()).blobs.present, 2, "it knows what is there");
    });

  for (const [what, said] of [
    ["of an unknown algorithm", "blake3:00"],
    ["twice", `${sha256("a")}, ${sha256("a")}`],
    ["empty", ""],
  ] as const)
    it(`and names a digest ${what} is not believed: the content tells`, async () => {
      const digest = source.addImage("team/blog", ["layer"], { tag: "1.0" });
      for (const one of [source, target])
        for (const method of ["HEAD", "GET", "PUT"])
          one.script(
            method,
            /\/manifests\//,
            changed(one, (code, headers) => [code, { ...headers, "docker-content-digest": said }]),
            OFTEN,
          );
      await copy();
      arrived(digest);
      assert.equal((await copy()).tag, "unchanged");
    });

  for (const code of [200, 201, 204])
    it(`and answers ${code} to each part of an upload has taken it`, async () => {
      const digest = source.addImage("team/blog", ["layer"], { tag: "1.0" });
      const otherwise = changed(target, (old, headers) => [old < 300 ? code : old, headers]);
      for (const method of ["PATCH", "PUT"]) target.script(method, /uploads/, otherwise, OFTEN);
      target.script("PUT", /manifests/, otherwise, OFTEN);
      await copy({ resumeFrom: 1 });
      arrived(digest);
    });

  it("and says the place of an upload once is sent all of it there", async () => {
    const digest = source.addImage("team/blog", ["layer"], { tag: "1.0" });
    target.script(
      "PATCH",
      /uploads/,
      changed(target, (code) => [code, {}]),
      OFTEN,
    );
    await copy({ resumeFrom: 1 });
    arrived(digest);
  });

  it("and takes an upload where it redirects to is followed at its own address", async () => {
    const digest = source.addImage("team/blog", ["layer"], { tag: "1.0" });
    target.script(
      "POST",
      /uploads\/$/,
      (request, response) => {
        response.writeHead(307, { location: `${request.path}?again=1` }).end();
      },
      OFTEN,
    );
    await copy();
    arrived(digest);
  });

  for (const [what, location, says] of [
    [
      "its own address by https",
      "https://r.test/v2/",
      /sends this on to https:\/\/r\.test, where only reads follow: name/,
    ],
    [
      "another host",
      "http://r.test:5000/v2/?token=secret-1",
      /sends this on to http:\/\/r\.test:5000, where only/,
    ],
  ] as const)
    it(`and sends uploads on to ${what} gets nothing there, and it is said`, async () => {
      source.addImage("team/blog", ["layer"], { tag: "1.0" });
      target.script("POST", /uploads\/$/, status(308, { location }), OFTEN);
      const { message } = await registryError(copy());
      assert.match(message, says);
      assert.ok(!message.includes("secret-1"), message);
    });
});
