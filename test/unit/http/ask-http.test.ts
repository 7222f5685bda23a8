import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import { askHttp, type HttpAsk } from "../../../components/http/ask-http";
import { NoAnswer } from "../../../components/http/no-answer";
import { freePort } from "../../support/free-port";

describe("One request of an API", () => {
  const servers: (Server | TcpServer)[] = [];
  const sockets = new Set<Socket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  async function listening(server: Server | TcpServer): Promise<string> {
    servers.push(server);
    server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/b?c=d`;
  }
  const serve = (listener: RequestListener) => listening(createServer(listener));
  const talk = (handle: (socket: Socket) => void) => listening(createTcpServer(handle));
  const ask = (url: string, more: Partial<HttpAsk> = {}) =>
    askHttp({ method: "GET", url: new URL(url), headers: {}, timeLimit: 5000, ...more });
  const failure = async (asked: Promise<unknown>): Promise<NoAnswer> => {
    const error = await asked.then(
      () => assert.fail("it was answered"),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof NoAnswer, String(error));
    return error;
  };

  it("has method, path, headers and body, and gives status, headers and text", async () => {
    const url = await serve(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const { method, url: path, headers } = request;
      const { "user-agent": agent, "content-length": length, x } = headers;
      response.writeHead(418, { y: "é" }).end(JSON.stringify({ method, path, agent, length, x, body }));
    });
    const { status, headers, text } = await ask(url, { method: "PUT", headers: { x: "1" }, body: "ü" });
    assert.deepEqual([status, headers["y"]], [418, "é"]);
    assert.deepEqual(JSON.parse(text), {
      method: "PUT",
      path: "/a/b?c=d",
      agent: "berth",
      length: "2",
      x: "1",
      body: "ü",
    });
  });

  it("follows no redirect, which would take its login along", async () => {
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: "/elsewhere" }).end(),
    );
    const { status, headers } = await ask(url);
    assert.deepEqual([status, headers.location], [302, "/elsewhere"]);
  });

  it("uses a connection again", async () => {
    let connections = 0;
    const url = await serve((_request, response) => response.end("ok"));
    servers[0]!.on("connection", () => connections++);
    for (let i = 0; i < 5; i++) assert.equal((await ask(url)).text, "ok");
    assert.equal(connections, 1);
  });

  it("knows that it never went out where nothing listens, or there is no such host", async () => {
    const refused = await failure(ask(`http://127.0.0.1:${await freePort()}/`));
    assert.deepEqual([refused.code, refused.taken], ["ECONNREFUSED", false]);
    const unknown = await failure(ask("http://nowhere.invalid/"));
    assert.match(unknown.code, /^(ENOTFOUND|EAI_AGAIN)$/);
    assert.equal(unknown.taken, false);
  });

  const broken: [string, string][] = [
    ["before its answer", ""],
    ["in the head", "HTTP/1.1 200 OK\r\nSer"],
    ["in an answer of known length", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"],
    ["in an answer in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"],
    [
      "in chunks of a connection that was to close",
      "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ],
  ];
  for (const [where, text] of broken)
    it(`knows that it may have been carried out where the connection breaks off ${where}`, async () => {
      const url = await talk((socket) => void socket.once("data", () => socket.end(text)));
      const { code, taken } = await failure(ask(url));
      assert.deepEqual([code, taken], ["ECONNRESET", true]);
    });

  it("says that what answers is no HTTP", async () => {
    const url = await talk(
      (socket) => void socket.once("data", () => socket.write("220 mail.test ESMTP\r\n")),
    );
    assert.equal((await failure(ask(url))).code, "HPE_INVALID");
  });

  it("has a limit from when it goes out to the end of its answer, whatever comes in between", async () => {
    const silent = await talk(() => undefined);
    const drops = await talk((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"));
    });
    for (const url of [silent, drops]) {
      const { message, taken } = await failure(ask(url, { timeLimit: 60 }));
      assert.deepEqual([message, taken], ["no answer within 0.06 s", true]);
    }
  });

  it("is not read to the end of an answer that has none", async () => {
    const url = await serve((request, response) => {
      const piece = Buffer.alloc(1024 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once("drain", more);
      };
      request.on("error", () => undefined);
      more();
    });
    assert.match(
      (await failure(ask(url, { timeLimit: 60_000 }))).message,
      /the answer is larger than 67108864 bytes/,
    );
  });

  it("of hundreds at once goes over 64 connections", async () => {
    let connections = 0;
    const url = await serve((_request, response) => void setTimeout(() => response.end("ok"), 5));
    servers[0]!.on("connection", () => connections++);
    const all = await Promise.all(Array.from({ length: 300 }, () => ask(url)));
    assert.ok(all.every(({ text }) => text === "ok"));
    assert.equal(connections, 64);
  });
});
