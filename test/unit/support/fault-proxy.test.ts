import assert from "node:assert/strict";
import { type Fault, FaultProxy, faults } from "../../support/nexus/fault-proxy";
import { type Call, type Reply, scriptedNexus } from "../../support/nexus/scripted-nexus";

type Upstream = Awaited<ReturnType<typeof scriptedNexus>>;

describe("the fault proxy", () => {
  let upstream: Upstream;
  let reply: (call: Call) => Reply;
  const proxies: FaultProxy[] = [];

  before(async () => {
    upstream = await scriptedNexus((call) => reply(call));
  });
  beforeEach(() => {
    upstream.calls.length = 0;
    reply = ({ method, body }) => ({ status: method === "POST" ? 201 : 200, body: { method, body } });
  });
  after(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    upstream.close();
  });

  async function proxyOf(rate: number, kinds?: Fault[], seed = 1) {
    const proxy = await FaultProxy.start({ upstream: upstream.url, rate, seed, ...(kinds && { kinds }) });
    proxies.push(proxy);
    return proxy;
  }

  /** The status and text that the caller gets; the status alone, or neither, where the answer breaks off. */
  async function call(proxy: FaultProxy, method = "GET", path = "/a?b=c") {
    const body =
      method === "GET" ? {} : { body: '{"name":"x"}', headers: { "content-type": "application/json" } };
    const response = await fetch(proxy.url + path, { method, ...body }).catch(() => undefined);
    const text = await response?.text().catch(() => undefined);
    return { status: response?.status, text, retryAfter: response?.headers.get("retry-after") ?? undefined };
  }

  it("passes calls and answers on as they are at a rate of 0", async () => {
    const proxy = await proxyOf(0);
    const { status, text } = await call(proxy, "POST");
    assert.deepEqual([status, JSON.parse(text!)], [201, { method: "POST", body: { name: "x" } }]);
    assert.deepEqual(proxy.reached, [
      { method: "POST", path: "/a?b=c", body: '{"name":"x"}', status: 201, lost: false },
    ]);
    assert.ok(faults.every((fault) => proxy.done[fault] === 0));
  });

  const cases: [
    Fault,
    { status?: number; text: boolean; retryAfter?: string; seen: boolean; lost?: boolean },
  ][] = [
    ["drop before", { text: false, seen: false }],
    ["drop after", { text: false, seen: true, lost: true }],
    ["delay", { status: 201, text: true, seen: true, lost: false }],
    ["truncate", { status: 201, text: false, seen: true, lost: true }],
    ["502 before", { status: 502, text: true, seen: false }],
    ["502 after", { status: 502, text: true, seen: true, lost: true }],
    ["503", { status: 503, text: true, seen: false }],
    ["429", { status: 429, text: true, retryAfter: "1", seen: false }],
  ];
  for (const [fault, { status, text, retryAfter, seen, lost }] of cases) {
    it(`${fault}: the upstream has ${seen ? "" : "not "}seen the call`, async () => {
      const proxy = await proxyOf(1, [fault]);
      const got = await call(proxy, "POST");
      assert.deepEqual([got.status, got.text !== undefined, got.retryAfter], [status, text, retryAfter]);
      assert.equal(upstream.calls.length, seen ? 1 : 0);
      assert.deepEqual(
        proxy.reached.map((reached) => [reached.status, reached.lost]),
        seen ? [[201, lost]] : [],
      );
      assert.deepEqual([proxy.done[fault], proxy.calls], [1, 1]);
    });
  }

  it("breaks an answer without a body off in its head", async () => {
    reply = () => ({ status: 204 });
    const proxy = await proxyOf(1, ["truncate"]);
    assert.deepEqual(await call(proxy, "PUT"), { status: undefined, text: undefined, retryAfter: undefined });
    assert.equal(proxy.reached[0]?.status, 204);
  });

  it("hits about the given part of the calls, with every kind of fault", async () => {
    const proxy = await proxyOf(
      0.4,
      faults.filter((fault) => fault !== "delay"),
    ); // that one only takes time
    for (let at = 0; at < 200; at++) await call(proxy, "GET", `/${at % 10}`);
    const hits = faults.map((fault) => proxy.done[fault]);
    const sum = hits.reduce((total, count) => total + count);
    assert.ok(sum > 60 && sum < 100, `${sum} of 200`);
    assert.ok(
      faults.every((fault) => fault === "delay" || proxy.done[fault] > 0),
      String(hits),
    );
  });

  it("does the same again for the same seed, in whatever order the calls come", async () => {
    const kinds: Fault[] = ["502 before", "503", "429"];
    const ways = Array.from({ length: 20 }, (_, at) => `/${at}`);
    const run = async (seed: number, paths: string[]) => {
      const proxy = await proxyOf(0.5, kinds, seed);
      const got = new Map<string, number | undefined>();
      for (const path of paths) got.set(path, (await call(proxy, "GET", path)).status);
      return ways.map((path) => got.get(path));
    };
    const first = await run(7, ways);
    assert.deepEqual(await run(7, [...ways].reverse()), first);
    assert.notDeepEqual(await run(8, ways), first);
  });

  it("drops the connection where the upstream itself is away, and counts no fault", async () => {
    const gone = await scriptedNexus(() => ({ status: 200 }));
    gone.close();
    const proxy = await FaultProxy.start({ upstream: gone.url, rate: 0, seed: 1 });
    proxies.push(proxy);
    assert.equal((await call(proxy)).status, undefined);
    assert.deepEqual([proxy.calls, proxy.reached.length], [1, 0]);
  });
});
