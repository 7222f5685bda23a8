import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { type CallOptions, callNexus, NexusFailure } from "../../../components/nexus/rest/transport";
import { freePort } from "../../support/free-port";

/** Enough for a few tries, and no test waits for it where the transport gives up as it should. */
const patience = 3000;
const path = "/service/rest/v1/x";

interface Asked {
  readonly method: string;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
  readonly at: number;
}

type Answer = (response: ServerResponse, count: number) => void;

describe("the transport", () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function listening(server: Server, port = 0): Promise<string> {
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => sockets.add(socket));
    closers.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A Nexus whose n-th answer, from 1, is made by the function. */
  async function nexus(answer: Answer, port = 0) {
    const asked: Asked[] = [];
    let connections = 0;
    const http = createServer(async (request: IncomingMessage, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { method = "", headers } = request;
      const { authorization, "content-type": type } = headers;
      asked.push({ method, authorization, type, body, at: Date.now() });
      answer(response.setHeader("server", "Nexus/3.71.0-06 (OSS)"), asked.length);
    });
    http.on("connection", () => connections++);
    const url = await listening(http, port);
    return { url, asked, connections: () => connections };
  }

  const json =
    (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
    (response) =>
      response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(body));
  const plain =
    (status: number, text: string, type = "text/plain"): Answer =>
    (response) =>
      response.writeHead(status, { "content-type": type }).end(text);
  const empty =
    (status: number): Answer =>
    (response) =>
      response.writeHead(status).end();
  /** Of a server that is not Nexus. */
  const foreign =
    (answer: Answer): Answer =>
    (response, count) => {
      response.removeHeader("server");
      answer(response, count);
    };
  const inTurn =
    (...answers: Answer[]): Answer =>
    (response, count) =>
      answers[Math.min(count, answers.length) - 1]!(response, count);

  const admin = (url: string) => ({ url, username: "admin", password: "s3cret-pw" });
  const call = (url: string, method = "GET", body?: unknown, options: CallOptions = { patience }) =>
    callNexus(admin(url), method, path, [200, 404], body, options);

  /** What a call fails with. */
  async function failure(made: Promise<unknown>): Promise<NexusFailure> {
    const error = await made.then(
      () => assert.fail("it succeeded"),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof NexusFailure, String(error));
    for (const secret of ["s3cret-pw", Buffer.from("admin:s3cret-pw").toString("base64")]) {
      assert.ok(!(error.message + JSON.stringify(error)).includes(secret), error.message);
    }
    return error;
  }

  describe("sends", () => {
    it("one call after the other on one connection", async () => {
      const { url, asked, connections } = await nexus(json(200, {}));
      for (let at = 0; at < 5; at++) await call(url);
      assert.deepEqual([asked.length, connections()], [5, 1]);
    });

    it("the login in UTF-8, and none for nobody", async () => {
      const { url, asked } = await nexus(json(200, {}));
      await callNexus({ url, username: "admin", password: 'ü"%:' }, "GET", path, [200]);
      await callNexus({ url, username: "", password: "x" }, "GET", path, [200]);
      const logins = asked.map(({ authorization }) => authorization);
      assert.deepEqual(logins, [`Basic ${Buffer.from('admin:ü"%:', "utf8").toString("base64")}`, undefined]);
    });

    it("objects as JSON, strings as text, and nothing as nothing", async () => {
      const { url, asked } = await nexus(json(200, {}));
      await call(url, "PUT", { name: "ü" });
      await call(url, "PUT", "pass wörd");
      await call(url, "POST", "-----BEGIN", { textType: "application/json" });
      await call(url, "DELETE");
      assert.deepEqual(
        asked.map(({ type, body }) => [type, body]),
        [
          ["application/json", '{"name":"ü"}'],
          ["text/plain", "pass wörd"],
          ["application/json", "-----BEGIN"],
          [undefined, ""],
        ],
      );
    });

    it("gives status, parsed body, the server's name for itself, and what was asked", async () => {
      const { url } = await nexus(inTurn(json(200, [{ a: 1 }]), empty(404), plain(200, "pong")));
      const server = "Nexus/3.71.0-06 (OSS)";
      const asked = `GET ${url}/service/rest/v1/x`;
      assert.deepEqual(await call(url), { status: 200, body: [{ a: 1 }], server, asked });
      assert.deepEqual(await call(url), { status: 404, body: undefined, server, asked });
      assert.deepEqual(await call(url), { status: 200, body: "pong", server, asked });
    });
  });

  describe("tells what Nexus said, where it is", () => {
    const siesta = "application/vnd.siesta-validation-errors-v1+json";
    const shapes: [string, Answer, string][] = [
      [
        "a list of validation errors",
        plain(
          400,
          '[{"id":"PARAMETER name","message":"must not be empty"},{"id":"*","message":"all wrong"}]',
          siesta,
        ),
        "Nexus answered 400 (name: must not be empty; all wrong)",
      ],
      [
        "an error of types in JSON",
        json(400, [{ id: "online", message: "Cannot deserialize" }]),
        "Nexus answered 400 (online: Cannot deserialize)",
      ],
      ["an empty list", json(400, []), "Nexus answered 400"],
      [
        "one object whose message has quotes of its own",
        json(400, { id: "*", message: '"Privilege \\"p\\" already exists"' }),
        'Nexus answered 400 (Privilege "p" already exists)',
      ],
      [
        "one object with quotes that are not escaped",
        json(409, { id: "*", message: '"Role "x" is there"' }),
        'Nexus answered 409 (Role "x" is there)',
      ],
      [
        "a ValidationErrorXO in plain text",
        plain(400, "ValidationErrorXO{id='*', message='\"Unknown realmIds: [x]\"'}"),
        "Nexus answered 400 (Unknown realmIds: [x])",
      ],
      [
        "several of these",
        plain(
          400,
          "[ValidationErrorXO{id='PARAMETER a', message='b'}, ValidationErrorXO{id='*', message='c'}]",
        ),
        "Nexus answered 400 (a: b; c)",
      ],
      [
        "an exception",
        plain(500, "ERROR: (ID 7c1) java.lang.IllegalStateException: no\n\tat org.x.Y(Y.java:1)"),
        "Nexus answered 500 (ERROR: (ID 7c1) java.lang.IllegalStateException: no)",
      ],
      [
        "3.96's object",
        json(400, { "status-code": 400, "siesta-faultid": "1", "status-message": "BAD_REQUEST" }),
        "Nexus answered 400 (BAD_REQUEST)",
      ],
      [
        "a private address that it was not allowed, as Sonatype's source words it",
        json(400, [
          {
            id: "proxy.remoteUrl",
            message:
              "Host resolves to private/local IP address(es): 10.0.0.5 (private network address). To allow connections, " +
              "update the SSRF protection settings via the API at /v1/security/ssrf-protection.",
          },
        ]),
        "Nexus answered 400 (proxy.remoteUrl: Host resolves to private/local IP address(es): 10.0.0.5 (private network " +
          "address). To allow connections, update the SSRF protection settings via the API at " +
          "/v1/security/ssrf-protection.). Where Nexus is, that host has a private address: to allow it, put it on the " +
          "list berth:nexus.privateHosts",
      ],
      ["an object of another kind", json(400, { why: "so" }), 'Nexus answered 400 ({"why":"so"})'],
      [
        "plain text that says it is JSON",
        plain(400, "nope", "application/json"),
        "Nexus answered 400 (nope)",
      ],
      [
        "nothing, for a wrong password",
        empty(401),
        'Nexus answered 401. The password of "admin" is not the one in the state: was it changed by hand? Set berth:nexus.adminPassword (--secret) to what it is now, and run up',
      ],
      ["nothing, for missing rights", empty(403), 'Nexus answered 403. "admin" is not allowed to do this'],
      [
        "nothing, for a call that it lacks",
        empty(405),
        "Nexus answered 405. This Nexus (Nexus/3.71.0-06 (OSS)) does not offer this call",
      ],
      ["nothing, for a type that it doesn't take", empty(415), "Nexus answered 415"],
      ["nothing, for what it can't do", empty(422), "Nexus answered 422"],
    ];
    for (const [title, answer, text] of shapes) {
      it(title, async () => {
        const { url, asked } = await nexus(answer);
        const { message, maybeDone } = await failure(call(url, "POST", {}));
        assert.deepEqual([message, maybeDone], [`POST ${url}${path}: ${text}`, false]);
        assert.equal(asked.length, 1, "and it is not asked again");
      });
    }

    it("an empty 404 where that is not expected, and a missing login", async () => {
      const { url } = await nexus(inTurn(empty(404), empty(401)));
      const missing = await failure(callNexus(admin(url), "POST", path, [201], {}));
      assert.match(
        missing.message,
        /404\. Either this Nexus \(Nexus\/3\S+ \(OSS\)\) has no such call, or admin may not see it$/,
      );
      const nobody = await failure(callNexus({ url, username: "", password: "" }, "GET", path, [200]));
      assert.match(nobody.message, /401\. A caller without a login is not allowed to do this$/);
    });

    it("and leaves out every secret that went out and came back", async () => {
      const sent = { userId: "ci", password: "user-pw", http: { authentication: { password: "remote-pw" } } };
      const basic = Buffer.from("admin:s3cret-pw").toString("base64");
      const echo = `Cannot read {user-pw remote-pw s3cret-pw ${basic}} of ci`;
      const { url } = await nexus(plain(400, echo));
      const { message } = await failure(call(url, "POST", sent));
      assert.match(message, /\(Cannot read \{\[secret\] \[secret\] \[secret\] \[secret\]\} of ci\)$/);
      const odd = 'a"b/c\\d';
      const { url: other } = await nexus(plain(400, `${JSON.stringify({ odd })} ${encodeURIComponent(odd)}`));
      const told = (await failure(call(other, "POST", { password: odd }))).message;
      assert.match(told, /"odd":"\[secret\]"\} \[secret\]\)$/);
      const changing = callNexus(admin(url), "PUT", "/users/ci/change-password", [204], "user-pw");
      assert.doesNotMatch((await failure(changing)).message, /user-pw/);
      const inside = url.replace("//", "//someone:url-pw@");
      assert.ok((await failure(call(inside, "POST", sent))).message.startsWith(`POST ${url}${path}: `));
    });
  });

  describe("tries again", () => {
    const once = (status: number) => inTurn(empty(status), json(200, "done"));
    const turnedAway: [string, Answer][] = [
      ["503", once(503)],
      ["429", once(429)],
      [
        "503 of a Nexus that is read-only",
        inTurn(plain(503, "Nexus Repository Manager is in read-only mode: (ID 1)"), json(200, "")),
      ],
      [
        "400 of a Nexus that is read-only",
        inTurn(
          json(400, { id: "*", message: '"INSERT is not allowed while the application is frozen"' }),
          json(200, ""),
        ),
      ],
      ["a proxy's plain 404", inTurn(foreign(plain(404, "404 page not found")), json(200, ""))],
    ];
    for (const [title, answer] of turnedAway) {
      for (const method of ["GET", "POST"]) {
        it(`${method} after ${title}`, async () => {
          const { url, asked } = await nexus(answer);
          assert.equal((await call(url, method)).status, 200);
          assert.equal(asked.length, 2);
        });
      }
    }

    const half: Answer = (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "20" });
      response.write('{"name":', () => response.destroy());
    };
    const unknown: [string, Answer, RegExp][] = [
      ["502", empty(502), /Nexus answered 502\. A proxy in front of Nexus could not reach it$/],
      ["504", empty(504), /Nexus answered 504/],
      ["500 without a word, as from a Nexus on its way down", empty(500), /Nexus answered 500$/],
      [
        "a connection that broke",
        (response) => response.destroy(),
        /the connection broke off \(ECONNRESET\)/,
      ],
      ["half an answer", half, /the connection broke off/],
      [
        "half an answer that looks whole",
        plain(200, '{"name":', "application/json"),
        /the answer broke off in the middle/,
      ],
      [
        "half a head",
        (response) => response.socket!.end("HTTP/1.1 200 OK\r\nSer"),
        /the connection broke off/,
      ],
    ];
    for (const [title, answer, text] of unknown) {
      it(`GET, PUT and DELETE after ${title}; a POST not, as it may have been done`, async () => {
        const { url, asked } = await nexus((response, count) =>
          (count % 2 ? answer : empty(200))(response, count),
        );
        for (const method of ["GET", "PUT", "DELETE"]) assert.equal((await call(url, method)).status, 200);
        assert.equal(asked.length, 6);
        const error = await failure(call(url, "POST", {}));
        assert.deepEqual([asked.length, error.status, error.maybeDone], [7, undefined, true]);
        assert.match(error.message, text);
      });
    }

    it("a DELETE that ran into another one inside of Nexus, and no call that may have brought it about itself", async () => {
      const said = "ERROR: (ID f658c2d1) com.google.common.util.concurrent.UncheckedExecutionException: ";
      const race = plain(500, `${said}java.lang.NullPointerException`);
      const { url, asked } = await nexus((response, count) =>
        (count % 2 ? race : empty(200))(response, count),
      );
      for (const method of ["GET", "DELETE"]) assert.equal((await call(url, method)).status, 200);
      assert.equal(asked.length, 4);
      for (const method of ["PUT", "POST"]) {
        const error = await failure(call(url, method, {}));
        assert.deepEqual([error.status, error.maybeDone], [500, false]);
        assert.match(error.message, /Nexus answered 500 \(ERROR: .*NullPointerException\)$/);
        assert.equal((await call(url, "GET")).status, 200);
      }
      assert.equal(asked.length, 8);
    });

    it("a GET that ran into a change inside of Nexus, whatever it says", async () => {
      const { url, asked } = await nexus((response, count) =>
        (count % 2 ? plain(500, "ERROR: (ID 1) java.lang.IllegalStateException") : empty(200))(
          response,
          count,
        ),
      );
      assert.equal((await call(url, "GET")).status, 200);
      const error = await failure(call(url, "DELETE"));
      assert.deepEqual([error.status, asked.length], [500, 3]);
    });

    it("a POST to a Nexus that did not listen yet", async () => {
      const port = await freePort();
      const made = call(`http://127.0.0.1:${port}`, "POST", {});
      const { asked } = await nexus(json(200, ""), port);
      assert.equal((await made).status, 200);
      assert.equal(asked.length, 1);
    });

    it("until the patience is over, and says for how long", async () => {
      const { url, asked } = await nexus(empty(503));
      const { message, status, maybeDone } = await failure(call(url, "POST", {}, { patience: 1500 }));
      assert.match(message, /answered 503 after \d s of trying\. Nexus is still starting/);
      assert.deepEqual([status, maybeDone], [undefined, false]);
      assert.ok(asked.length > 1);
      const nowhere = `http://127.0.0.1:${await freePort()}`;
      const refused = await failure(call(nowhere, "POST", {}, { patience: 1000 }));
      const text = `POST ${nowhere}${path}: nothing listens there (ECONNREFUSED)`;
      assert.ok(refused.message.startsWith(text), refused.message);
      assert.deepEqual([refused.status, refused.maybeDone], [undefined, false]);
    });

    it("with the cause in the end, where it was read-only all the time", async () => {
      const { url } = await nexus(plain(503, "Nexus Repository Manager is in read-only mode: (ID 1)"));
      const { message } = await failure(call(url, "GET", undefined, { patience: 300 }));
      assert.match(message, /Nexus is read-only: is a backup running\?/);
    });

    it("no earlier than Retry-After asks, in seconds or as a date", async () => {
      const soon = new Date(Date.now() + 3000).toUTCString(); // whole seconds: at least 2 s from now
      const { url, asked } = await nexus(
        inTurn(json(429, {}, { "retry-after": "1" }), json(503, {}, { "retry-after": soon }), json(200, "")),
      );
      await call(url, "GET", undefined, { patience: 10_000 });
      assert.ok(asked[1]!.at - asked[0]!.at >= 990, "after one second");
      assert.ok(asked[2]!.at >= Date.parse(soon) - 10, "at the given time");
    });

    it("not at all where Retry-After asks for more than the patience", async () => {
      const { url, asked } = await nexus(json(429, {}, { "retry-after": "3600" }));
      const { message } = await failure(call(url));
      assert.match(message, /429 \(\{\}\)\. Nexus, or a proxy in front of it, limits requests/);
      assert.equal(asked.length, 1);
    });
  });

  describe("gives up at once", () => {
    it("where a login page or a redirect stands in front of Nexus", async () => {
      const { url, asked } = await nexus(
        inTurn(plain(200, "<!doctype html><title>Sign in</title>", "text/html"), (response) =>
          response.writeHead(302, { location: "https://user:pw@sso.test/login?token=t" }).end(),
        ),
      );
      const page = await failure(call(url));
      assert.match(
        page.message,
        /something other than Nexus answered 200 \(a web page, "Sign in"\)\. That is not Nexus/,
      );
      const redirect = await failure(call(url));
      assert.match(
        redirect.message,
        /answered 302\. It points to https:\/\/sso\.test\/login: is the address of Nexus right\?$/,
      );
      assert.equal(asked.length, 2);
    });

    it("where something else than HTTP, or no TLS, is spoken", async () => {
      const url = await listening(createTcpServer((socket) => void socket.end("220 mail.test ESMTP\r\n")));
      assert.match((await failure(call(url))).message, /it does not speak HTTP/);
      const { url: http } = await nexus(json(200, ""));
      const tls = await failure(call(http.replace("http:", "https:"), "POST", {}));
      assert.match(tls.message, /it does not speak TLS/);
      assert.equal(tls.maybeDone, false);
    });
  });

  describe("with a Nexus that takes a call and never answers", () => {
    let lines: string[];
    const { error } = console;
    beforeEach(() => {
      lines = [];
      console.error = (line: string) => void lines.push(line);
    });
    afterEach(() => {
      console.error = error;
    });

    it("says once that it waits, then what it waited for; a glance says nothing and still takes 5 s", async () => {
      const url = await listening(createTcpServer(() => undefined));
      const options = { patience: 5500 };
      const made = [call(url, "POST", {}, options), call(url, "GET", undefined, options)];
      const glance = call(url, "GET", undefined, { patience: 1000 });
      const [post, get, short] = await Promise.all([...made, glance].map(failure));
      assert.match(post!.message, /^POST \S+: no answer within 5\.5 s/);
      assert.deepEqual([post!.status, post!.maybeDone], [undefined, true]);
      assert.match(get!.message, /^GET \S+: no answer within 5\.5 s/);
      assert.match(short!.message, /no answer within 5 s/);
      assert.deepEqual(lines, [`Nexus at ${url} has not answered yet; trying for up to 6 s.`]);
    });

    it("waits as long as a call is said to take, whatever the patience", async () => {
      const url = await listening(createTcpServer(() => undefined));
      const { message } = await failure(call(url, "POST", {}, { longestTry: 400, patience: 100 }));
      assert.match(message, /^POST \S+: no answer within 0\.4 s/);
    });
  });
});
