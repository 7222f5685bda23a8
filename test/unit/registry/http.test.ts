import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { RegistryError } from "../../../components/registry/wire/errors";
import { formatHead, parseHead } from "../../../components/registry/wire/http-head";
import { readAll, Transport } from "../../../components/registry/wire/transport";
import { TlsFront, trustingAnyCertificate } from "../../support/http/tls-front";

describe("HTTP/1.1 as registries speak it", () => {
  const servers: net.Server[] = [];
  const transports: Transport[] = [];
  let connections: Socket[] = [];

  /** A server that does with each connection what it is told to. */
  const serve = async (talk: (socket: Socket) => unknown): Promise<URL> => {
    const server = net.createServer((socket) => {
      connections.push(socket);
      socket.on("error", () => undefined);
      talk(socket);
    });
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`);
  };
  /** One that answers each request, as soon as its head is there, with these bytes. */
  const answer = (...texts: (string | Buffer)[]) =>
    serve((socket) =>
      socket.on("data", async () => {
        for (const text of texts) {
          socket.write(text);
          if (texts.length > 1) await sleep(5);
        }
      }),
    );
  const transport = (idleLimit?: number) => {
    const one = new Transport(idleLimit);
    transports.push(one);
    return one;
  };
  const get = async (url: URL, by = transport(), method = "GET") => {
    const { status, headers, body } = await by.exchange({ method, url, headers: {} });
    return { status, headers, text: (await readAll(body, 1e9, { method, url })).toString("latin1") };
  };
  const failure = async (work: Promise<unknown>): Promise<RegistryError> => {
    const reason = await work.then(
      () => assert.fail("expected a failure"),
      (error: unknown) => error,
    );
    assert.ok(reason instanceof RegistryError, String((reason as Error).stack));
    return reason;
  };

  beforeEach(() => {
    connections = [];
  });
  afterEach(() => {
    for (const one of transports.splice(0)) one.close();
    for (const one of connections) one.destroy();
    for (const one of servers.splice(0)) one.close();
  });

  describe("an answer ends", () => {
    const wholes: [string, (string | Buffer)[], string][] = [
      ["after its length", ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"], "hello"],
      [
        "after its length, in pieces",
        ["HTTP/1.1 200 OK\r\nContent-Le", "ngth: 5\r\n\r", "\nhe", "llo"],
        "hello",
      ],
      [
        "after its last chunk",
        ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"],
        "hello",
      ],
      [
        "after a trailer, with every byte on its own",
        [..."HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\nA\r\nhellohello\r\n0\r\nx: y\r\n\r\n"],
        "hellohello",
      ],
      ["at once where it has none", ["HTTP/1.1 204 No Content\r\n\r\n"], ""],
      [
        "after interim answers",
        [
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok",
        ],
        "ok",
      ],
    ];
    for (const [what, texts, expected] of wholes)
      it(`${what}, and its connection is used again`, async () => {
        const url = await answer(...texts);
        const by = transport();
        for (let i = 0; i < 3; i++) assert.equal((await get(url, by)).text, expected);
        assert.equal(connections.length, 1);
      });

    it("with its head for HEAD, whatever length that tells", async () => {
      const url = await answer("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
      const by = transport();
      for (let i = 0; i < 3; i++) assert.equal((await get(url, by, "HEAD")).headers["content-length"], "500");
      assert.equal(connections.length, 1);
    });

    it("with its connection where nothing else is said", async () => {
      const url = await serve((socket) =>
        socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\nto the end")),
      );
      const by = transport();
      for (let i = 0; i < 2; i++) assert.equal((await get(url, by)).text, "to the end");
      assert.equal(connections.length, 2);
    });

    for (const head of ["HTTP/1.1 200 OK\r\nConnection: close", "HTTP/1.0 200 OK"])
      it(`on a connection that is not used again (${head.slice(-17).trim()})`, async () => {
        const url = await answer(`${head}\r\nContent-Length: 1\r\n\r\nx`);
        const by = transport();
        for (let i = 0; i < 2; i++) assert.equal((await get(url, by)).text, "x");
        assert.equal(connections.length, 2);
      });
  });

  describe("refused is", () => {
    const bad: [string, string][] = [
      ["what is no HTTP", "220 mail ready\r\n\r\n"],
      ["another version", "HTTP/2 200\r\n\r\n"],
      ["a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"],
      ["a header over two lines", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n"],
      ["a header with a space in its name", "HTTP/1.1 200 OK\r\ncontent-length : 3\r\n\r\nabc"],
      ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd"],
      ["a length that is no number", "HTTP/1.1 200 OK\r\ncontent-length: +3\r\n\r\nabc"],
      [
        "an encoding that nobody asked for",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      ],
      ["a chunk without a size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"],
      [
        "a chunk longer than its size",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
      ],
      ["a head that does not end", `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(5000)}`],
      [
        "a size that does not end",
        `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${"0".repeat(5000)}`,
      ],
      ["a change of protocol", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"],
    ];
    for (const [what, text] of bad)
      it(`${what}, on a connection that ends with it`, async () => {
        const url = await answer(text);
        const error = await failure(get(url));
        assert.match(error.message, /the answer.*What 127\.0\.0\.1:\d+ answers is not HTTP/);
        assert.equal(error.temporary, false);
        if (!connections[0]?.destroyed) await once(connections[0]!, "close");
      });

    it("a header to be sent that would be two", () => {
      const url = new URL("http://example.com/v2/");
      assert.throws(
        () => formatHead("GET", url, { authorization: "x\r\ny: z" }),
        /authorization has a character/,
      );
      assert.throws(() => formatHead("GET", url, { "a b": "x" }), /has a character/);
      assert.equal(
        formatHead("GET", new URL("http://me:secret@example.com:81/v2/a\r\nb?c=d e#f"), {}),
        "GET /v2/ab?c=d%20e HTTP/1.1\r\nhost: example.com:81\r\n\r\n",
      );
    });
  });

  it("keeps nothing that came after an answer for the next one", async () => {
    const url = await answer(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    );
    const by = transport();
    for (let i = 0; i < 3; i++) assert.equal((await get(url, by)).text, "ok");
    assert.equal(connections.length, 3);
  });

  it("doubts a length beside chunks, and does not use the connection again", () => {
    const head = parseHead("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked", "GET");
    assert.deepEqual([head.framing, head.keepAlive], [{ kind: "chunked" }, false]);
  });

  it("takes no header for a property of its objects", () => {
    const { headers } = parseHead("HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\na: 1\r\nA: 2", "GET");
    assert.deepEqual([headers["a"], headers["constructor"], headers["tostring"]], ["1, 2", "y", undefined]);
  });

  it("says that a connection broke off, in the head and in the content, and that it may be tried again", async () => {
    for (const text of ["", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]) {
      const url = await serve((socket) => socket.on("data", () => (text ? socket.end(text) : socket.end())));
      const error = await failure(get(url));
      assert.match(error.message, /socket hang up|broke off in the middle of the answer/);
      assert.ok(error.temporary);
    }
  });

  it("notices that an idle connection was closed, and takes another one", async () => {
    const url = await serve((socket) =>
      socket.on("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        setTimeout(() => socket.end(), 10);
      }),
    );
    const by = transport();
    assert.equal((await get(url, by)).text, "ok");
    await sleep(50);
    assert.equal((await get(url, by)).text, "ok");
    assert.equal(connections.length, 2);
  });

  it("brings a large content unchanged to a reader that is slower than its sender, and keeps pieces apart", async () => {
    const content = randomBytes(6_000_000);
    const url = await serve((socket) =>
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n`);
        socket.write(content);
      }),
    );
    const by = transport();
    const { body } = await by.exchange({ method: "GET", url, headers: {} });
    const hash = createHash("sha256");
    // A piece stays as it is while the next one is read; the last ones stay for good.
    let held: Buffer | undefined;
    for await (const piece of body) {
      if (held !== undefined) hash.update(held);
      held = piece;
      await sleep(1);
    }
    const again = await serve((socket) =>
      socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n${"x".repeat(9)}`)),
    );
    for (let i = 0; i < 5; i++) await get(again, by);
    assert.equal(hash.update(held!).digest("hex"), createHash("sha256").update(content).digest("hex"));
  });

  it("sends content of unknown length in chunks, and of known length as it is", async () => {
    const seen: string[] = [];
    const url = await serve((socket) => {
      let text = "";
      socket.on("data", (bytes) => {
        text += bytes.toString("latin1");
        if (!text.endsWith("0\r\n\r\n") && !text.endsWith("known")) return;
        seen.push(text.slice(text.indexOf("\r\n\r\n") + 4));
        text = "";
        socket.write("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
      });
    });
    const by = transport();
    const pieces = () => Readable.from([Buffer.from("un"), Buffer.alloc(0), Buffer.from("known")]);
    await by.exchange({ method: "PUT", url, headers: {}, body: pieces() });
    await by.exchange({ method: "PUT", url, headers: { "content-length": "7" }, body: pieces() });
    assert.deepEqual(seen, ["2\r\nun\r\n5\r\nknown\r\n0\r\n\r\n", "unknown"]);
    assert.equal(connections.length, 1);
  });

  it("fails where a content is shorter than its length said, and throws what its source threw", async () => {
    const url = await serve((socket) => socket.resume());
    const put = (body: Readable) =>
      transport().exchange({ method: "PUT", url, headers: { "content-length": "9" }, body });
    assert.match((await failure(put(Readable.from([Buffer.from("short")])))).message, /content ended early/);
    const broken = async function* () {
      yield Buffer.from("some");
      throw new RangeError("the source's own");
    };
    await assert.rejects(put(Readable.from(broken())), /^RangeError: the source's own$/);
  });

  it("speaks TLS: large contents both ways unchanged, over one connection, and with no one whose name is not proved", async () => {
    const content = randomBytes(5_000_000);
    const sha = (bytes: Buffer[]) => createHash("sha256").update(Buffer.concat(bytes)).digest("hex");
    let sockets = 0;
    let got = "";
    const front = await new TlsFront().start(async (request, response) => {
      if (request.socket.listenerCount("counted") === 0) sockets++;
      request.socket.once("counted", () => undefined);
      got = sha(await request.toArray());
      response.writeHead(200, { "content-length": content.length }).end(content);
    });
    const url = new URL(`https://${front.host}/v2/`);
    try {
      const untrusted = await failure(get(url));
      assert.match(
        untrusted.message,
        /its certificate is of an authority that is not trusted.*NODE_EXTRA_CA_CERTS/,
      );
      await trustingAnyCertificate(async () => {
        const by = transport();
        for (let i = 0; i < 3; i++) {
          const pieces = Array.from({ length: 20 }, (_, n) =>
            content.subarray(n * 250_000, (n + 1) * 250_000),
          );
          const headers = { "content-length": String(content.length) };
          const { body } = await by.exchange({ method: "PUT", url, headers, body: Readable.from(pieces) });
          const read = await readAll(body, 1e9, { method: "PUT", url });
          assert.deepEqual([sha([read]), got], [sha([content]), sha([content])]);
        }
      });
      assert.equal(sockets, 1);
    } finally {
      await front.stop();
    }
  });

  it("loses nothing over TLS while its reader is slow, in large pieces and in small ones", async () => {
    const content = randomBytes(6_000_000);
    const front = await new TlsFront().start(async (request, response) => {
      request.resume();
      response.writeHead(200, { "content-length": content.length });
      const size = request.url === "/small" ? 700 : 100_000;
      for (let at = 0; at < content.length; at += size)
        if (!response.write(content.subarray(at, at + size))) await once(response, "drain");
      response.end();
    });
    try {
      await trustingAnyCertificate(async () => {
        for (const path of ["large", "small"]) {
          const url = new URL(`https://${front.host}/${path}`);
          const { body } = await transport().exchange({ method: "GET", url, headers: {} });
          const hash = createHash("sha256");
          let pieces = 0;
          for await (const piece of body) {
            if (pieces++ % 8 === 0) await sleep(1);
            hash.update(piece);
          }
          assert.equal(hash.digest("hex"), createHash("sha256").update(content).digest("hex"), path);
        }
      });
    } finally {
      await front.stop();
    }
  });

  it("makes no more than sixteen connections to one server, and serves all that wait", async () => {
    const url = await serve((socket) =>
      socket.on("data", () =>
        setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 5),
      ),
    );
    const by = transport();
    const all = await Promise.all(Array.from({ length: 100 }, () => get(url, by)));
    assert.ok(all.every(({ text }) => text === "ok"));
    assert.equal(connections.length, 16);
  });

  it("serves those that wait also when every connection ends after one answer", async () => {
    const url = await answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    const by = transport();
    const all = await Promise.all(Array.from({ length: 60 }, () => get(url, by)));
    assert.ok(all.every(({ text }) => text === "ok"));
  });

  it("ends all that is on its way and all that waits when its signal is aborted", async () => {
    const url = await serve((socket) => socket.resume());
    const by = transport();
    const stop = new AbortController();
    const ask = () => by.exchange({ method: "GET", url, headers: {}, signal: stop.signal });
    const all = Array.from({ length: 40 }, () => assert.rejects(ask(), /^Error: enough$/));
    await sleep(20);
    stop.abort(new Error("enough"));
    await Promise.all(all);
    await assert.rejects(ask(), /^Error: enough$/);
  });
});
