import assert from "node:assert/strict";
import fc from "fast-check";
import { InvalidProxy, proxyFor } from "../../../components/http/proxy-for";

const PROXY = "http://proxy.test:3128";

describe("the proxy that the environment names", () => {
  const at = (url: string, env: NodeJS.ProcessEnv) => proxyFor(new URL(url), env)?.address.origin;

  it("is by the scheme of what is to be reached, the variable with large letters first", () => {
    const env = { HTTPS_PROXY: "http://s.test:1", HTTP_PROXY: "http://p.test:2" };
    assert.equal(at("https://a.test/", env), "http://s.test:1");
    assert.equal(at("http://a.test/", env), "http://p.test:2");
    const small = { https_proxy: "http://small.test:3", http_proxy: "http://small.test:4" };
    assert.equal(at("https://a.test/", small), "http://small.test:3");
    assert.equal(at("http://a.test/", { ...small, HTTP_PROXY: "" }), "http://small.test:4");
    assert.equal(at("https://a.test/", { ...small, ...env }), "http://s.test:1");
    assert.equal(at("https://a.test/", { HTTP_PROXY: PROXY }), undefined);
    assert.equal(at("https://a.test/", {}), undefined);
  });

  it("may have no scheme, a port of its own or none, TLS, and a path that says nothing", () => {
    const of = (HTTPS_PROXY: string) => at("https://a.test/", { HTTPS_PROXY });
    assert.equal(of("proxy.test:3128"), PROXY);
    assert.equal(of("proxy.test"), "http://proxy.test");
    assert.equal(of("https://proxy.test"), "https://proxy.test");
    assert.equal(of("http://[fd00::1]:3128/"), "http://[fd00::1]:3128");
  });

  it("has its login apart from its address, decoded", () => {
    const of = (text: string) => proxyFor(new URL("https://a.test"), { HTTPS_PROXY: text });
    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    const proxy = of("http://me%40work:p%C3%A4ss%3Aword@proxy.test:3128");
    assert.deepEqual(
      [proxy?.address.href, proxy?.authorization],
      ["http://proxy.test:3128/", basic("me@work:päss:word")],
    );
    assert.equal(of("http://me@proxy.test")?.authorization, basic("me:"));
    assert.equal(of("me:100%@proxy.test")?.authorization, basic("me:100%"));
    assert.equal(of(PROXY)?.authorization, undefined);
  });

  it("has its login as it was meant, with characters that are encoded, or not, side by side", () => {
    const login = (HTTPS_PROXY: string) =>
      Buffer.from(
        proxyFor(new URL("https://a.test"), { HTTPS_PROXY })?.authorization?.slice(6) ?? "",
        "base64",
      );
    assert.equal(login("http://me:50%^|{x}@proxy.test:3128").toString(), "me:50%^|{x}");
    assert.equal(login("http://me:50%s%C3%A4s@proxy.test:3128").toString(), "me:50%säs");
    assert.equal(login("http://me:p@ss:w@proxy.test:3128").toString(), "me:p@ss:w");
    assert.equal(login("http://WORK%5Cme:p%25w@proxy.test:3128").toString(), "WORK\\me:p%w");
    assert.equal(login("http://me:%E9t%E9@proxy.test:3128").toString("latin1"), "me:été");
    assert.equal(login("http://:token-1@proxy.test:3128").toString(), ":token-1");
    assert.equal(at("https://a.test", { HTTPS_PROXY: ` ${PROXY}\n` }), PROXY);
  });

  for (const login of ["me:12/34", "me:12?34", "me:12#34", "me:pa#ss", "me:pa/s@s", "WORK\\me:1234"])
    it(`is refused where its login ${login} would be cut in two, half of it taken for a host`, () => {
      const ask = () => at("https://a.test", { HTTPS_PROXY: `http://${login}@proxy.test:3128` });
      assert.throws(ask, (error: Error) => {
        assert.ok(error instanceof InvalidProxy);
        assert.match(error.message, /^HTTPS_PROXY: .* have to be percent-encoded/);
        assert.ok(!/me:|12|34|pa#|proxy\.test/.test(error.message), error.message);
        return true;
      });
    });

  it("is never asked for what is on this machine", () => {
    for (const host of [
      "localhost",
      "LOCALHOST",
      "a.localhost",
      "127.0.0.1",
      "127.9.8.7:5000",
      "[::1]:80",
      "localhost.",
    ])
      assert.equal(at(`http://${host}/`, { HTTP_PROXY: PROXY }), undefined, host);
    for (const host of ["128.0.0.1", "localhost.test", "[::2]"])
      assert.equal(at(`http://${host}/`, { HTTP_PROXY: PROXY }), PROXY, host);
  });

  describe("is not asked for what NO_PROXY", () => {
    const direct: [string, string, string[], string[]][] = [
      [
        "names",
        "example.com",
        ["example.com", "a.example.com", "A.B.EXAMPLE.COM", "example.com.:80"],
        ["ample.com", "notexample.com", "example.com.evil.test"],
      ],
      ["names with a dot in front", ".example.com", ["a.example.com"], ["example.com", "aexample.com"]],
      ["names with a star in front", "*.example.com", ["a.b.example.com"], ["example.com"]],
      [
        "names with a port",
        "example.com:8443",
        ["example.com:8443", "a.example.com:8443"],
        ["example.com", "example.com:84"],
      ],
      ["names with the usual port", "example.com:80", ["example.com"], ["example.com:8080"]],
      ["names as an address", "10.0.0.7", ["10.0.0.7", "10.0.0.7:5000"], ["10.0.0.70", "10.0.0.7.test"]],
      ["names as an address with a port", "10.0.0.7:5000", ["10.0.0.7:5000"], ["10.0.0.7"]],
      ["names as a network", "10.1.0.0/16", ["10.1.2.3", "10.1.255.255:8081"], ["10.2.0.1", "10.1.0.0.test"]],
      ["names as an IPv6 address", "fd00::1", ["[fd00::1]", "[fd00:0::0:1]:80"], ["[fd00::2]"]],
      ["names as an IPv6 address with a port", "[fd00::1]:5000", ["[fd00::1]:5000"], ["[fd00::1]"]],
      ["names as an IPv6 network", "fd00::/8", ["[fd12::1]:5000"], ["[fe80::1]"]],
      ["covers by a star", "a.test, *", ["anything.test:99", "10.0.0.1"], []],
      [
        "lists with commas, spaces and nothing between",
        " a.test ,, b.test\tc.test,",
        ["a.test", "b.test", "c.test"],
        ["d.test"],
      ],
      ["can't mean", "/8,10.0.0.0/33,:80,.,[", [], ["10.0.0.1", "a.test", "8.test"]],
    ];
    for (const [what, text, excepted, others] of direct)
      it(`${what}: ${JSON.stringify(text)}`, () => {
        for (const env of [
          { HTTP_PROXY: PROXY, NO_PROXY: text },
          { http_proxy: PROXY, no_proxy: text },
        ]) {
          for (const host of excepted) assert.equal(at(`http://${host}/`, env), undefined, host);
          for (const host of others) assert.equal(at(`http://${host}/`, env), PROXY, host);
        }
      });

    it("says in large letters before small ones", () => {
      const env = { HTTP_PROXY: PROXY, NO_PROXY: "a.test", no_proxy: "b.test" };
      assert.deepEqual([at("http://a.test", env), at("http://b.test", env)], [undefined, PROXY]);
    });

    it("says in whatever way", () => {
      const text = fc.string({ unit: fc.constantFrom(..."a1.:/*[],-% ") });
      fc.assert(
        fc.property(text, (NO_PROXY) => {
          proxyFor(new URL("http://a.test"), { HTTP_PROXY: PROXY, NO_PROXY });
        }),
        { numRuns: 500 },
      );
    });
  });

  it("is refused where it is none, by the name of the variable and without what is in it", () => {
    for (const text of [
      "socks5://me:hunter2@proxy.test:1080",
      "http://",
      "http://me:hunter2@",
      "http://me:hunter2@a:b:c",
      "://hunter2",
    ])
      assert.throws(
        () => at("https://a.test", { https_proxy: text }),
        (error: Error) => {
          assert.ok(error instanceof InvalidProxy);
          assert.match(
            error.message,
            /^https_proxy: expected the address of a proxy, http:\/\/host:port or https:\/\/host:port, got/,
          );
          assert.ok(!error.message.includes("hunter2"), error.message);
          return true;
        },
      );
  });
});
