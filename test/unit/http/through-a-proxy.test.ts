import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import https, { type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tlsProblem } from "../../../components/edge/probe";
import { GitlabClient } from "../../../components/gitlab/api/gitlab-client";
import { InvalidProxy } from "../../../components/http/proxy-for";
import { callNexus } from "../../../components/nexus/rest/transport";
import { freePort } from "../../support/free-port";
import { Authority } from "../../support/http/authority";
import { ForwardProxy } from "../../support/http/forward-proxy";
import { copyWritten, type WrittenCopy } from "../../support/registry/copy-between";
import { ScriptedRegistry } from "../../support/registry/scripted-registry";
import { inEnvironment } from "../../support/stack/in-environment";

/** An https server with a certificate for these names, in front of a handler. */
class SecureServer {
  host = "";
  private server: Server | undefined;

  async start(authority: Authority, names: string[], handler: RequestListener): Promise<this> {
    const { certificate, key } = authority.issue(names);
    this.server = https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, handler);
    await new Promise<void>((resolve) => this.server!.listen(0, "127.0.0.1", resolve));
    this.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

describe("What is behind a proxy", () => {
  let authority: Authority;
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;
  let secure: SecureServer;
  let proxy: ForwardProxy;
  let digest: string;
  let api: string[];

  before(() => {
    authority = new Authority();
  });
  after(() => authority.remove());

  beforeEach(async () => {
    api = [];
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    secure = await new SecureServer().start(authority, ["registry.test", "api.test"], (request, response) => {
      api.push(`${request.method} ${request.headers.host}${request.url}`);
      // As a registry it is the source, over TLS.
      if (request.url?.startsWith("/v2/")) return void source.pass(request, response);
      response.writeHead(200, { "content-type": "application/json", server: "Nexus/3.71.0-06 (OSS)" });
      response.end('{"id":7}');
    });
    proxy = await new ForwardProxy({
      "registry.test:443": secure.host,
      "api.test:443": secure.host,
      "api.test": secure.host,
      "plain.test:5000": target.host,
    }).start();
    digest = source.addImage("team/blog", ["one layer", Buffer.alloc(300_000, 1)], { tag: "1.0" });
  });
  afterEach(() => Promise.all([source.stop(), target.stop(), secure.stop(), proxy.stop()]));

  const copy = (more: Partial<WrittenCopy> = {}) =>
    copyWritten({
      source: "registry.test/team/blog:1.0",
      target: "plain.test:5000/blog:1.0",
      insecure: ["plain.test:5000"],
      ca: authority.ca,
      retryDelay: 1,
      journal: false,
      ...more,
    });
  const tunnelOnly = () => ({ target: `${target.host}/blog:1.0` });
  const forwardOnly = () => ({ source: `${source.host}/team/blog:1.0` });
  const everywhere = (url: string) => ({ HTTPS_PROXY: url, HTTP_PROXY: url });
  const failure = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => assert.fail("expected an error"),
      (error: Error) => error,
    );
  const nexus = (url = "https://api.test", patience = 10) =>
    callNexus(
      { url, username: "admin", password: "pw", ca: authority.ca },
      ...(["GET", "/service/rest/v1/x", [200], undefined, { patience }] as const),
    );
  const gitlab = (url = "http://api.test") => {
    const args = { api: `${url}/api/v4`, token: "glpat-1", tokenName: "BERTH_GITLAB_TOKEN", patience: 10 };
    return new GitlabClient({ ...args, retryDelay: 1 }).ask({ method: "GET", path: "/user", attempt: "ask" });
  };

  describe("a registry", () => {
    it("is copied from over TLS and to in plain http, whole, over a few connections", async () => {
      const result = await inEnvironment(everywhere(proxy.url()), copy);
      assert.equal(result.digest, digest);
      assert.equal(target.tagged("blog", "1.0"), digest);
      const tunnels = proxy.asked.filter((one) => one === "CONNECT registry.test:443");
      assert.ok(tunnels.length > 0 && tunnels.length <= 16, `${tunnels.length} tunnels`);
      assert.ok(proxy.asked.some((one) => one.startsWith("PUT http://plain.test:5000/v2/blog/manifests/")));
      assert.ok(target.seen.every(({ headers }) => headers.host === "plain.test:5000"));
    });

    it("is asked with the proxy's login, which goes to the proxy alone", async () => {
      proxy.login = "me@work:p:w";
      await inEnvironment(everywhere(proxy.url("me%40work:p%3Aw")), copy);
      assert.ok(proxy.logins.every((one) => one === "me@work:p:w"));
      for (const { headers } of [...source.seen, ...target.seen])
        assert.equal(headers["proxy-authorization"], undefined);
    });

    it("has a token server that the proxy may not let through, which is told apart as well", async () => {
      target.script("HEAD", /manifests/, (_request, response) => {
        proxy.refusal = 407;
        const realm = "http://plain.test:5000/token";
        response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
      });
      const { message } = await failure(inEnvironment(everywhere(proxy.url()), () => copy(forwardOnly())));
      assert.match(
        message,
        /token.*the proxy http:\S+ \(HTTP_PROXY\) wants a login \(407\)\. Put its login into/,
      );
      assert.ok(!message.includes("token server of"), message);
    });

    it("is reached directly where NO_PROXY has it, and where it is on this machine", async () => {
      const { message } = await failure(
        inEnvironment({ ...everywhere(proxy.url()), NO_PROXY: "registry.test" }, copy),
      );
      assert.match(
        message,
        /^GET https:\/\/registry\.test\/v2\/.*The name of registry\.test is not known here/,
      );
      const local = { source: `${source.host}/team/blog:1.0`, target: `${target.host}/blog:2` };
      assert.equal((await inEnvironment(everywhere(proxy.url()), () => copy(local))).digest, digest);
      assert.ok(
        proxy.asked.every((one) => one.includes("plain.test")),
        proxy.asked.join(),
      );
    });

    const refusals: [string, () => NodeJS.ProcessEnv, RegExp, RegExp][] = [
      [
        "wants a login",
        () => {
          proxy.login = "me:pw";
          return everywhere(proxy.url());
        },
        /: the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\) wants a login \(407\)\. Put its login into HTTPS_PROXY, http:\/\/USER:PASSWORD@127\.0\.0\.1:\d+, special characters percent-encoded; where registry\.test:443 can be reached without it, name that host in NO_PROXY$/,
        /: the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTP_PROXY\) wants a login \(407\)\. Put its login into HTTP_PROXY/,
      ],
      [
        "refuses the login",
        () => {
          proxy.login = "me:pw";
          return everywhere(proxy.url("me:hunter2"));
        },
        /\(HTTPS_PROXY\) refuses the login in HTTPS_PROXY \(407\)\. Put its login/,
        /\(HTTP_PROXY\) refuses the login in HTTP_PROXY \(407\)\. Put its login/,
      ],
      [
        "forbids the host",
        () => {
          proxy.refusal = 403;
          return everywhere(proxy.url("me:hunter2"));
        },
        /does not let requests through to registry\.test:443 \(403\)\. Have it allowed there; or where registry\.test:443 can be/,
        /: 403\. .*\. The way there is through the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTP_PROXY\), which may have said so itself$/,
      ],
      [
        "can't reach the host",
        () => {
          proxy.refusal = 503;
          return everywhere(proxy.url());
        },
        /could not reach registry\.test:443 \(503\)\. Is the name right, and is that host up\?/,
        /: 503\. plain\.test:5000 was not available.*\. The way there is through the proxy/,
      ],
    ];
    for (const [what, arrange, tunnelled, forwarded] of refusals)
      it(`is told apart from a proxy that ${what}`, async () => {
        const env = arrange();
        const errors = await inEnvironment(env, async () => [
          await failure(copy(tunnelOnly())),
          await failure(copy(forwardOnly())),
        ]);
        assert.match(errors[0]!.message, tunnelled);
        assert.match(errors[1]!.message, forwarded);
        for (const error of errors) assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes("hunter2"));
      });

    it("is told apart from a proxy that isn't there", async () => {
      const nowhere = everywhere(`http://me:hunter2@127.0.0.1:${await freePort()}`);
      for (const way of [tunnelOnly(), forwardOnly()]) {
        const error = await failure(inEnvironment(nowhere, () => copy(way)));
        assert.match(
          error.message,
          /: the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS?_PROXY\) can't be reached: connect ECONNREFUSED 127\.0\.0\.1:\d+\. Is HTTPS?_PROXY right\? Or where /,
        );
        assert.ok(!`${error.stack}`.includes("hunter2"));
      }
    });

    it("is not asked for where the variable names no proxy", async () => {
      const error = await failure(inEnvironment({ HTTPS_PROXY: "socks5://me:hunter2@x:1" }, copy));
      assert.ok(error instanceof InvalidProxy && !error.message.includes("hunter2"), error.message);
    });

    it("is let go of at once when the copy is stopped while the proxy makes a tunnel", async () => {
      const silent = await new ForwardProxy({}).start();
      silent.isSilent = true;
      const stop = new AbortController();
      const copying = inEnvironment(everywhere(silent.url()), () => copy({ signal: stop.signal }));
      while (silent.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      stop.abort(new Error("enough"));
      await assert.rejects(copying, /^Error: enough$/);
      await silent.stop();
    });
  });

  it("is reached as well through one that speaks TLS itself, by every client", async () => {
    const { certificate, key } = authority.issue(["127.0.0.1"]);
    const tls = { cert: readFileSync(certificate), key: readFileSync(key) };
    const hosts = { "registry.test:443": secure.host, "api.test:443": secure.host };
    const over = await new ForwardProxy({ ...hosts, "plain.test:5000": target.host }, tls).start();
    try {
      await inEnvironment(everywhere(over.url("me:pw")), async () => {
        assert.equal((await copy()).digest, digest);
        assert.deepEqual((await nexus()).body, { id: 7 });
        target.script("GET", /rest\/v1\/x/, (_request, response) => {
          response.writeHead(200, { server: "Nexus/3.71.0-06 (OSS)" }).end('{"id":9}');
        });
        assert.deepEqual((await nexus("http://plain.test:5000")).body, { id: 9 });
        // Nobody has said whose certificate the proxy's is.
        assert.match(
          (await failure(copy({ ca: undefined }))).message,
          /the proxy https:\/\/127\.0\.0\.1:\d+ \(HTTPS?_PROXY\) can't be reached: .*certificate/,
        );
        assert.match(
          (await failure(gitlab("http://plain.test:5000"))).message,
          /can't be reached: .*certificate/,
        );
      });
      assert.ok(over.asked.includes("GET http://plain.test:5000/service/rest/v1/x"), over.asked.join());
      assert.ok(over.logins.every((login) => login === "me:pw"));
    } finally {
      await over.stop();
    }
  });

  it("is an edge as well, which is looked at through it", async () => {
    const edge = { host: "api.test", port: 443 };
    await inEnvironment(everywhere(proxy.url()), async () => {
      assert.equal(await tlsProblem(edge, authority.ca), undefined);
      assert.match((await tlsProblem(edge, undefined)) ?? "", /is of an authority that is not trusted/);
      proxy.refusal = 403;
      assert.match(
        (await tlsProblem(edge, authority.ca)) ?? "",
        /does not let requests through to api\.test:443/,
      );
    });
    assert.equal(proxy.asked.length, 3);
  });

  describe("Nexus and GitLab", () => {
    it("are asked through it, over TLS and in plain http", async () => {
      await inEnvironment(everywhere(proxy.url("me:pw")), async () => {
        assert.deepEqual((await nexus()).body, { id: 7 });
      });
      assert.deepEqual(proxy.asked, ["CONNECT api.test:443"]);
      assert.deepEqual(api, ["GET api.test/service/rest/v1/x"]);
      target.script("GET", /api\/v4\/user/, ({ headers }, response) => {
        assert.equal(headers["proxy-authorization"], undefined);
        response.end('{"id":8}');
      });
      const plain = await inEnvironment(everywhere(proxy.url("me:pw")), () =>
        gitlab("http://plain.test:5000"),
      );
      assert.deepEqual(plain.value, { id: 8 });
      assert.deepEqual(proxy.asked.slice(1), ["GET http://plain.test:5000/api/v4/user"]);
      assert.deepEqual(proxy.logins, ["me:pw", "me:pw"]);
    });

    it("are told apart from a proxy that does not let them through, whose login is in no error", async () => {
      proxy.login = "me:pw";
      await inEnvironment(everywhere(proxy.url("me:hunter2")), async () => {
        const errors = await Promise.all(
          [
            nexus(),
            nexus("http://plain.test:5000"),
            gitlab("https://api.test"),
            gitlab("http://plain.test:5000"),
          ].map(failure),
        );
        for (const error of errors) {
          assert.match(
            error.message,
            /the proxy http:\/\/127\.0\.0\.1:\d+ \((HTTPS?)_PROXY\) refuses the login in \1_PROXY \(407\)\. Put its login/,
          );
          assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes("hunter2"));
        }
      });
      const nowhere = everywhere(`http://me:hunter2@127.0.0.1:${await freePort()}`);
      await inEnvironment(nowhere, async () => {
        for (const error of await Promise.all(
          [
            nexus(),
            nexus("http://plain.test:5000"),
            gitlab("https://api.test"),
            gitlab("http://plain.test:5000"),
          ].map(failure),
        ))
          assert.match(
            error.message,
            /the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS?_PROXY\) can't be reached: connect ECONNREFUSED/,
          );
      });
    });

    it("are asked directly where NO_PROXY has them, and on this machine", async () => {
      await inEnvironment({ ...everywhere(proxy.url()), NO_PROXY: "*.test,.other" }, async () => {
        assert.match((await failure(gitlab("http://api.test"))).message, /no answer \(E\w+\)$/);
      });
      target.script("GET", /api\/v4\/user/, (_request, response) => void response.end("{}"));
      await inEnvironment(everywhere(proxy.url()), () => gitlab(`http://${target.host}`));
      assert.deepEqual(proxy.asked, []);
    });

    it("are not asked where the variable names no proxy", async () => {
      await inEnvironment({ HTTPS_PROXY: "socks5://me:hunter2@x:1" }, async () => {
        for (const error of await Promise.all([nexus(), gitlab("https://api.test")].map(failure))) {
          assert.match(
            error.message,
            /HTTPS_PROXY: expected the address of a proxy, .* got one of socks5:\/\//,
          );
          assert.ok(!error.message.includes("hunter2"));
        }
      });
    });
  });
});
