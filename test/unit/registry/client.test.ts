import assert from "node:assert/strict";
import type http from "node:http";
import { isLoopback } from "../../../components/http/private-address";
import type { Credentials } from "../../../components/registry/auth";
import { RegistryClient } from "../../../components/registry/client";
import { registryOrigin } from "../../../components/registry/session";
import { RegistryError } from "../../../components/registry/wire/errors";
import {
  fail,
  type Received,
  ScriptedRegistry,
  sha256,
  status,
} from "../../support/registry/scripted-registry";

const PASSWORD = "pa$$w0rd: with ünicode";
const BASIC = `Basic ${Buffer.from(`me:${PASSWORD}`).toString("base64")}`;

describe("RegistryClient", () => {
  let registry: ScriptedRegistry;
  let other: ScriptedRegistry;
  let client: RegistryClient;

  const connect = (credentials?: Credentials) => {
    client?.close();
    client = new RegistryClient({ registry: registry.host, credentials, access: "pull", retryDelay: 5 });
    return client;
  };
  const withAccount = () => connect({ [registry.host]: { username: "me", password: PASSWORD } });
  const error = async (work: Promise<unknown>): Promise<RegistryError> => {
    const failure = await work.then(
      () => assert.fail("expected a RegistryError"),
      (reason: unknown) => reason,
    );
    assert.ok(failure instanceof RegistryError, `${(failure as Error).stack}`);
    for (const secret of [PASSWORD, BASIC.slice(6), "s3cret", "tok-"])
      assert.ok(!failure.message.includes(secret), `the message has a secret: ${failure.message}`);
    return failure;
  };

  beforeEach(async () => {
    [registry, other] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    connect();
  });
  afterEach(async () => {
    client.close();
    await Promise.all([registry.stop(), other.stop()]);
  });

  describe("login", () => {
    const wantsBasic = ({ headers }: Received, response: http.ServerResponse, then: () => void) => {
      if (headers.authorization === BASIC) then();
      else response.writeHead(401, { "www-authenticate": 'Basic realm="Nexus"' }).end();
    };
    const guardWithBasic = () =>
      registry.script(
        "HEAD",
        /manifests/,
        (request, response) => wantsBasic(request, response, () => registry.route(request, response)),
        { times: 100 },
      );

    /** Bearer tokens "tok-<n>-<scopes>"; only the newest one is good for a request. */
    const guardWithBearer = (
      answer: (n: number) => object = () => ({}),
      realm = `http://${other.host}/token`,
    ) => {
      let issued = 0;
      other.script(
        "GET",
        /^\/token/,
        ({ path, headers }, response) => {
          const scopes = new URL(path, "http://x").searchParams.getAll("scope").join("+");
          if (headers.authorization !== undefined && headers.authorization !== BASIC)
            return fail(response, 401, "UNAUTHORIZED", `bad ${headers.authorization}`);
          issued++;
          response.end(
            JSON.stringify({ token: `tok-${issued}-${scopes}`, expires_in: 300, ...answer(issued) }),
          );
        },
        { times: 100 },
      );
      registry.script(
        "HEAD",
        /manifests/,
        (request, response) => {
          if (request.headers.authorization?.startsWith(`Bearer tok-${issued}-`))
            return registry.route(request, response);
          const parameters = `realm="${realm}",service="a, \\"b\\"",scope="repository:team/blog:pull"`;
          response.writeHead(401, { "www-authenticate": `Bearer ${parameters}` }).end();
        },
        { times: 100 },
      );
    };

    it("answers a Basic challenge with the account of this very host", async () => {
      guardWithBasic();
      const digest = registry.addImage("team/blog", ["x"], { tag: "1" });
      assert.equal((await withAccount().headManifest("team/blog", "1"))?.digest, digest);
      const refused = await error(
        connect({ [other.host]: { username: "me", password: PASSWORD } }).headManifest("team/blog", "1"),
      );
      assert.equal(refused.status, 401);
      assert.match(refused.message, /No credentials for 127\.0\.0\.1:\d+ were given/);
    });

    it("says that the password was refused after one attempt with it", async () => {
      guardWithBasic();
      const wrong = connect({ [registry.host]: { username: "me", password: "wrong" } });
      const { message } = await error(wrong.headManifest("team/blog", "1"));
      assert.match(
        message,
        /^HEAD http:\/\/127\.0\.0\.1:\d+\/v2\/team\/blog\/manifests\/1: 401\. The user name or password/,
      );
      assert.equal(registry.seen.length, 2);
    });

    it("fetches a token with the account, once for all requests of a scope", async () => {
      guardWithBearer();
      registry.addImage("team/blog", ["x"], { tag: "1" });
      withAccount();
      await client.headManifest("team/blog", "1");
      await Promise.all([1, 2, 3, 4].map(() => client.headManifest("team/blog", "1")));
      const [asked, ...more] = other.requests("GET", /token/);
      assert.equal(more.length, 0);
      const query = new URL(asked!.path, "http://x").searchParams;
      assert.deepEqual(
        [query.get("service"), query.getAll("scope"), query.get("account")],
        ['a, "b"', ["repository:team/blog:pull"], "me"],
      );
    });

    it("fetches an anonymous token without an account", async () => {
      guardWithBearer();
      registry.addImage("team/blog", ["x"], { tag: "1" });
      assert.ok(await client.headManifest("team/blog", "1"));
      assert.equal(other.seen[0]?.headers.authorization, undefined);
    });

    it("fetches a new token when one has run out, by its time or by a 401, once for requests in parallel", async () => {
      guardWithBearer((n) => (n === 1 ? { expires_in: 1 } : {}));
      registry.addImage("team/blog", ["x"], { tag: "1" });
      await client.headManifest("team/blog", "1");
      await client.headManifest("team/blog", "1");
      assert.equal(other.seen.length, 2);
      // Somebody else's token is the third, and from now on the only one that the registry takes.
      const bump = await fetch(`http://${other.host}/token`);
      assert.equal(bump.status, 200);
      await Promise.all([1, 2, 3, 4].map(() => client.headManifest("team/blog", "1")));
      assert.equal(other.seen.length, 4);
    });

    it("takes access_token as well as token", async () => {
      guardWithBearer((n) => ({ token: undefined, access_token: `tok-${n}-x` }));
      registry.addImage("team/blog", ["x"], { tag: "1" });
      assert.ok(await client.headManifest("team/blog", "1"));
    });

    it("gives up a loop of 401s after one fresh token", async () => {
      guardWithBearer(() => ({ token: "tok-0-useless" }));
      const { message } = await error(withAccount().headManifest("team/blog", "1"));
      assert.match(message, /401\. The user name or password .* or the account may not pull from team\/blog/);
      assert.ok(registry.seen.length <= 3);
    });

    it("names the token server's refusal, without the credentials that it repeats", async () => {
      guardWithBearer();
      const { message } = await error(
        connect({ [registry.host]: { username: "me", password: "wrong-password" } }).headManifest(
          "team/blog",
          "1",
        ),
      );
      assert.match(
        message,
        /^GET http:\/\/127\.0\.0\.1:\d+\/token\?.*: 401 .*UNAUTHORIZED.*The user name or password/,
      );
      assert.ok(!message.includes(Buffer.from("me:wrong-password").toString("base64")));
    });

    for (const realm of ["nil://127.0.0.1/token", "http://h:80:81/token", "", "file:///etc/passwd"])
      it(`refuses the token server ${JSON.stringify(realm)} and names the proxy's headers`, async () => {
        guardWithBearer(() => ({}), realm);
        const { message } = await error(withAccount().headManifest("team/blog", "1"));
        assert.match(
          message,
          /as its token server \(realm\): expected an http or https address\. Let the proxy .* X-Forwarded-Proto/,
        );
      });

    it("does not take the account along when the token server sends it to another host", async () => {
      guardWithBearer(() => ({}), `http://${registry.host}/moved`);
      registry.script("GET", /moved/, ({ path }, response) => {
        response.writeHead(307, { location: `http://${other.host}${path.replace("moved", "token")}` }).end();
      });
      registry.addImage("team/blog", ["x"], { tag: "1" });
      assert.ok(await withAccount().headManifest("team/blog", "1"));
      assert.deepEqual(
        [registry.requests("GET", /moved/)[0]?.headers.authorization, other.seen[0]?.headers.authorization],
        [BASIC, undefined],
      );
    });

    it("refuses a login scheme that it does not know, by name", async () => {
      registry.script("HEAD", /./, status(401, { "www-authenticate": "Negotiate, Digest realm=x" }));
      const { message } = await error(withAccount().headManifest("team/blog", "1"));
      assert.match(message, /wants a login by negotiate, digest/);
    });

    it("refuses a token answer that is no token", async () => {
      guardWithBearer(() => ({ token: "line\nbreak" }));
      assert.match(
        (await error(withAccount().headManifest("team/blog", "1"))).message,
        /expected JSON with a token/,
      );
    });
  });

  describe("redirects", () => {
    it("reads a blob from another host without the credentials", async () => {
      const bytes = Buffer.from("layer");
      other.blobs.set(sha256(bytes), bytes);
      registry.script(
        "GET",
        /blobs/,
        (request, response) => {
          if (request.headers.authorization !== BASIC)
            return void response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
          response.writeHead(307, { location: `http://${other.host}${request.path}` }).end();
        },
        { times: 2 },
      );
      const { stream } = await withAccount().getBlob("team/blog", sha256(bytes));
      assert.equal((await stream.read())?.toString(), "layer");
      assert.deepEqual(
        [registry.seen.at(-1)?.headers.authorization, other.seen[0]?.headers.authorization],
        [BASIC, undefined],
      );
    });

    it("does not log in at another host that asks for it", async () => {
      registry.script(
        "HEAD",
        /blobs/,
        (_r, response) => void response.writeHead(302, { location: `http://${other.host}/x` }).end(),
      );
      other.script("HEAD", /x/, status(401, { "www-authenticate": "Basic realm=trap" }));
      const { message } = await error(withAccount().headBlob("team/blog", sha256("x")));
      assert.match(message, /sent this request on to 127\.0\.0\.1:\d+, where its credentials don't go/);
      assert.deepEqual(
        other.seen.map(({ headers }) => headers.authorization),
        [undefined],
      );
    });

    it("ends a loop, and refuses an address that is not http", async () => {
      registry.script(
        "HEAD",
        /blobs/,
        (r, response) => void response.writeHead(302, { location: r.path }).end(),
        { times: 9 },
      );
      assert.match((await error(client.headBlob("a", sha256("x")))).message, /more than 5 redirects/);
      registry.script("HEAD", /manifests/, status(302, { location: "ftp://x/" }));
      assert.match((await error(client.headManifest("a", "1"))).message, /not http or https/);
    });
  });

  describe("attempts again", () => {
    for (const code of [429, 502, 503, 504])
      it(`gets past two answers ${code}`, async () => {
        registry.script("HEAD", /manifests/, status(code), { times: 2 });
        assert.equal(await client.headManifest("a", "1"), undefined);
        assert.equal(registry.seen.length, 3);
      });

    it("gets past dropped connections", async () => {
      registry.script("HEAD", /manifests/, ({ raw }) => void raw.socket.destroy(), { times: 2 });
      assert.equal(await client.headManifest("a", "1"), undefined);
      assert.equal(registry.seen.length, 3);
    });

    it("reads a manifest again whose body broke off", async () => {
      const digest = registry.addImage("a", ["x"], { tag: "1" });
      registry.script("GET", /manifests/, (_request, response) => {
        response.writeHead(200, { "content-length": "9999" }).write("{");
        setTimeout(() => response.destroy(), 5);
      });
      assert.equal((await client.getManifest("a", "1")).digest, digest);
    });

    it("waits as long as Retry-After says", async () => {
      registry.script("HEAD", /manifests/, status(429, { "retry-after": "1" }));
      const started = Date.now();
      await client.headManifest("a", "1");
      assert.ok(Date.now() - started >= 990, `waited ${Date.now() - started} ms`);
    });

    it("does not wait in silence for a minute and more", async () => {
      registry.script("HEAD", /manifests/, status(429, { "retry-after": "3600" }));
      const failure = await error(client.headManifest("a", "1"));
      assert.deepEqual([failure.retryAfter, registry.seen.length], [3_600_000, 1]);
      assert.match(failure.message, /429.*rate limit.*try again in 3600 s/s);
    });

    it("gives up after five, with the last answer", async () => {
      registry.script("HEAD", /manifests/, status(503), { times: 99 });
      const failure = await error(client.headManifest("a", "1"));
      assert.deepEqual([failure.status, registry.seen.length], [503, 5]);
    });

    it("does not repeat what was refused for good", async () => {
      registry.script("GET", /manifests/, (_r, response) =>
        fail(response, 403, "DENIED", "requested access is denied"),
      );
      const failure = await error(withAccount().getManifest("a", "1"));
      const asked = registry.requests("GET", /manifests/).length;
      assert.deepEqual([failure.status, failure.code, asked], [403, "DENIED", 1]);
      assert.match(
        failure.message,
        /: 403 DENIED: requested access is denied\. The account given for .* may not pull from a$/,
      );
    });

    it("says that nothing listens there", async () => {
      const { host } = registry;
      await registry.stop();
      const { message } = await error(connect().headManifest("a", "1"));
      assert.match(message, new RegExp(`ECONNREFUSED.*Nothing listens there: is ${host} running`));
      await registry.start();
    });

    it("stops at once when it is told to, also while it waits", async () => {
      const stop = new AbortController();
      const waiting = new RegistryClient({ registry: registry.host, access: "pull", signal: stop.signal });
      registry.script("HEAD", /manifests/, status(503, { "retry-after": "30" }), { times: 9 });
      setTimeout(() => stop.abort(new Error("stopped by the test")), 50);
      await assert.rejects(waiting.headManifest("a", "1"), /stopped by the test|aborted/);
      waiting.close();
    });

    it("ends a connection on which nothing comes", async () => {
      registry.script("HEAD", /manifests/, () => undefined, { times: 2 });
      const hasty = new RegistryClient({
        registry: registry.host,
        access: "pull",
        idleLimit: 60,
        retries: 1,
        retryDelay: 1,
      });
      assert.match((await error(hasty.headManifest("a", "1"))).message, /no byte came for 0\.06 s/);
      hasty.close();
    });
  });

  describe("manifests", () => {
    it("finds the digest of a registry that does not say it", async () => {
      const digest = registry.addImage("a", ["x"], { tag: "1" });
      registry.script("HEAD", /manifests/, status(200));
      assert.equal((await client.headManifest("a", "1"))?.digest, digest);
    });

    const serve = (body: string, type: string, more = {}) =>
      registry.script(
        "GET",
        /manifests/,
        (_r, response) => void response.writeHead(200, { "content-type": type, ...more }).end(body),
      );
    const OCI = "application/vnd.oci.image.manifest.v1+json";
    const refused: [string, string, string, object, RegExp][] = [
      [
        "a hash that the registry did not promise",
        "{}",
        OCI,
        { "docker-content-digest": sha256("x") },
        /expected content with digest sha256:2d71.*got sha256:44136/,
      ],
      [
        "schema 1",
        '{"schemaVersion":1}',
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        {},
        /schema 1 image.*push it again/,
      ],
      [
        "an unknown media type",
        "{}",
        "application/vnd.example.thing+json",
        {},
        /media type application\/vnd\.example\.thing\+json is unknown/,
      ],
      ["no media type at all", "{}", "", {}, /media type none is unknown|media type {2}is unknown/],
      [
        "a type other than its own",
        `{"mediaType":"${OCI}"}`,
        "application/vnd.docker.distribution.manifest.v2+json",
        {},
        /serves it as .*v2\+json, but it calls itself .*oci/,
      ],
      ["a page", "<html>", OCI, {}, /expected a manifest in JSON/],
      ["a list", "[]", OCI, {}, /JSON that is no object/],
      ["no layers", '{"config":{}}', OCI, {}, /expected a list at "layers"/],
      [
        "a broken digest",
        '{"config":{"mediaType":"x","digest":"sha256:1","size":1},"layers":[]}',
        OCI,
        {},
        /digest at "config\.digest"/,
      ],
      [
        "a negative size",
        `{"config":{"mediaType":"x","digest":"${sha256("x")}","size":-1},"layers":[]}`,
        OCI,
        {},
        /bytes at "config\.size"/,
      ],
      [
        "two sizes of one blob",
        `{"config":{"mediaType":"x","digest":"${sha256("x")}","size":1},"layers":[{"mediaType":"x","digest":"${sha256("x")}","size":2}]}`,
        OCI,
        {},
        /two sizes, 1 and 2/,
      ],
      [
        "a foreign layer",
        `{"config":{"mediaType":"x","digest":"${sha256("x")}","size":1},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","digest":"${sha256("y")}","size":2}]}`,
        OCI,
        {},
        /is a foreign one .*can't be copied/,
      ],
      [
        "an index with something unknown in it",
        `{"manifests":[{"mediaType":"text/plain","digest":"${sha256("x")}","size":1}]}`,
        "application/vnd.oci.image.index.v1+json",
        {},
        /unknown media type text\/plain; it can't be left out/,
      ],
    ];
    for (const [what, body, type, more, message] of refused)
      it(`refuses ${what}`, async () => {
        serve(body, type, more);
        assert.match((await error(client.getManifest("a", "1"))).message, message);
      });

    it("refuses more than 4 MiB, and does not read on for ever", async () => {
      registry.script("GET", /manifests/, async (_r, response) => {
        const spaces = Buffer.alloc(65_536, " ");
        while (!response.destroyed) {
          if (!response.write(spaces)) await new Promise((resolve) => setTimeout(resolve, 1));
        }
      });
      assert.match((await error(client.getManifest("a", "1"))).message, /larger than 4194304 bytes/);
    });

    it("notices a registry that stores something else", async () => {
      const digest = registry.addImage("a", ["x"], { tag: "1" });
      const manifest = await client.getManifest("a", digest);
      registry.script("PUT", /manifests/, status(201, { "docker-content-digest": sha256("y") }));
      assert.match(
        (await error(client.putManifest("a", digest, manifest))).message,
        /stored sha256:.* where sha256:/,
      );
    });
  });

  describe("tags", () => {
    const page = (tags: string[] | null, link?: string) =>
      registry.script("GET", /tags\/list/, (_r, response) => {
        response.writeHead(200, link === undefined ? {} : { link }).end(JSON.stringify({ name: "a", tags }));
      });
    const list = async () => {
      const tags: string[] = [];
      for await (const tag of client.listTags("a", 2)) tags.push(tag);
      return tags;
    };

    it("reads every page, with relative and absolute links", async () => {
      page(["1", "2"], '</v2/a/tags/list?last=2&n=2>; rel="next"');
      page(["3", "4"], `<http://${registry.host}/v2/a/tags/list?last=4&n=2>; rel=next`);
      page(["5"]);
      assert.deepEqual(await list(), ["1", "2", "3", "4", "5"]);
      assert.match(registry.seen[1]!.path, /last=2/);
    });

    it("takes a missing repository and null for no tags", async () => {
      assert.deepEqual(await list(), []);
      page(null);
      assert.deepEqual(await list(), []);
    });

    it("refuses pages in a circle, pages elsewhere, and what is no list", async () => {
      page(["1"], '</v2/a/tags/list?n=2>; rel="next"');
      assert.match((await error(list())).message, /already read, or elsewhere/);
      page(["1"], `<http://${other.host}/v2/a/tags/list>; rel="next"`);
      assert.match((await error(list())).message, /already read, or elsewhere/);
      registry.script("GET", /tags/, (_r, response) => void response.end('{"tags":[1]}'));
      assert.match((await error(list())).message, /expected JSON \{"tags": \[…\]\}/);
      assert.equal(other.seen.length, 0);
    });
  });

  it("redacts states and signatures in addresses, and shows a proxy's page as text", async () => {
    registry.script(
      "HEAD",
      /blobs/,
      status(302, { location: `http://${other.host}/x?X-Amz-Signature=s3cret&digest=d` }),
    );
    other.script("HEAD", /x/, status(403));
    const failure = await error(client.headBlob("a", sha256("x")));
    assert.equal(failure.url, `http://${other.host}/x?X-Amz-Signature=***&digest=d`);
    registry.script(
      "GET",
      /manifests/,
      (_r, response) => void response.writeHead(413).end("<html><h1>413  Too\nLarge</h1></html>"),
    );
    assert.match(
      (await error(client.getManifest("a", "1"))).message,
      /: 413 413 Too Large\. A proxy .* client_max_body_size/,
    );
  });

  it("speaks plain http to loopback hosts, and to others only when asked", () => {
    const origin = (host: string, insecure = false) => registryOrigin(host, insecure).origin;
    assert.equal(origin("127.1.2.3:8082"), "http://127.1.2.3:8082");
    assert.equal(origin("localhost"), "http://localhost");
    assert.equal(origin("[::1]:5000"), "http://[::1]:5000");
    assert.equal(origin("nexus:8082"), "https://nexus:8082");
    assert.equal(origin("nexus:8082", true), "http://nexus:8082");
    assert.equal(origin("docker.io"), "https://registry-1.docker.io");
    for (const host of ["127.0.0.1.example.com", "localhost.example.com", "1127.0.0.1"])
      assert.ok(!isLoopback(host));
  });

  it("says how to go on where an encrypted connection meets plain http, and where a name is unknown", async () => {
    const problem = async (host: string) => {
      const client = new RegistryClient({ registry: host, access: "pull", retries: 0 });
      const { message } = await error(client.headManifest("a", "1"));
      client.close();
      return message;
    };
    // 0.0.0.0 reaches this machine without counting as loopback.
    const plain = registry.host.replace("127.0.0.1", "0.0.0.0");
    assert.match(
      await problem(plain),
      /seems to speak plain http: allow that for this registry \("insecure"\)/,
    );
    assert.match(await problem("berth.invalid"), /is not known here: check its spelling and DNS/);
  });
});
