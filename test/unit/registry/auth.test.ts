import assert from "node:assert/strict";
import { Readable } from "node:stream";
import fc from "fast-check";
import { Secrets } from "../../../components/http/secrets";
import type { Call } from "../../../components/registry/call";
import { parseChallenges } from "../../../components/registry/challenge";
import type { Account } from "../../../components/registry/logins/account";
import { tokenServer } from "../../../components/registry/realm";
import { Session } from "../../../components/registry/session";
import { RegistryError } from "../../../components/registry/wire/errors";
import { TlsFront, trustingAnyCertificate } from "../../support/http/tls-front";
import { registryError } from "../../support/registry/registry-error";
import {
  type Received,
  type Reply,
  ScriptedRegistry,
  status,
} from "../../support/registry/scripted-registry";

const PASSWORD = 'pa"ss\\w/rd & ünicode';
const ACCOUNT = { username: "me", password: PASSWORD };
const BASIC = Buffer.from(`me:${PASSWORD}`).toString("base64");
const IDENTITY = "identity-token-of-docker-login";

describe("the login at a registry", () => {
  let registry: ScriptedRegistry;
  let server: ScriptedRegistry;
  let session: Session;

  const connect = (account?: Account, host = registry.host, secure = false) => {
    session?.close();
    const credentials = account && { [host]: account };
    session = new Session({ registry: host, credentials, secure, retryDelay: 2 });
    return session;
  };
  const ask = (path = "/v2/", more: Partial<Call> = {}) =>
    session.request({
      method: "GET",
      url: new URL(path, `http://${registry.host}`),
      repository: "team/blog",
      scopes: ["repository:team/blog:pull"],
      expect: [200, 201],
      ...more,
    });
  const failure = async (work: Promise<unknown>): Promise<RegistryError> => {
    const error = await registryError(work);
    for (const secret of [PASSWORD, BASIC, IDENTITY, "tok-"])
      assert.ok(!JSON.stringify([error.message, error.faults]).includes(secret), error.message);
    return error;
  };
  /** The token server: `answers` in order, the last one for ever. */
  const tokens = (...answers: object[]) => {
    const reply: Reply = (_request, response) => {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      response.end(JSON.stringify(answer));
    };
    for (const method of ["GET", "POST"]) server.script(method, /^\/token/, reply, { times: 999 });
  };
  /** The registry takes these tokens, and asks for one otherwise. */
  const wantsToken = (
    isGood: (token: string) => boolean,
    challenge = `realm="http://${server.host}/token"`,
  ) => {
    const reply: Reply = ({ headers }, response) => {
      if (isGood(headers.authorization?.replace("Bearer ", "") ?? ""))
        return void response.writeHead(200).end();
      response.writeHead(401, { "www-authenticate": `Bearer ${challenge}` }).end();
    };
    for (const method of ["GET", "PUT"]) registry.script(method, /./, reply, { times: 999 });
  };
  const query = ({ path }: { path: string }) => new URL(path, "http://x").searchParams;

  beforeEach(async () => {
    [registry, server] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    connect(ACCOUNT);
  });
  afterEach(async () => {
    session.close();
    await Promise.all([registry.stop(), server.stop()]);
  });

  describe("with tokens", () => {
    it("asks for one token for all repositories of a request, and keeps those of others apart", async () => {
      tokens({ token: "tok-1" }, { token: "tok-2" });
      wantsToken((token) => token.startsWith("tok-"));
      const two = ["repository:a:pull,push", "repository:b:pull"];
      await ask("/v2/", { scopes: two });
      await ask("/v2/", { scopes: ["repository:c:pull"] });
      await ask("/v2/", { scopes: two });
      assert.deepEqual(
        server.seen.map((one) => query(one).getAll("scope")),
        [two, ["repository:c:pull"]],
      );
    });

    it("adds what the registry's challenge wants beyond that", async () => {
      tokens({ token: "tok-1" });
      wantsToken(
        (token) => token === "tok-1",
        `realm="http://${server.host}/token",scope="repository:team/blog:pull repository:other:pull"`,
      );
      await ask();
      assert.deepEqual(query(server.seen[0]!).getAll("scope"), [
        "repository:team/blog:pull",
        "repository:other:pull",
      ]);
    });

    it("adds it for requests of that kind alone: the right to delete is not asked for to read or write", async () => {
      tokens({ token: "tok-1" }, { token: "tok-2" });
      wantsToken((token) => token.startsWith("tok-"));
      const wantsDelete: Reply = (_request, response) => {
        const challenge = `Bearer realm="http://${server.host}/token",scope="repository:team/blog:delete"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      };
      await ask();
      registry.script("DELETE", /./, wantsDelete, { times: 9 });
      await failure(ask("/v2/", { method: "DELETE" }));
      await ask();
      assert.deepEqual(
        server.seen.map((one) => query(one).getAll("scope").length),
        [1, 2, 2],
        "one token to read, and what the refused request asked for",
      );
      assert.equal(registry.seen.at(-1)?.headers.authorization, "Bearer tok-1");
    });

    it("renews them before they run out, so that a long copy meets no refusal", async () => {
      const lives = new Map<string, number>();
      let issued = 0;
      server.script(
        "GET",
        /token/,
        (_request, response) => {
          const token = `tok-${++issued}`;
          // Half a second more than the margin.
          lives.set(token, Date.now() + 5_500);
          response.end(JSON.stringify({ token, expires_in: 5.5 }));
        },
        { times: 999 },
      );
      wantsToken((token) => (lives.get(token) ?? 0) > Date.now());
      const end = Date.now() + 2_500;
      while (Date.now() < end) {
        await ask();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const refused = registry.seen.filter(({ headers }) => headers.authorization === undefined);
      assert.equal(refused.length, 1, "only the very first request comes without a token");
      assert.ok(issued >= 4 && issued <= 7, `${issued} tokens in 2.5 s`);
    });

    it("gets a new one where the registry takes one no longer, once for many requests at a time", async () => {
      let issued = 0;
      server.script(
        "GET",
        /token/,
        (_request, response) =>
          void response.end(JSON.stringify({ token: `tok-${++issued}`, expires_in: 3600 })),
        { times: 999 },
      );
      let good = 1;
      wantsToken((token) => token === `tok-${good}`);
      for (good = 1; good <= 5; good++) await Promise.all(Array.from({ length: 8 }, () => ask()));
      assert.equal(issued, 5);
    });

    it("does not send a stream's rest after a refusal: the caller may send it again, with a new token", async () => {
      tokens({ token: "tok-1" }, { token: "tok-2" });
      let good = "tok-1";
      wantsToken((token) => token === good);
      await ask();
      good = "tok-2";
      const put = () =>
        ask("/upload", {
          method: "PUT",
          body: Readable.from([Buffer.alloc(100_000)]),
          headers: { "content-length": "100000" },
        });
      const error = await failure(put());
      assert.deepEqual([error.status, error.temporary], [401, true]);
      assert.match(error.message, /^PUT .*: 401 the login was refused or ran out during an upload\. /);
      assert.equal((await put()).status, 200);
    });

    it("takes a token whose server names no time for a minute's", async () => {
      tokens({ token: "tok-1" });
      wantsToken((token) => token === "tok-1");
      await ask();
      await ask();
      assert.equal(server.seen.length, 1);
    });

    it("takes access_token where token is empty, and asks for anonymous ones without an account", async () => {
      connect(undefined);
      tokens({ token: "", access_token: "tok-1" });
      wantsToken((token) => token === "tok-1");
      await ask();
      assert.deepEqual(
        [server.seen[0]?.headers.authorization, query(server.seen[0]!).get("account")],
        [undefined, null],
      );
    });

    it("says that nobody gets in without credentials", async () => {
      connect(undefined);
      server.script("GET", /token/, status(403));
      wantsToken(() => false);
      assert.match(
        (await failure(ask())).message,
        /^GET http:\/\/127\.0\.0\.1:\d+\/token\?scope=repository:team\/blog:pull: 403\. No credentials for 127\.0\.0\.1:\d+ were given, and it gives no anonymous token$/,
      );
    });

    for (const code of [429, 500, 503])
      it(`asks again after a token server's ${code}`, async () => {
        server.script("GET", /token/, status(code, { "retry-after": "0" }), { times: 2 });
        tokens({ token: "tok-1" });
        wantsToken((token) => token === "tok-1");
        await ask();
        assert.equal(server.seen.length, 3);
      });
  });

  describe("with an identity token", () => {
    beforeEach(() => connect({ identityToken: IDENTITY }));

    /** What was posted to the token server. */
    const forms: URLSearchParams[] = [];
    const postedTokens = (...answers: object[]) => {
      forms.length = 0;
      server.script(
        "POST",
        /token/,
        ({ body }: Received, response) => {
          forms.push(new URLSearchParams(body.toString()));
          response.end(JSON.stringify(answers.length > 1 ? answers.shift() : answers[0]));
        },
        { times: 99 },
      );
    };

    it("trades it for a token by the OAuth2 form, without a password and with nothing secret in the address", async () => {
      postedTokens({ access_token: "tok-1", expires_in: 300 });
      wantsToken((token) => token === "tok-1", `realm="http://${server.host}/token",service="reg"`);
      await ask("/v2/", { scopes: ["repository:a:pull", "repository:b:pull"] });
      const [asked] = server.seen;
      assert.deepEqual(
        [asked?.method, asked?.path, asked?.headers.authorization, asked?.headers["content-type"]],
        ["POST", "/token", undefined, "application/x-www-form-urlencoded"],
      );
      assert.deepEqual(Object.fromEntries(forms[0]!), {
        grant_type: "refresh_token",
        client_id: "berth",
        refresh_token: IDENTITY,
        service: "reg",
        scope: "repository:a:pull repository:b:pull",
      });
    });

    it("goes on with the new one that the server may answer with", async () => {
      postedTokens(
        { access_token: "tok-1", expires_in: 1, refresh_token: "next-one" },
        { access_token: "tok-2" },
      );
      wantsToken((token) => token.startsWith("tok-"));
      await ask();
      await ask();
      assert.deepEqual(
        forms.map((form) => form.get("refresh_token")),
        [IDENTITY, "next-one"],
      );
    });

    it("says what to do where it is refused, or nobody knows such tokens", async () => {
      wantsToken(() => false);
      const refused: Reply = ({ body }, response) =>
        void response.writeHead(401).end(`no ${body.toString()}`);
      server.script("POST", /token/, refused);
      const { message } = await failure(ask());
      assert.match(
        message,
        /^POST http:\/\/[\d.:]+\/token: 401 no .*refresh_token=\*\*\*.*\. The identity token for ([\d.:]+) was refused: log in again \(docker login \1\)$/,
      );
      for (const code of [404, 405]) {
        server.script("POST", /token/, status(code));
        assert.match(
          (await failure(ask())).message,
          /takes no identity token: give a user name and a password instead$/,
        );
      }
    });

    it("is not sent on to where the token server redirects", async () => {
      wantsToken(() => false);
      server.script("POST", /token/, status(307, { location: `http://${registry.host}/stolen` }));
      assert.match(
        (await failure(ask())).message,
        /: 307 the token server redirects a login with an identity token, which is not sent on$/,
      );
      server.script("POST", /token/, status(302, { location: "/elsewhere" }));
      assert.match((await failure(ask())).message, /which is not sent on$/);
      assert.deepEqual(registry.requests("POST", /./), []);
    });

    it("can't log in by Basic, and says so", async () => {
      registry.script("GET", /./, status(401, { "www-authenticate": "Basic realm=x" }));
      assert.match(
        (await failure(ask())).message,
        /: 401 the registry wants a user name and a password \(Basic\), and only an identity token was given\. Log in again \(docker login [\d.:]+\), or give a user name and a password$/,
      );
      assert.equal(registry.seen.length, 1);
      registry.script("GET", /./, status(401, { "www-authenticate": 'Bearer realm="null://r.io/v2/token"' }));
      assert.match(
        (await failure(ask())).message,
        /only an identity token was given\. It names null:\/\/ as its token server, a fault of Nexus .*\. Log in again/,
      );
    });
  });

  describe("in a circle", () => {
    const loops: [string, () => void][] = [
      ["that refuses every token", () => wantsToken(() => false)],
      [
        "that wants Basic after Bearer after Basic",
        () => {
          let turn = 0;
          const reply: Reply = (_request, response) => {
            const scheme = turn++ % 2 === 0 ? "Basic realm=x" : `Bearer realm="http://${server.host}/token"`;
            response.writeHead(401, { "www-authenticate": scheme }).end();
          };
          registry.script("GET", /./, reply, { times: 999 });
        },
      ],
      [
        "that refuses the password",
        () => void registry.script("GET", /./, status(401, { "www-authenticate": "Basic" }), { times: 999 }),
      ],
    ];
    for (const [what, make] of loops)
      it(`ends at a registry ${what}, with a clear error`, async () => {
        tokens({ token: "tok-1" });
        make();
        const { message, status } = await failure(ask());
        assert.equal(status, 401);
        assert.match(
          message,
          /^GET http:\/\/[\d.:]+\/v2\/: 401\. The user name or password for [\d.:]+ was refused, or the account may not pull from team\/blog$/,
        );
        assert.ok(registry.seen.length <= 3 && server.seen.length <= 2);
      });

    it("ends at a registry that wants a login without saying which", async () => {
      registry.script("GET", /./, status(401));
      assert.match(
        (await failure(ask())).message,
        /: 401 the registry wants a login by no scheme that it names; Basic and Bearer are known here$/,
      );
    });

    it("ends at a token server that redirects to itself, or wants a login of its own", async () => {
      wantsToken(() => false);
      server.script("GET", /token/, status(302, { location: "/token" }), { times: 99 });
      assert.match(
        (await failure(ask())).message,
        /: 302\. The token server of [\d.:]+ did not give a token$/,
      );
      assert.equal(server.seen.length, 4);
      await server.stop();
      assert.match((await failure(ask())).message, /ECONNREFUSED.*Nothing listens there/);
      await server.start();
    });
  });

  describe("keeps its secrets", () => {
    it("out of every error, in whatever form a server repeats them", async () => {
      const json = JSON.stringify(PASSWORD).slice(1, -1);
      const escaped = [json, json.replaceAll("/", "\\/"), json.replace("ü", "\\u00fc")];
      const forms = [PASSWORD, BASIC, encodeURIComponent(PASSWORD), ...escaped];
      for (const form of forms)
        for (const padding of [0, 190, 290, 294, 490, 494]) {
          connect(ACCOUNT);
          const text = `${"x".repeat(padding)}${form}`;
          registry.script("GET", /./, (_request, response) => void response.writeHead(403).end(text));
          const plain = await failure(ask());
          // Not its beginning either, where the text was cut.
          for (const piece of [form.slice(0, 6), form.slice(-6)])
            assert.ok(!plain.message.includes(piece), plain.message);
          const errors = [{ code: form, message: text, detail: { deep: [form] } }];
          registry.script(
            "GET",
            /./,
            (_r, response) => void response.writeHead(400).end(JSON.stringify({ errors })),
          );
          const { message, faults } = await failure(ask());
          assert.ok(!JSON.stringify([message, faults]).includes(form.slice(0, 6)), message);
        }
    });

    it("out of what a token server and a challenge repeat", async () => {
      registry.script("GET", /./, status(401, { "www-authenticate": `Bearer realm="nil://${BASIC}"` }));
      assert.match((await failure(ask())).message, /names "nil:\/\/\*\*\*" as its token server/);
      wantsToken(() => false);
      server.script(
        "GET",
        /token/,
        ({ headers }, response) => {
          response.writeHead(500).end(`${"x".repeat(290)}${headers.authorization}`);
        },
        { times: 5 },
      );
      const { message } = await failure(ask());
      assert.ok(!message.includes(BASIC.slice(0, 6)), message);
      assert.match(message, /The token server of [\d.:]+ did not give a token/);
    });

    it("in every form, for any 500 secrets", () => {
      const secret = fc.string({ unit: "grapheme", minLength: 6, maxLength: 40 });
      fc.assert(
        fc.property(secret, fc.string(), (one, around) => {
          const secrets = new Secrets();
          secrets.keepSent(one);
          const json = JSON.stringify(one).slice(1, -1);
          for (const form of [one, json, encodeURIComponent(one)])
            assert.ok(!secrets.scrub(`${around}${form}${around}`).includes(form) || "***".includes(form));
        }),
        { numRuns: 500 },
      );
    });

    it("from plain http: an https registry's redirects and token servers get nothing there", async () => {
      let answer: Reply = status(404);
      const front = await new TlsFront().start((raw, response) => {
        void answer(
          { method: raw.method!, path: raw.url!, headers: raw.headers, body: Buffer.alloc(0), raw },
          response,
        );
      });
      await trustingAnyCertificate(async () => {
        const get = () => {
          connect(ACCOUNT, front.host, true);
          return ask("/v2/", { url: new URL(`https://${front.host}/v2/`) });
        };
        answer = ({ headers }, response) =>
          headers.authorization === undefined
            ? void response.writeHead(401, { "www-authenticate": "Basic" }).end()
            : void response.writeHead(307, { location: `http://${registry.host}/plain` }).end();
        registry.script("GET", /plain/, status(200));
        await get();
        assert.equal(registry.seen.at(-1)?.headers.authorization, undefined);

        answer = status(401, { "www-authenticate": `Bearer realm="http://${server.host}/token"` });
        assert.match(
          (await failure(get())).message,
          /: expected https, since the login would leave the encrypted connection\. Let the proxy .* X-Forwarded-Proto/,
        );

        answer = ({ path }, response) =>
          path.startsWith("/token")
            ? void response.writeHead(302, { location: `http://${server.host}/token` }).end()
            : void response
                .writeHead(401, { "www-authenticate": `Bearer realm="https://${front.host}/token"` })
                .end();
        assert.match(
          (await failure(get())).message,
          /redirects to plain http, where a token could be read on the way$/,
        );
      });
      assert.deepEqual(server.seen, []);
      await front.stop();
    });

    it("and makes no login of a user and password in an address that a server names", async () => {
      connect(undefined);
      registry.script("GET", /v2/, status(302, { location: `http://evil:trap@${server.host}/x` }));
      server.script("GET", /x/, status(200));
      await ask();
      assert.equal(server.seen[0]?.headers.authorization, undefined);
    });
  });
});

describe("tokenServer", () => {
  const at = (registry: string, realm: string) => tokenServer(realm, new URL(registry)).href;

  it("may be on any host by https, and on this machine or the registry's own host by http", () => {
    for (const [registry, realm] of [
      ["https://r.io", "https://auth.example.com/token?a=b"],
      ["https://r.io", "https://r.io:8443/jwt/auth"],
      ["http://127.0.0.1:5000", "https://auth.example.com/"],
      ["http://127.0.0.1:5000", "http://127.0.0.1:8929/jwt/auth"],
      ["http://nexus.lan:8082", "http://nexus.lan/jwt/auth"],
      ["http://nexus.lan:8082", "http://[::1]:1/"],
    ] as const)
      assert.equal(at(registry, realm), realm);
    assert.equal(at("https://r.io", "https://user:password@r.io/token"), "https://r.io/token");
  });

  it("may have its port twice, as Nexus names it behind some proxies", () => {
    for (const [realm, meant] of [
      ["https://r.io:8082:8082/v2/token", "https://r.io:8082/v2/token"],
      ["https://r.io:443:443/token?a=b:1:1", "https://r.io/token?a=b:1:1"],
      ["https://[fd00::1]:8082:8082", "https://[fd00::1]:8082/"],
    ])
      assert.equal(at("https://r.io:8082", realm!), meant);
    // What it then is, is judged as ever.
    assert.throws(
      () => at("https://r.io:8082", "http://r.io:8082:8082/token"),
      /expected https, since the login/,
    );
  });

  const PROXY =
    /\. Let the proxy in front of it send Host, X-Forwarded-Proto and X-Forwarded-Host correctly, the last without a port$/;
  for (const realm of [
    "null://r.io/token",
    "https://r.io:443:8443/token",
    "https://r.io:443:443:443/token",
    "https://r.io:8443,r.io/token",
    "https://r.io,r.io/token",
    "https,http://r.io/token",
    "http://",
    "/v2/token",
    "",
    "javascript:alert(1)",
    "http://r.io/token",
    "http://127.0.0.1/token",
  ])
    it(`refuses ${JSON.stringify(realm)} for an https registry, and names the proxy's headers`, () => {
      assert.throws(
        () => at("https://r.io", realm),
        (error: Error) =>
          error.message.startsWith(
            `GET https://r.io/v2/: 401 the registry names ${JSON.stringify(realm)} as its`,
          ) && PROXY.test(error.message),
      );
    });

  it("refuses plain http to another host, also for a registry in plain http", () => {
    for (const registry of ["http://127.0.0.1:5000", "http://nexus.lan:8082"])
      assert.throws(
        () => at(registry, "http://auth.lan/token"),
        /expected https, since the login would go to another host unencrypted\. Give the token server a certificate/,
      );
  });

  it("ends with an address or a RegistryError for any 1000 texts", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true })), (text) => {
        try {
          const { protocol, username, password } = new URL(at("https://r.io", text));
          assert.deepEqual([protocol, username, password], ["https:", "", ""]);
        } catch (error) {
          assert.ok(error instanceof RegistryError, `${error}`);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("parseChallenges", () => {
  const known: [string | undefined, [string, Record<string, string>][]][] = [
    [undefined, []],
    ["", []],
    ["Basic", [["basic", {}]]],
    ['BASIC realm="Sonatype Nexus"', [["basic", { realm: "Sonatype Nexus" }]]],
    [
      'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
      [["bearer", { realm: "https://a/t", service: "s", scope: "repository:a/b:pull,push" }]],
    ],
    ["Bearer Realm=https://a/t , service=s", [["bearer", { realm: "https://a/t", service: "s" }]]],
    ['Bearer realm="a\\"b\\\\c"', [["bearer", { realm: 'a"b\\c' }]]],
    [
      'Basic realm="x", Bearer realm="y"',
      [
        ["basic", { realm: "x" }],
        ["bearer", { realm: "y" }],
      ],
    ],
    [
      "Negotiate, Basic",
      [
        ["negotiate", {}],
        ["basic", {}],
      ],
    ],
    ['realm="no scheme"', []],
    ['Bearer realm="never closed', [["bearer", { realm: "" }]]],
  ];
  for (const [header, challenges] of known)
    it(`reads ${JSON.stringify(header)}`, () => {
      assert.deepEqual(
        parseChallenges(header),
        challenges.map(([scheme, parameters]) => ({ scheme, parameters })),
      );
    });

  it("ends quickly for any 1000 headers, and for long ones made to cost time", () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom("Bearer ", "realm=", '"', "\\", ",", " ", "=", "a"));
    const header = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(header, (text) => {
        for (const { scheme } of parseChallenges(text)) assert.match(scheme, /^\S+$/);
      }),
      { numRuns: 1000 },
    );
    // What grows with the square of the length would take an hour, and the test's own limit ends it.
    for (const one of [" ", ",", " ,", "a ", "a=", '"', '\\"', "a  "])
      assert.ok(parseChallenges(`Bearer ${one.repeat(200_000)}`).length > 0, one);
  });
});
