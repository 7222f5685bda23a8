import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatReference,
  InvalidReference,
  parseReference,
  type Reference,
} from "../../../components/registry/reference";

const SHA256 = `sha256:${"0123456789abcdef".repeat(4)}`;
const SHA512 = `sha512:${"0123456789abcdef".repeat(8)}`;

describe("parseReference", () => {
  const valid: [string, Reference][] = [
    ["localhost/a", { registry: "localhost", repository: "a" }],
    ["localhost:5000/a/b", { registry: "localhost:5000", repository: "a/b" }],
    ["r.io:65535/a", { registry: "r.io:65535", repository: "a" }],
    ["[2001:db8::1]/a/b", { registry: "[2001:db8::1]", repository: "a/b" }],
    [`r.io/a:${"t".repeat(128)}`, { registry: "r.io", repository: "a", tag: "t".repeat(128) }],
    [`r.io/${"a".repeat(255)}`, { registry: "r.io", repository: "a".repeat(255) }],
    ["r.io/0:0", { registry: "r.io", repository: "0", tag: "0" }],
    ["docker.io/team/blog", { registry: "docker.io", repository: "team/blog" }],
    ["127.0.0.1:8082/blog:1.0", { registry: "127.0.0.1:8082", repository: "blog", tag: "1.0" }],
    ["nexus.example.com/a__b", { registry: "nexus.example.com", repository: "a__b" }],
    ["Registry/a", { registry: "Registry", repository: "a" }],
    ["[::1]:5000/a:b", { registry: "[::1]:5000", repository: "a", tag: "b" }],
    ["docker.io/library/alpine:3", { registry: "docker.io", repository: "library/alpine", tag: "3" }],
    [`r.io/a.b/c---d@${SHA256}`, { registry: "r.io", repository: "a.b/c---d", digest: SHA256 }],
    [`r.io:1/a:T_.-x@${SHA512}`, { registry: "r.io:1", repository: "a", tag: "T_.-x", digest: SHA512 }],
  ];
  for (const [text, reference] of valid)
    it(`reads ${text.slice(0, 60)} and writes it back`, () => {
      assert.deepEqual(parseReference(text), reference);
      assert.equal(formatReference(reference), text);
    });

  it("takes Docker Hub's short and older names for what Docker takes them for", () => {
    const full = { registry: "docker.io", repository: "library/alpine" };
    assert.deepEqual(parseReference("docker.io/alpine"), full);
    assert.deepEqual(parseReference("index.docker.io/alpine:3"), { ...full, tag: "3" });
    assert.deepEqual(parseReference(`docker.io/alpine@${SHA256}`), { ...full, digest: SHA256 });
    assert.equal(formatReference(parseReference("index.docker.io/team/blog:1")), "docker.io/team/blog:1");
    // Other registries have images at their root.
    assert.equal(parseReference("r.io/alpine").repository, "alpine");
  });

  const invalid: [string, RegExp][] = [
    ["", /expected registry-host\[:port\]\/path\[:tag\]\[@digest\], got nothing/],
    ["alpine:3", /no registry host before the path; for Docker Hub write "docker\.io\/library\/alpine:3"/],
    ["team/blog", /for Docker Hub write "docker\.io\/team\/blog"/],
    ["https://r.io/a", /without a scheme/],
    ["r.io/Blog", /lower-case letters and digits.*got "Blog" \(in lower case: "blog"\)/],
    ["r.io/", /expected path parts .* got ""/],
    ["r.io//a", /got ""/],
    ["r.io/a/", /got ""/],
    ["r.io/a..b", /got "a\.\.b"/],
    ["r.io/a___b", /got "a___b"/],
    ["r.io/-a", /got "-a"/],
    ["r.io/a b", /got "a b"/],
    ["r.io/a\n", /got "a\\n"/],
    ["r.io/a:", /expected a tag .* got ""/],
    ["r.io/a:-b", /expected a tag .* got "-b"/],
    [`r.io/a:${"t".repeat(129)}`, /at most 128/],
    ["r.io/a:b:c", /got "b:c"/],
    ["r.io/a@", /64 .* hexadecimal digits/],
    ["r.io/a@sha256:abc", /64 .* hexadecimal digits/],
    [`r.io/a@${SHA256.toUpperCase()}`, /64 .* hexadecimal digits/],
    [`r.io/a@md5:${"0".repeat(32)}`, /64 .* hexadecimal digits/],
    [`r.io/a@${SHA256}@${SHA256}`, /64 .* hexadecimal digits/],
    ["r.io:0/a", /port 1–65535 after the host, got "0"/],
    ["r.io:65536/a", /port 1–65535/],
    ["r.io:/a", /port 1–65535 after the host, got ""/],
    ["r.io:80:80/a", /port 1–65535/],
    ["-r.io/a", /host name or address/],
    ["r..io/a", /host name or address/],
    ["r_x.io/a", /host name or address/],
    ["[::1/a", /host name or address/],
    ["[1]:80/a", /host name or address/],
    ["[fe80::1%eth0]/a", /host name or address/],
    ["::1/a", /host name or address|port/],
    ["docker.io/", /expected path parts .* got ""/],
    ["docker.io/Alpine", /got "Alpine" \(in lower case: "alpine"\)/],
    [`r.io/a@${SHA512.slice(0, -1)}`, /64 .* hexadecimal digits/],
    [`r.io/a@sha512:${SHA256.slice(7)}`, /64 .* hexadecimal digits/],
    [`r.io/a@sha384:${"0".repeat(96)}`, /64 .* hexadecimal digits/],
    ["999.1.1.1/a", /host name or address/],
    [`r.io/${"a".repeat(256)}`, /at most 255 characters, got 256/],
    ["x".repeat(1025), /at most 1024 characters, got 1025/],
  ];
  for (const [text, message] of invalid)
    it(`refuses ${JSON.stringify(text.slice(0, 50))} and says what it expected`, () => {
      assert.throws(
        () => parseReference(text),
        (error: unknown) => error instanceof InvalidReference && message.test(error.message),
      );
    });

  it("does not repeat a password that was put into a reference", () => {
    for (const text of [
      "https://me:hunter2@r.io/a",
      "me:hunter2@r.io/a:1",
      "https://me:hunter2@r.io/A",
      "https://me:80/hunter2@r.io/a",
      "oci://hunter2@r.io/a",
    ])
      assert.throws(
        () => parseReference(text),
        (error: Error) => !error.message.includes("hunter2"),
      );
  });
});

describe("the reference grammar, fuzzed", () => {
  const alphanumeric = fc.stringMatching(/^[a-z0-9]{1,6}$/);
  const separator = fc.constantFrom(".", "_", "__", "-", "--", "---");
  const part = fc
    .tuple(alphanumeric, fc.array(fc.tuple(separator, alphanumeric), { maxLength: 2 }))
    .map(([first, rest]) => first + rest.flat().join(""));
  const registry = fc
    .tuple(
      fc.oneof(
        fc.constantFrom("localhost", "127.0.0.1", "r.io", "nexus.example.com", "UPPER", "[::1]"),
        fc.domain(),
        fc.ipV4(),
        fc.ipV6().map((address) => `[${address}]`),
      ),
      fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
    )
    .map(([host, port]) => (port === undefined ? host : `${host}:${port}`));
  const reference = fc
    .record({
      registry,
      repository: fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/")),
      tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/), { nil: undefined }),
      digest: fc.option(
        fc.oneof(
          fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
          fc.stringMatching(/^[0-9a-f]{128}$/).map((hex) => `sha512:${hex}`),
        ),
        { nil: undefined },
      ),
    })
    .map(({ registry, repository, tag, digest }) => ({
      registry,
      repository,
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    }));

  // Distribution's own expression (reference/regexp.go), written out once more as an oracle, host required.
  const NAME = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
  const ORACLE = new RegExp(
    `^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:.]+\\])(?::[0-9]+)?/(?:${NAME})(?:/${NAME})*(?::\\w[\\w.-]{0,127})?(?:@(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}))?$`,
  );

  it("reads back what it writes, for 1000 references", () => {
    fc.assert(
      fc.property(reference, (one) => assert.deepEqual(parseReference(formatReference(one)), one)),
      { numRuns: 1000 },
    );
  });

  it("writes what it reads, however it was written, for 500 references with Docker Hub's short ones", () => {
    const hub = fc.tuple(fc.constantFrom("docker.io", "index.docker.io"), part).map((both) => both.join("/"));
    fc.assert(
      fc.property(fc.oneof(hub, reference.map(formatReference)), (text) => {
        const one = parseReference(text);
        assert.deepEqual(parseReference(formatReference(one)), one);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses or accepts 3000 damaged references as distribution's expression does, with a clear error", () => {
    const damage = fc.constantFrom(
      "",
      ":",
      "/",
      "@",
      ".",
      "-",
      "_",
      " ",
      "A",
      "é",
      "\n",
      "\0",
      "%2f",
      "//",
      "..",
      "[",
      "]",
    );
    const damaged = fc
      .tuple(reference.map(formatReference), fc.nat(), damage, fc.nat(3))
      .map(([text, at, what, cut]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + what + text.slice(place + cut);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        const accepted = outcome(text);
        if (accepted) assert.match(text, ORACLE);
        else if (ORACLE.test(text)) assert.ok(strictOnly(text), `refused ${JSON.stringify(text)}`);
      }),
      { numRuns: 3000 },
    );
  });

  it("ends quickly with a result or an InvalidReference for any 2000 strings", () => {
    const text = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: "binary", maxLength: 50 }));
    fc.assert(
      fc.property(text, (one) => {
        if (outcome(one)) assert.match(one, ORACLE);
      }),
      { numRuns: 2000 },
    );
    const started = Date.now();
    outcome(`r.io/${"a-".repeat(500)}!`);
    outcome(`r.io/${"-".repeat(1000)}`);
    assert.ok(Date.now() - started < 100);
  });
});

/** Accepted? Any other error than InvalidReference fails the test. */
function outcome(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch (error) {
    assert.ok(error instanceof InvalidReference, `${error}`);
    assert.ok(error.message.length < 700);
    return false;
  }
}

/** What Berth refuses beyond the grammar: no registry host, impossible ports and addresses. */
function strictOnly(text: string): boolean {
  const first = text.slice(0, text.indexOf("/"));
  const port = /^(?:\[.*\]|[^:]*):(\d+)$/.exec(first)?.[1];
  const hostless = first !== "localhost" && !/[.:A-Z]/.test(first);
  return (
    hostless ||
    !URL.canParse(`http://${first}`) ||
    (port !== undefined && (port.length > 5 || Number(port) < 1 || Number(port) > 65535))
  );
}
