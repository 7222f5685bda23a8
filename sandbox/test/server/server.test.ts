import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createConnection } from "node:net";
import { defaultPlaces } from "../../lib/places";
import { routeClash } from "../../server/namespace";
import { formatRoute, parseRoute, relay } from "../../server/relay";

describe("the server's network", () => {
  const { server } = defaultPlaces;

  it("may be used where only the default route covers it, or its own cable", () => {
    const own = { dst: server.network, dev: server.hostLink };
    assert.equal(
      routeClash(server, [{ dst: "default", dev: "eth0" }, { dst: "172.17.0.0/16" }, own]),
      undefined,
    );
  });

  it("clashes with a network that holds it, is in it, or touches it, and says which", () => {
    for (const dst of ["10.0.0.0/8", "10.77.0.2", "10.77.0.0/30", "10.77.0.0/24"]) {
      assert.match(routeClash(server, [{ dst, dev: "tun0" }]) ?? "", /10\.77\.0\.0\/30.*tun0/, dst);
    }
    assert.equal(routeClash(server, [{ dst: "10.77.0.4/30", dev: "tun0" }]), undefined);
  });
});

describe("a relay", () => {
  let target: Server;
  const opened: { close: () => void }[] = [];

  before(async () => {
    target = createServer((request, response) => request.pipe(response)).listen(0, "127.0.0.1");
    await new Promise((resolve) => target.once("listening", resolve));
  });
  after(() => {
    for (const one of [target, ...opened]) one.close();
  });

  async function relayTo(port: number): Promise<number> {
    const server = await relay({
      from: { address: "127.0.0.1", port: 0 },
      to: { address: "127.0.0.1", port },
    });
    opened.push(server);
    return (server.address() as AddressInfo).port;
  }

  it("passes bytes on as they are, in both directions", async () => {
    const port = await relayTo((target.address() as AddressInfo).port);
    const body = Buffer.alloc(3_000_000, "berth");
    const response = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body });
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(body));
  });

  it("ends a connection whose target does not answer, and goes on listening", async () => {
    const port = await relayTo(1);
    for (let turn = 0; turn < 2; turn++) {
      const closed = new Promise((resolve) => {
        const socket = createConnection({ port, host: "127.0.0.1" });
        socket.on("error", () => undefined);
        socket.once("close", resolve);
        socket.write("GET / HTTP/1.1\r\n\r\n");
      });
      await closed;
    }
  });

  it("fails where its port is taken", async () => {
    const { port } = target.address() as AddressInfo;
    const route = { from: { address: "127.0.0.1", port }, to: { address: "127.0.0.1", port: 1 } };
    await assert.rejects(relay(route), { code: "EADDRINUSE" });
  });

  it("is written as ADDRESS:PORT=ADDRESS:PORT", () => {
    const text = "10.77.0.1:8082=127.0.0.1:8082";
    assert.equal(formatRoute(parseRoute(text)), text);
    assert.throws(() => parseRoute("8082=8083"), /expected ADDRESS:PORT, got "8082"/);
  });
});
