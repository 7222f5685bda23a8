import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { Readable } from "node:stream";
import fc from "fast-check";
import { parseRetryAfter } from "../../../components/http/retry-after";
import type { Call, SessionOptions } from "../../../components/registry/call";
import { Session } from "../../../components/registry/session";
import { parseFaults } from "../../../components/registry/wire/faults";
import { registryError } from "../../support/registry/registry-error";
import { fail, type Reply, ScriptedRegistry, status } from "../../support/registry/scripted-registry";

describe("Session", () => {
  let registry: ScriptedRegistry;
  let sessions: Session[];

  const connect = (options: Partial<SessionOptions> = {}, host = registry.host) => {
    const session = new Session({ registry: host, retryDelay: 2, ...options });
    sessions.push(session);
    return (more: Partial<Call> = {}) => session.request(call(more, host));
  };
  const call = (more: Partial<Call>, host = registry.host): Call => ({
    method: "GET",
    url: new URL(`http://${host}/v2/a/manifests/1`),
    repository: "a",
    scopes: [],
    expect: [200],
    ...more,
  });
  /** Every request gets this, `times` times, and 200 afterwards. */
  const answers = (reply: Reply, times = 1) => {
    for (const method of ["GET", "PUT"]) {
      registry.script(method, /./, reply, { times });
      registry.script(method, /./, status(200), { times: 99 });
    }
  };

  beforeEach(async () => {
    sessions = [];
    registry = await new ScriptedRegistry().start();
  });
  afterEach(async () => {
    for (const session of sessions) session.close();
    await registry.stop();
  });

  describe("at a rate limit", () => {
    it("waits for the seconds or the date of Retry-After, and no shorter than it would anyway", async () => {
      const header = (text: string) => status(429, { "retry-after": text });
      const timed = async (reply: Reply, retryDelay = 2) => {
        answers(reply);
        const started = Date.now();
        await connect({ retryDelay })();
        return Date.now() - started;
      };
      const second = await timed(header("1"));
      assert.ok(second >= 990 && second < 3000, `${second} ms`);
      await registry.stop();
      registry = await new ScriptedRegistry().start();
      const date = await timed(header(new Date(Date.now() + 2000).toUTCString()));
      // A date has whole seconds, so that it may be one less.
      assert.ok(date >= 900 && date < 4000, `${date} ms`);
      for (const text of ["0", "Thu, 01 Jan 1970 00:00:00 GMT", "soon", ""]) {
        await registry.stop();
        registry = await new ScriptedRegistry().start();
        const now = await timed(header(text), 100);
        assert.ok(now >= 70 && now < 1000, `${now} ms for ${text}`);
      }
    });

    it("waits longer each time without Retry-After, and then says what the limit is", async () => {
      answers(status(429), 99);
      const started = Date.now();
      const { message, status: code } = await registryError(connect({ retryDelay: 20 })());
      const waited = Date.now() - started;
      assert.deepEqual([code, registry.seen.length], [429, 5]);
      assert.ok(waited >= 0.75 * 20 * (1 + 2 + 4 + 8), `${waited} ms`);
      assert.equal(
        message,
        `GET http://${registry.host}/v2/a/manifests/1: 429. The rate limit of ${registry.host} is used up ` +
          "(Docker Hub: 10 pulls an hour without an account, 100 with one): give credentials, or pull through Nexus",
      );
    });

    it("does not wait in silence for longer than a minute", async () => {
      for (const text of ["61", new Date(Date.now() + 3_600_000).toUTCString()]) {
        registry.seen.length = 0;
        registry.script("GET", /./, status(429, { "retry-after": text }));
        const { message } = await registryError(connect()());
        assert.match(message, /\. It asks to try again in (61|3[56]\d\d) s$/);
        assert.equal(registry.seen.length, 1);
      }
    });

    it("reads the header as it is defined", () => {
      assert.equal(parseRetryAfter(undefined), undefined);
      assert.equal(parseRetryAfter(" 120 "), 120_000);
      assert.equal(parseRetryAfter("tomorrow"), undefined);
      assert.equal(parseRetryAfter("9".repeat(400)), undefined);
      assert.equal(parseRetryAfter("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    });
  });

  describe("at a server that fails", () => {
    for (const code of [408, 500, 502, 503, 504])
      it(`reads again after ${code}`, async () => {
        answers(status(code), 2);
        assert.equal((await connect()()).status, 200);
        assert.equal(registry.seen.length, 3);
      });

    it("does not write again after 500 and 507, and names what to look at", async () => {
      for (const code of [500, 507]) {
        registry.seen.length = 0;
        registry.script("PUT", /./, (_request, response) =>
          fail(response, code, "UNKNOWN", "no space left on device"),
        );
        const { message } = await registryError(connect()({ method: "PUT", body: Buffer.from("x") }));
        assert.equal(
          message,
          `PUT http://${registry.host}/v2/a/manifests/1: ${code} UNKNOWN: no space left on device. ` +
            `The registry failed by itself: look into the log of ${registry.host} and at its free disk space`,
        );
        assert.equal(registry.seen.length, 1);
      }
    });

    it("writes a buffer again after 503, and leaves a stream to its owner", async () => {
      registry.script("PUT", /stream/, status(503));
      answers(status(503), 1);
      assert.equal((await connect()({ method: "PUT", body: Buffer.from("x") })).status, 200);
      const url = new URL(`http://${registry.host}/stream`);
      const error = await registryError(
        connect()({ method: "PUT", url, body: Readable.from([Buffer.from("x")]) }),
      );
      assert.deepEqual([error.temporary, registry.requests("PUT", /stream/).length], [true, 1]);
    });

    it("makes something of whatever it says, and of what was made to break a reader", () => {
      const scrub = (text: string) => text.replaceAll("s3cret", "***");
      const said = (text: string) => parseFaults(text, scrub);
      assert.deepEqual(
        said('{"errors":[{"code":"DENIED","message":"no s3cret","detail":{"s3cret":["s3cret",1]}}]}'),
        [{ code: "DENIED", message: "no ***", detail: { "***": ["***", 1] } }],
      );
      assert.deepEqual(said('{"error":"invalid_grant"}'), [
        { code: "", message: '{"error":"invalid_grant"}' },
      ]);
      assert.deepEqual(said("<html><h1>502  Bad\nGateway</h1></html>"), [
        { code: "", message: "502 Bad Gateway" },
      ]);
      for (const empty of ["", " ", "<br>", '{"errors":[]}']) assert.deepEqual(said(empty), []);
      const deep = `{"errors":[{"detail":${"[".repeat(20_000)}"s3cret"${"]".repeat(20_000)}}]}`;
      assert.ok(JSON.stringify(said(deep)).length < 200);
      const fault = fc.oneof(fc.record({ errors: fc.array(fc.jsonValue()) }), fc.jsonValue());
      const text = fc.oneof(
        fc.string(),
        fault.map((value) => JSON.stringify(value)),
      );
      fc.assert(
        fc.property(text, (one) => {
          for (const { code, message } of said(one)) assert.ok(code.length <= 100 && message.length <= 500);
        }),
        { numRuns: 500 },
      );
    });

    it("says where an upload ended that was sent on to another host or scheme", async () => {
      const other = await new ScriptedRegistry().start();
      other.script("PUT", /./, status(401));
      const { message } = await registryError(
        connect()({ method: "PUT", url: new URL(`http://${other.host}/upload`), body: Buffer.from("x") }),
      );
      await other.stop();
      assert.equal(
        message,
        `PUT http://${other.host}/upload: 401. The registry ${registry.host} sent this request on to ${other.host}, where its credentials don't go`,
      );
    });
  });

  describe("on a bad line", () => {
    let servers: (net.Server | ChildProcess)[];
    /** A server that does what it likes with each connection. */
    const raw = async (handle: (socket: Socket, count: number) => void): Promise<string> => {
      let count = 0;
      const sockets = new Set<Socket>();
      const server = net.createServer((socket) => {
        sockets.add(socket);
        socket.on("error", () => undefined);
        handle(socket, ++count);
      });
      servers.push(server);
      server.listen(0, "127.0.0.1").on("close", () => undefined);
      await once(server, "listening");
      const { close } = server;
      server.close = () => {
        for (const socket of sockets) socket.destroy();
        return close.call(server);
      };
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const head = (more: string) => `HTTP/1.1 200 OK\r\n${more}\r\n\r\n`;

    beforeEach(() => {
      servers = [];
    });
    afterEach(() => {
      for (const server of servers)
        if (server instanceof net.Server) server.close();
        else server.kill("SIGKILL");
    });

    const cuts: [string, string][] = [
      ["before its answer", ""],
      ["in the head", "HTTP/1.1 200 OK\r\nContent-Le"],
      ["in a body of known length", `${head("Content-Length: 100")}only this`],
      ["in a body in chunks", `${head("Transfer-Encoding: chunked")}5\r\nhello\r\n`],
    ];
    for (const [where, text] of cuts)
      it(`asks again where a connection breaks off ${where}`, async () => {
        const host = await raw((socket, count) =>
          socket.once("data", () => socket.end(count < 3 ? text : `${head("Content-Length: 5")}whole`)),
        );
        assert.equal((await connect({}, host)()).body.toString(), "whole");
        const broken = await raw((socket) => socket.once("data", () => socket.end(text)));
        const { message, temporary } = await registryError(connect({ retries: 1 }, broken)());
        assert.match(
          message,
          /: (socket hang up \(ECONNRESET\)|the connection broke off in the middle of the answer \(ECONNRESET\))$/,
        );
        assert.ok(temporary);
      });

    for (const [where, text] of [
      ["before its answer", ""],
      ["in the middle of its body", `${head("Content-Length: 100")}only this`],
    ] as const)
      it(`gives up on a server that falls silent ${where}`, async () => {
        let connections = 0;
        const host = await raw((socket) => {
          connections++;
          socket.once("data", () => socket.write(text));
        });
        const started = Date.now();
        const { message } = await registryError(connect({ idleLimit: 80, retries: 1 }, host)());
        assert.match(message, /: no byte came for 0\.08 s \(ETIMEDOUT\)$/);
        assert.equal(connections, 2);
        assert.ok(Date.now() - started < 5000);
      });

    it("does not give up on a slow one from which bytes come", async () => {
      const host = await raw((socket) =>
        socket.once("data", async () => {
          socket.write(head("Content-Length: 8"));
          for (const byte of "slowness") {
            await new Promise((resolve) => setTimeout(resolve, 30));
            socket.write(byte);
          }
        }),
      );
      assert.equal((await connect({ idleLimit: 150, retries: 0 }, host)()).body.toString(), "slowness");
    });

    it("gives up on one that takes an upload's beginning and no more", async () => {
      const host = await raw((socket) => socket.pause());
      const body = Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(65_536);
        })(),
      );
      const error = await registryError(connect({ idleLimit: 100 }, host)({ method: "PUT", body }));
      assert.match(error.message, /^PUT .*: no byte came for 0\.1 s/);
      assert.ok(error.temporary && body.destroyed);
    });

    it("gives up on a host to which no connection comes about", async function () {
      if (process.platform !== "linux") return this.skip();
      // It listens, never accepts, and its queue is full: Linux drops what comes then, as a firewall does.
      const script = `const s = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
        require("fs").writeSync(1, s.address().port + "\\n");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });`;
      const deaf = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
      servers.push(deaf);
      const port = Number(String((await once(deaf.stdout!, "data"))[0]));
      const fillers = [1, 2, 3, 4].map(() => net.connect(port, "127.0.0.1").on("error", () => undefined));
      await new Promise((resolve) => setTimeout(resolve, 200));
      const { message, temporary } = await registryError(
        connect({ idleLimit: 300, retries: 0 }, `127.0.0.1:${port}`)(),
      );
      for (const filler of fillers) filler.destroy();
      assert.match(message, /: no connection came about in 0\.3 s \(ETIMEDOUT\)$/);
      assert.ok(temporary);
    });

    it("says that something else than a registry answers there", async () => {
      const host = await raw((socket) => socket.once("data", () => socket.end("220 mail ready\r\n")));
      const { message } = await registryError(connect({}, host)());
      assert.match(message, /What 127\.0\.0\.1:\d+ answers is not HTTP: is the port right/);
    });

    it("reads what an upload is refused with, though it was not read to its end", async () => {
      const host = await raw((socket) =>
        socket.once("data", () => socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")),
      );
      const body = Readable.from(
        (function* () {
          for (let i = 0; i < 10_000; i++) yield Buffer.alloc(65_536);
        })(),
      );
      const error = await registryError(connect({}, host)({ method: "PUT", body }));
      assert.match(error.message, /^PUT .*: 413\. A proxy in front of .* limits the size of requests/);
      assert.ok(body.destroyed);
    });

    it("names every address of a host that listens on none", async () => {
      const host = await raw(() => undefined);
      const server = servers.pop() as net.Server;
      server.close();
      await once(server, "close");
      const port = host.split(":")[1];
      const { message } = await registryError(connect({ retries: 0 }, `localhost:${port}`)());
      assert.match(
        message,
        /: connect ECONNREFUSED [^ ]+:\d+(; connect ECONNREFUSED [^ ]+:\d+)?\. Nothing listens there/,
      );
    });

    it("stops at once, with the caller's reason, wherever it is", async () => {
      const stop = () => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(new Error("stopped by the test")), 40);
        return controller.signal;
      };
      const silent = await raw(() => undefined);
      const half = await raw((socket) =>
        socket.once("data", () => socket.write(`${head("Content-Length: 9")}x`)),
      );
      for (const host of [silent, half])
        await assert.rejects(connect({ signal: stop() }, host)(), /^Error: stopped by the test$/);
      answers(status(503, { "retry-after": "30" }), 99);
      await assert.rejects(connect({ signal: stop() })(), /^Error: stopped by the test$/);
    });
  });
});
