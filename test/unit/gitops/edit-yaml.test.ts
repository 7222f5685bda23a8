import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parse, parseAllDocuments } from "yaml";
import { editYaml, type YamlWish } from "../../../components/gitops/edit-yaml";
import { YamlRefusal } from "../../../components/gitops/find-value";

const DIGEST = `sha256:${"1".repeat(64)}`;
const REPOSITORY = "nexus.example.com:8082/blog";

const wish = (values: Record<string, string>, document?: string): YamlWish => ({
  document,
  values: Object.entries(values).map(([path, value]) => ({ path, value })),
});
const edited = (text: string, values: Record<string, string>, document?: string) =>
  editYaml(text, wish(values, document)).text;

function refusal(text: string, values: Record<string, string>, document?: string): string {
  try {
    edited(text, values, document);
  } catch (error) {
    assert.ok(error instanceof YamlRefusal, String(error));
    return error.message;
  }
  throw new Error("it was edited");
}

describe("a value in a YAML file", () => {
  it("is replaced in a Helm chart's values, and nothing else is", () => {
    const text = [
      "# values of prod",
      "replicas:   2   # as many as zones",
      "",
      "image:",
      "    repository: old.example.com/blog   # Berth's",
      "    tag: '1.0'",
      '    digest: "" # none yet',
      "    pullPolicy: IfNotPresent",
      "env: { A: 1,B: [ 2,3 ] }",
      "",
    ].join("\n");
    const values = { "image.repository": REPOSITORY, "image.tag": "1.1", "image.digest": DIGEST };
    const want = text
      .replace("old.example.com/blog", REPOSITORY)
      .replace("'1.0'", "'1.1'")
      .replace('"" #', `"${DIGEST}" #`);
    assert.equal(edited(text, values), want);
    assert.equal(edited(want, values), want);
  });

  it("is replaced in Kustomize's images, found by their name", () => {
    const text =
      "images:\n- name: shop\n  newTag: a\n- name: blog # ours\n  newName: x\n  newTag: b\n  digest: c\n";
    assert.equal(
      edited(text, {
        "images[name=blog].newName": REPOSITORY,
        "images[name=blog].digest": DIGEST,
        "images[0].newTag": "z",
      }),
      text
        .replace("newName: x", `newName: ${REPOSITORY}`)
        .replace("digest: c", `digest: ${DIGEST}`)
        .replace("a\n", "z\n"),
    );
  });

  it("is replaced in a manifest, in the document that has it", () => {
    const text = [
      "kind: Service\nmetadata: {name: blog}\nspec: {selector: {app: blog}}\n",
      "# the app\nkind: Deployment\nmetadata:\n  name: blog\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: old\n",
    ].join("---\n");
    const path = "spec.template.spec.containers[name=web].image";
    assert.equal(
      edited(text, { [path]: `${REPOSITORY}@${DIGEST}` }),
      text.replace("image: old", `image: ${REPOSITORY}@${DIGEST}`),
    );
  });

  it("is replaced in the document that is named, where several have it", () => {
    const text = ["web", "worker"]
      .map((name) => `kind: Job\nmetadata: { name: ${name} }\nimage: a\n`)
      .join("---\n");
    assert.equal(edited(text, { image: "b" }, "Job/worker"), text.replace(/a\n$/, "b\n"));
    assert.equal(
      refusal(text, { image: "b" }),
      "image: in several of its documents: say which of its documents is meant, as document: Job/web; it has Job/web, Job/worker",
    );
    assert.equal(
      refusal(text, { image: "b" }, "Job/none"),
      "it has no document Job/none; it has Job/web, Job/worker",
    );
    assert.equal(refusal(`${text}---\n${text}`, { image: "b" }, "Job/web"), "it has 2 documents Job/web");
    assert.match(refusal(text, { tag: "b" }), /^tag: in none of its documents: mend the path, or say which/);
  });

  it("keeps Windows line ends, a byte order mark, tabs behind values and a last line without an end", () => {
    const text = "\uFEFF# a\r\nimage:\r\n  tag: a\t# b\r\n  digest: \r\n  other: |\r\n    x\r\n\r\nlast: 1";
    assert.equal(
      edited(text, { "image.tag": "c", "image.digest": DIGEST }),
      text.replace("tag: a", "tag: c").replace("digest: ", `digest: ${DIGEST} `),
    );
  });

  it("keeps its quotes, and gets some where it would be another thing to somebody without", () => {
    const cases: [old: string, value: string, next: string][] = [
      ["'a'", "b", "'b'"],
      ['"a"', "1.10", '"1.10"'],
      ["a", "b", "b"],
      ["a", "1.4.0", "1.4.0"],
      ["a", "3f2a91c04d7e", "3f2a91c04d7e"],
      ["1.9", "1.10", '"1.10"'],
      ["1.10", "1.10", '"1.10"'],
      ["1_000", "1_000", '"1_000"'],
      ["a", "20240101", '"20240101"'],
      ["a", "2024-01-01", '"2024-01-01"'],
      ["a", "12e3", '"12e3"'],
      ["a", "1234567e8", '"1234567e8"'],
      ["a", "0123", '"0123"'],
      ["a", "0x1f", '"0x1f"'],
      ["a", "yes", '"yes"'],
      ["a", "on", '"on"'],
      ["a", "n", '"n"'],
      ["a", "null", '"null"'],
      ["a", "_b", '"_b"'],
      ["true", "b", "b"],
      ["~", "b", "b"],
      ["!!str 1", "2", '!!str "2"'],
      ["&tag a # c", "b", "&tag b # c"],
      ["a", "[::1]:5000/blog", '"[::1]:5000/blog"'],
      ["a", "host:5000/blog", "host:5000/blog"],
    ];
    for (const [old, value, next] of cases)
      assert.equal(edited(`tag: ${old}\n`, { tag: value }), `tag: ${next}\n`, `${old} → ${value}`);
  });

  it("is put in where there is an empty one", () => {
    assert.equal(edited("tag:\n", { tag: "b" }), "tag: b\n");
    assert.equal(edited("tag:", { tag: "b" }), "tag: b");
    assert.equal(edited("tag:   # none\nx: 1\n", { tag: "b" }), "tag: b   # none\nx: 1\n");
    assert.equal(edited("a: {tag:, x: 1}\n", { "a.tag": "b" }), "a: {tag: b, x: 1}\n");
    assert.equal(edited("a: {tag: }\n", { "a.tag": DIGEST }), `a: {tag: "${DIGEST}" }\n`);
    assert.equal(edited("tag: &t\nx: *t\n", { tag: "b" }), "tag: &t b\nx: *t\n");
  });

  it("is replaced between braces and brackets", () => {
    const text = 'image: { repository: a, "tag": b,\n  digest: c } # d\nlist: [x, {name: y, tag: z}]\n';
    assert.equal(
      edited(text, {
        "image.repository": REPOSITORY,
        "image.tag": "1",
        "image.digest": DIGEST,
        "list[name=y].tag": "w",
      }),
      `image: { repository: "${REPOSITORY}", "tag": "1",\n  digest: "${DIGEST}" } # d\nlist: [x, {name: y, tag: w}]\n`,
    );
  });

  it("changes with all that refer to it where it has an anchor, and is not changed through an alias", () => {
    const text = "base: &base\n  tag: &tag a\nweb: *base\nother: *tag\nmore: { <<: *base, x: 1 }\n";
    const next = edited(text, { "base.tag": "b" });
    assert.equal(next, text.replace("&tag a", "&tag b"));
    assert.equal(parse(next, { merge: true }).more.tag, "b");
    const names =
      "which stands for what is written at &base: name that place, and all that refer to it follow";
    assert.equal(refusal(text, { "web.tag": "b" }), `web.tag: web is *base, ${names}`);
    assert.equal(refusal(text, { web: "b" }), `web: web is *base, ${names}`);
    assert.match(
      refusal(text, { other: "b" }),
      /^other: other is \*tag, which stands for what is written at &tag:/,
    );
    assert.equal(
      refusal(text, { "more.tag": "b" }),
      "more.tag: more has no key tag; it has <<, x. What comes there by << stands elsewhere: name that place, or write the key " +
        'here, too. Write tag: "" where it belongs, or mend the path',
    );
  });

  it("is refused where the path leads nowhere, with what is there and what to do, and without a value", () => {
    const text =
      "image: hunter22\nimages:\n- name: a\n  tag: |\n    x\n- name: b\n- name: b\nmap: { tag: hunter22 }\nint: !!int 5\nnone:\n? key\n";
    const cases: [path: string, said: RegExp][] = [
      [
        "digest",
        /^digest: the top of the file has no key digest; it has image, images, map, int, none, key\. Write digest: ""/,
      ],
      [
        "map.digest",
        /^map\.digest: map has no key digest; it has tag\. Write digest: "" where it belongs, or mend the path$/,
      ],
      [
        "image.tag",
        /^image\.tag: image is a single value, so there is nothing in it\. Where it is the whole image, .*values: { image: … }$/,
      ],
      ["none.tag", /^none\.tag: none is empty, so there is nothing in it/],
      ["map", /^map is a map, where a single value is expected: name the one in it/],
      ["images", /^images is a list, where a single value is expected/],
      [
        "images.tag",
        /^images\.tag: images is a list: say which element, by its place \(images\[0\]\) or by what is in it/,
      ],
      ["map[0]", /^map\[0\]: map is a map, and \[0\] is for lists$/],
      ["images[7].tag", /^images\[7\]\.tag: images has 3 elements, counted from 0$/],
      ["images[name=c].tag", /^images\[name=c\]\.tag: images has no element with name: c$/],
      ["images[name=b].tag", /^images\[name=b\]\.tag: images has 2 elements with name: b$/],
      ["images[0].tag", /^images\[0\]\.tag is a text of several lines: write it on one$/],
      ["int", /^int is marked as tag:yaml\.org,2002:int, and what is written there is text/],
      ["key", /^key has no value, not even an empty one: write "" there$/],
    ];
    for (const [path, said] of cases) {
      assert.match(refusal(text, { [path]: "b" }), said);
      assert.ok(!refusal(text, { [path]: "b" }).includes("hunter22"));
    }
  });

  it("is refused in what is no YAML: with the line, and what a template is", () => {
    assert.equal(refusal("", { tag: "b" }), "it is empty");
    assert.match(refusal("a: 1\nb: [1\n", { a: "b" }), /^line 3 can't be read as YAML \(/);
    assert.match(
      refusal("a: 1\na: 2\n", { a: "b" }),
      /^line 2 can't be read as YAML \(Map keys must be unique/,
    );
    assert.match(
      refusal("a: {{ .Values.a }}\nb: {{ if }}{\n", { a: "b" }),
      /A template is no YAML: name the file with the values that it takes$/,
    );
  });

  it("is told with its line, before and after; of a line with several values, alone", () => {
    const text = "a: 1\nimage:\n  tag: a # b\nflow: { tag: c, password: hunter22 }\n";
    assert.deepEqual(editYaml(text, wish({ "flow.tag": "e", "image.tag": "d" })).changes, [
      { path: "image.tag", line: 3, old: "  tag: a # b", new: "  tag: d # b" },
      { path: "flow.tag", line: 4, old: "c", new: "e" },
    ]);
    assert.deepEqual(editYaml(text, wish({ "image.tag": "a" })).changes, []);
  });

  it("of a key with dots or other signs is named in quotes", () => {
    const text = "annotations:\n  example.com/tag: a\n";
    assert.equal(edited(text, { 'annotations["example.com/tag"]': "b" }), text.replace(": a", ": b"));
  });

  it("is, whatever the file, the only thing that another reader finds changed", () => {
    const plain = fc.stringMatching(/^[a-z0-9][a-z0-9.]{0,8}$/);
    const values = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,6}$/),
      fc.oneof(plain, fc.integer(), fc.constant(null)),
      { minKeys: 1 },
    );
    const style = fc.constantFrom("block" as const, "flow" as const);
    fc.assert(
      fc.property(values, plain, style, fc.constantFrom("\n", "\r\n"), (map, value, written, end) => {
        const [key] = Object.keys(map) as [string];
        const lines = Object.entries(map).map(([name, one]) => `${name}: ${JSON.stringify(one)}`);
        const text =
          written === "flow"
            ? `a: { ${lines.join(", ")} }${end}`
            : `a:${end}${lines.map((line) => `  ${line}${end}`).join("")}`;
        const next = edited(text, { [`a.${key}`]: value });
        assert.deepEqual(parse(next), { a: { ...map, [key]: value } });
        assert.equal(parseAllDocuments(next, { version: "1.1" }).length, 1);
        assert.equal(next.split(end).length, text.split(end).length);
      }),
    );
  });
});
