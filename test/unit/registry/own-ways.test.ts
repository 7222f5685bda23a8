import assert from "node:assert/strict";
import { RegistryClient } from "../../../components/registry/client";
import { copyBetween, type WrittenCopy } from "../../support/registry/copy-between";
import { registryError } from "../../support/registry/registry-error";
import { fail, type Reply, ScriptedRegistry, sha256, status } from "../../support/registry/scripted-registry";

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

  const copy = (more: Partial<WrittenCopy> = {}) => copyBetween(source, target, more);
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
  for (const type of ["application/json", "application/octet-stream", "text/plain"])
    it(`and serves manifests that don't name their type as ${type} is copied from`, async () => {
      const blob = (text: string) => {
        source.blobs.set(sha256(text), Buffer.from(text));
        return {
          mediaType: "application/vnd.oci.image.layer.v1.tar",
          digest: sha256(text),
          size: text.length,
        };
      };
      const child = source.addManifest(
        "team/blog",
        { schemaVersion: 2, config: blob("{}"), layers: [blob("l")] },
        undefined,
        type,
      );
      const { bytes } = source.manifests.get(`team/blog@${child}`)!;
      const entry = {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest: child,
        size: bytes.length,
      };
      const digest = source.addManifest("team/blog", { schemaVersion: 2, manifests: [entry] }, "1.0", type);
      await copy();
      arrived(digest);
      assert.equal(target.manifests.get("blog:1.0")?.mediaType, "application/vnd.oci.image.index.v1+json");
    });

  it("and writes null for an empty list", async () => {
    const digest = source.addImage("team/blog", [], { tag: "1.0", layers: null });
    source.script("GET", /referrers/, (_request, response) => {
      response.writeHead(200, { "content-type": "application/vnd.oci.image.index.v1+json" });
      response.end('{"schemaVersion":2,"manifests":null}');
    });
    await copy();
    arrived(digest);
  });

  for (const type of [
    "application/vnd.oci.artifact.manifest.v1+json",
    "application/vnd.cncf.oras.artifact.manifest.v1+json",
  ])
    it(`has signatures of the older kind ${type}`, async () => {
      source.referrersApi = true;
      target.referrersApi = true;
      const digest = source.addImage("team/blog", ["layer"], { tag: "1.0" });
      source.blobs.set(sha256("sig"), Buffer.from("sig"));
      const subject = {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest,
        size: source.manifests.get(`team/blog@${digest}`)!.bytes.length,
      };
      const blobs = [{ mediaType: "application/jose+json", digest: sha256("sig"), size: 3 }];
      const signature = source.addManifest("team/blog", {
        mediaType: type,
        artifactType: "x/y",
        blobs,
        subject,
      });
      await copy();
      arrived(digest);
      assert.ok(target.manifests.has(`blog@${signature}`));
      assert.ok(target.blobs.has(sha256("sig")));
    });

  it("and whose token server refuses what mounting a blob needs is sent it", async () => {
    const one = source;
    const digest = one.addImage("team/blog", ["layer"], { tag: "1.0" });
    const tokens = target;
    tokens.script(
      "GET",
      /^\/token/,
      ({ path }, response) => {
        const scopes = new URL(path, "http://x").searchParams.getAll("scope");
        if (scopes.length > 1) return fail(response, 403, "DENIED", "not all of these");
        response.end(JSON.stringify({ token: "tok-1" }));
      },
      OFTEN,
    );
    one.script("HEAD", /^\/v2\/blog\/blobs/, status(404), { times: 2 });
    for (const method of ["GET", "HEAD", "POST", "PUT"])
      one.script(
        method,
        /./,
        (request, response) => {
          if (request.headers.authorization === "Bearer tok-1") return one.route(request, response);
          response.writeHead(401, { "www-authenticate": `Bearer realm="http://${tokens.host}/token"` }).end();
        },
        OFTEN,
      );
    await copy({ target: `${one.host}/blog:1.0` });
    assert.equal(one.tagged("blog", "1.0"), digest);
    assert.equal(one.requests("PUT", /uploads/).length, 2);
  });

  it("and hides from nobody in particular what an account may see is asked with the account, though it never asks for one", async () => {
    const digest = source.addImage("team/blog", ["layer"], { tag: "1.0" });
    const basic = `Basic ${Buffer.from("me:secret-1").toString("base64")}`;
    for (const code of [404, 403]) {
      for (const method of ["GET", "HEAD"])
        source.script(
          method,
          /./,
          (request, response) => {
            if (request.headers.authorization === basic) return source.route(request, response);
            if (request.path !== "/v2/") return fail(response, code, "NAME_UNKNOWN", "no such repository");
            response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
          },
          { times: 50 },
        );
      const credentials = { [source.host]: { username: "me", password: "secret-1" } };
      assert.equal((await copy({ credentials })).digest, digest);
    }
  });

  it("and sends to an address with a signature has that in no error", async () => {
    source.addImage("team/blog", ["layer"], { tag: "1.0" });
    source.script(
      "GET",
      /blobs/,
      (_request, response) => {
        response
          .writeHead(307, {
            location: `http://${target.host}/store/x?X-Amz-Signature=0123abcd4567ef&X-Amz-Credential=AKIAEXAMPLE%2F2026`,
          })
          .end();
      },
      OFTEN,
    );
    target.script(
      "GET",
      /store/,
      ({ path }, response) => {
        response
          .writeHead(403)
          .end(
            `<Error><Code>SignatureDoesNotMatch</Code><SignatureProvided>0123abcd4567ef</SignatureProvided><K>AKIAEXAMPLE/2026</K><P>${path}</P></Error>`,
          );
      },
      OFTEN,
    );
    const { message } = await registryError(copy());
    assert.match(message, /SignatureDoesNotMatch/);
    assert.ok(!/0123abcd|AKIAEXAMPLE/.test(message), message);
  });

  it("and names its next page by another scheme than it is reached by is read on where it was reached", async () => {
    const client = new RegistryClient({ registry: source.host, access: "pull" });
    const page =
      (tags: string[], link?: string): Reply =>
      (_request, response) => {
        response.writeHead(200, link ? { link: `<${link}>; rel="next"` } : {}).end(JSON.stringify({ tags }));
      };
    const { hostname } = new URL(`http://${source.host}`);
    source.script(
      "GET",
      /tags\/list\?n=1000$/,
      page(["a"], `https://${hostname}/v2/team/blog/tags/list?last=a`),
    );
    source.script("GET", /tags\/list\?last=a$/, page(["b"]));
    const tags: string[] = [];
    for await (const tag of client.listTags("team/blog")) tags.push(tag);
    client.close();
    assert.deepEqual(tags, ["a", "b"]);
  });
});
