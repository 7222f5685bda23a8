import assert from "node:assert/strict";
import fc from "fast-check";
import { Document, isCollection, isMap, isNode, isScalar, type Scalar, visit } from "yaml";
import { withPin } from "../../../../automation/stack-file/pin";
import { parseStackYaml } from "../../../../components/settings/stack-yaml";

const release = { tag: "1e5", digest: `sha256:${"a".repeat(64)}`, from: "dev" };
const other = { tag: "v2", digest: `sha256:${"b".repeat(64)}` };
const ENCRYPTED = "{ secure: v1:abc= }";

interface Apps {
  readonly [app: string]: Record<string, unknown>;
}

/** What the engine would hand out. */
function appsOf(text: string): Apps {
  const document = parseStackYaml(text);
  assert.deepEqual(document.errors, [], text);
  return document.toJS().config["berth:apps"];
}

/** Pins and unpins `blog`, and looks that nothing else has changed. */
function pinBlog(text: string) {
  const before = appsOf(text);
  const pinned = withPin(text, "blog", release);
  assert.deepEqual(appsOf(pinned), { ...before, blog: { ...before["blog"], release } }, pinned);
  const unpinned = withPin(pinned, "blog", undefined);
  const { release: _, ...blog } = before["blog"]!;
  assert.deepEqual(appsOf(unpinned), { ...before, blog }, unpinned);
  assert.deepEqual(appsOf(withPin(text, "blog", undefined)), { ...before, blog });
  return { pinned, unpinned };
}

const lines = (text: string) => text.split("\n");

/** How many lines of the text differ: all but those before and behind the change, to the byte. */
function changedLines(of: string, other: string): number {
  const [mine, theirs] = [lines(of), lines(other)];
  const most = Math.min(mine.length, theirs.length);
  let [before, behind] = [0, 0];
  while (before < most && mine[before] === theirs[before]) before++;
  while (behind < most - before && mine.at(-1 - behind) === theirs.at(-1 - behind)) behind++;
  return mine.length - before - behind;
}

/** The lines that a change of the pin may touch: its own, and one that it has a part of. */
function linesOfPin(text: string): number {
  const document = parseStackYaml(text);
  const blog = document.getIn(["config", "berth:apps", "blog"], true);
  const pair = isMap(blog)
    ? blog.items.find(({ key }) => isScalar(key) && key.value === "release")
    : undefined;
  const [from, to] = [pair?.key, pair?.value].map((node) => (isNode(node) ? node.range! : [0, 0]));
  return pair ? lines(text.slice(from![0], to![1])).length + 2 : 1;
}

describe("a pin in a stack file", () => {
  /** Each with what a pin makes of the line or lines in question; `…` stands for the pin. */
  const WAYS: readonly (readonly [what: string, text: string, expected: RegExp])[] = [
    ["in braces", "config: { 'berth:apps': { blog: { port: 1 } } }", /\{ port: 1, release: \{ tag: "1e5", /],
    [
      "in braces with a comma at the end",
      "config:\n  berth:apps:\n    blog: { port: 1, }\n",
      /\{ port: 1, release: \{.*\}, \}\n$/,
    ],
    [
      "in braces over lines",
      "config:\n  berth:apps:\n    blog: {\n      port: 1, # one\n      env: {}\n    } # end\n",
      /port: 1, # one\n {6}env: \{\}, release: \{.*\}\n {4}\} # end\n$/,
    ],
    ["of nothing yet", "config:\n  berth:apps:\n    blog: {}\n", /blog: \{ release: \{.*\} \}\n$/],
    [
      "with quoted keys",
      "\"config\":\n  'berth:apps':\n    \"blog\":\n      'port': 1\n",
      /'port': 1\n {6}release:\n {8}tag: "1e5"\n/,
    ],
    [
      "with Windows' line ends",
      "config:\r\n  berth:apps:\r\n    blog:\r\n      port: 1\r\n    shop:\r\n      port: 2\r\n",
      /port: 1\r\n {6}release:\r\n {8}tag: "1e5"\r\n {8}digest: .*\r\n {8}from: "dev"\r\n {4}shop:\r\n/,
    ],
    [
      "with tabs behind colons",
      "config:\t# c\n  berth:apps:\t\n    blog:\n      port:\t1\t# one\n",
      /port:\t1\t# one\n {6}release:\n/,
    ],
    [
      "without a line break at the end",
      "config:\n  berth:apps:\n    blog:\n      port: 1",
      /port: 1\n {6}release:\n.*\n.*\n {8}from: "dev"$/,
    ],
    [
      "with explicit keys",
      "config:\n  berth:apps:\n    ? blog\n    : port: 1\n      publish: 2\n",
      /publish: 2\n {6}release:\n/,
    ],
    [
      "an alias",
      "x: &base\n  port: 1\nconfig:\n  berth:apps:\n    blog: *base\n    shop: *base\n",
      /blog: \{ <<: \*base, release: \{.*\} \}\n {4}shop: \*base\n$/,
    ],
    [
      "what others share, in braces",
      "config:\n  berth:apps:\n    blog: &b { port: 1 }\n    shop: *b\n",
      /blog: \{ <<: &b \{ port: 1 \}, release: .*\}\n {4}shop: \*b\n$/,
    ],
    [
      "what others share, as a block",
      "config:\n  berth:apps:\n    blog: &b # one\n      # two\n      port: 1\n    shop: *b\n",
      /blog:\n {5}<<: &b # one\n {6}# two\n {6}port: 1\n {5}release:\n {7}tag: .*\n.*\n.*\n {4}shop: \*b\n$/,
    ],
    [
      "what others merge",
      "config:\n  berth:apps:\n    blog: &b { port: 1 }\n    shop: { <<: *b, publish: 2 }\n",
      /shop: \{ <<: \*b, publish: 2 \}\n$/,
    ],
    [
      "a merge",
      "x: &base { port: 1 }\nconfig:\n  berth:apps:\n    blog:\n      <<: *base\n",
      /<<: \*base\n {6}release:\n/,
    ],
    [
      "apps that are an alias",
      "apps: &apps\n  blog:\n    port: 1\nconfig:\n  berth:apps: *apps\n",
      /^apps: &apps\n {2}blog:\n {4}port: 1\n {4}release:\n/,
    ],
    [
      "before a value that goes on to the end",
      "config:\n  berth:apps:\n    blog:\n      port: 1\n      env:\n        TEXT: |+\n          a\n\n",
      /blog:\n(.*\n)*/,
    ],
    [
      "by the key that old versions write",
      "config:\n  berth:config:apps:\n    blog:\n      port: 1\n",
      /port: 1\n {6}release:\n/,
    ],
    [
      "without the project's name in the key",
      "config:\n  apps:\n    blog:\n      port: 1\n",
      /port: 1\n {6}release:\n/,
    ],
  ];
  for (const [what, text, expected] of WAYS) {
    it(`can be put ${what.startsWith("before") ? "" : "into "}${what}`, () => {
      // The test's reading of apps knows the common key only; the project is called berth.
      const common = (written: string) =>
        written.replace(/^( {2})(berth:config:apps|apps):/m, "$1berth:apps:");
      const pinned = withPin(text, "blog", release);
      assert.match(pinned, expected);
      pinBlog(common(text));
      assert.equal(common(pinned), withPin(common(text), "blog", release));
    });
  }

  it("leaves a file as it was that is pinned so already, comments in the pin too", () => {
    const text = `config:\n  berth:apps:\n    blog:\n      release: # stays\n        tag: "v2" # good\n        digest: ${other.digest}\n`;
    assert.equal(withPin(text, "blog", other), text);
  });

  it("goes with the line break before it, where it came with one", () => {
    for (const text of [
      "config:\n  berth:apps:\n    blog:\n      port: 1",
      "config:\r\n  berth:apps:\r\n    blog:\r\n      port: 1\r\n",
      "config: { 'berth:apps': { blog: { port: 1 } } }",
    ])
      assert.equal(pinBlog(text).unpinned, text);
  });

  it("is taken out of what it is shared through, for this app alone", () => {
    const pin = `release: { tag: "v2", digest: "${other.digest}" }`;
    for (const apps of [
      `blog: &b { port: 1, ${pin} }\n    shop: *b`,
      `shop: &b\n      port: 1\n      ${pin}\n    blog: *b`,
      `shop: &b { ${pin} }\n    blog: { <<: *b, port: 1 }`,
    ]) {
      const { blog, shop } = appsOf(withPin(`config:\n  berth:apps:\n    ${apps}\n`, "blog", undefined));
      assert.deepEqual([blog, shop!["release"]], [{ port: 1 }, other]);
    }
  });

  it("says so where the file has no such app, or nothing in it", () => {
    for (const apps of ["{}", "{ shop: { port: 1 } }", "{ blog: }", "{ blog: [1] }"])
      assert.throws(() => withPin(`config: { berth:apps: ${apps} }`, "blog", release), {
        name: "CommandError",
        exit: 2,
        message: /no settings berth:apps\.blog in this file/,
      });
  });

  it("can be put into whatever can be read, changed and taken out; other lines keep their bytes", function () {
    this.timeout(60_000); // of a busy machine
    fc.assert(
      fc.property(stackFiles(), (text) => {
        fc.pre(parseStackYaml(text).errors.length === 0); // the printer has its faults, too
        const { pinned, unpinned } = pinBlog(text);
        const changed = withPin(pinned, "blog", other);
        assert.deepEqual(appsOf(changed)["blog"]!["release"], other);
        const shared = /[*&]/.test(text);
        if (shared) return;
        assert.ok(changedLines(text, pinned) <= linesOfPin(text), `${text}\n→\n${pinned}`);
        assert.ok(changedLines(pinned, unpinned) <= linesOfPin(pinned), `${pinned}\n→\n${unpinned}`);
      }),
      { numRuns: 150 },
    );
  });
});

/** Stack files as people write them: any style in any place. */
function stackFiles(): fc.Arbitrary<string> {
  const scalar = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom("a: b", "# no", "two\nlines\n", " x ", "*", "&", "1.10", "~", "{", "é"),
  );
  const settings = fc.dictionary(
    fc.constantFrom("port", "publish", "env", "volumes", "x y", "0", "release"),
    fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 2 }),
      fc.dictionary(fc.constantFrom("A", "B"), scalar, { maxKeys: 2 }),
    ),
    { maxKeys: 4 },
  );
  const style = fc.record({
    seeds: fc.array(fc.nat(5), { minLength: 40, maxLength: 40 }),
    indent: fc.integer({ min: 1, max: 5 }),
    windows: fc.boolean(),
    open: fc.boolean(),
    share: fc.boolean(),
  });
  return fc
    .record({ blog: settings, shop: settings, style })
    .map(({ blog, shop, style: how }) => written({ blog, shop }, how));
}

interface Style {
  readonly seeds: readonly number[];
  readonly indent: number;
  readonly windows: boolean;
  readonly open: boolean;
  readonly share: boolean;
}

function written(apps: Apps, { seeds, indent, windows, open, share }: Style): string {
  const document = new Document({
    config: { "berth:nexus": { port: 1 }, "berth:apps": apps, other: ENCRYPTED },
  });
  let turn = 0;
  const next = () => seeds[turn++ % seeds.length]!;
  visit(document, {
    Pair: (_key, { key }) => {
      if (isScalar(key) && next() === 0) (key as Scalar).commentBefore = " about";
    },
    Node: (place, node) => {
      const seed = place === "key" ? next() % 3 : next();
      if (isCollection(node)) node.flow = seed === 1 || (isMap(node) && node.items.length === 0);
      else if (isScalar(node) && typeof node.value === "string")
        node.type = (
          ["PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL", "PLAIN", "BLOCK_FOLDED"] as const
        )[seed];
      if (seed === 2) node.comment = " said";
    },
  });
  const blog = document.getIn(["config", "berth:apps", "blog"], true);
  if (share && isMap(blog)) {
    document.setIn(["config", "berth:apps", "twin"], document.createAlias(blog, "shared"));
  }
  const text = document.toString({ indent, lineWidth: 0 });
  const ended = open ? text.replace(/\n$/, "") : text;
  return windows ? ended.replaceAll("\n", "\r\n") : ended;
}
