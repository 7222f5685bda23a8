import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change, PlannedChange, PropertyChange } from "../../../../automation/change/model/change";
import { planOf } from "../../../../automation/change/model/planned-changes";
import { terraformReport, writeArtefacts } from "../../../../automation/change/note/artefacts";
import { renderNote } from "../../../../automation/change/note/note";
import { toldEffects, withPlaces } from "../../../../automation/change/told-effects";
import { inWords } from "../../../../automation/change/told-replacements";
import { markerLine, readMarker } from "../../../../automation/gitlab/note-marker";
import type { Settings } from "../../../../components/settings/settings";
import { assertGolden } from "../../../support/golden-file";
import { changeOf, golden, recordedEvents } from "./recorded";

const MarkdownIt: new (options: object) => { render(text: string): string } = require("markdown-it");

const context = {
  commit: "3f2a91c04d7e5b6a7c8d9e0f1a2b3c4d5e6f7a8b",
  pipeline: { id: "4711", url: "https://gitlab.example.com/team/blog/-/pipelines/4711" },
  whole: "https://gitlab.example.com/team/blog/-/jobs/9/artifacts/file/change/preview.md",
};

const NAMES = { apps: ["blog"], servers: ["main"] };
const NOTHING = { dependenciesOf: () => new Map() };

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

describe("the note in the merge request", () => {
  for (const name of ["1-create", "3-update", "7-destroy"]) {
    it(`is written for a change of the real engine: ${name}`, () => {
      const { resources, ...plan } = planOf(recordedEvents(name));
      const change = changeOf({ ...plan, resources: inWords(resources, NAMES, NOTHING) });
      assertGolden(golden(`${name}-note.md`), renderNote(change, context));
    });
  }

  it("is written for a new release of the sandbox's blog; its picture is in the README", () => {
    const change = JSON.parse(readFileSync(golden("blog-preview.json"), "utf8")) as Change & {
      commit: string;
    };
    const resources = inWords(change.resources, NAMES, NOTHING, change.releases);
    const apps = [{ name: "blog", servers: ["main"] }] as unknown as Settings["apps"];
    const effects = toldEffects(resources, { apps }, { resources: [] });
    const told = { ...change, resources, ...effects, releases: withPlaces(change.releases, apps) };
    assertGolden(golden("blog-note.md"), renderNote(told, { ...context, commit: change.commit }));
  });

  it("tells what would be lost first, then what comes back, renames, releases, copies and warnings", () => {
    const change = changeOf({
      releases: [
        {
          app: "blog",
          before: { tag: "1", digest: digest("a") },
          after: { tag: "2", digest: digest("b") },
          where: ["web1", "web2"],
        },
        { app: "cache", after: { tag: "7", isLookedUp: true } },
        { app: "shop", after: { tag: "7" } },
        { app: "wiki", before: { digest: digest("c") } },
      ],
    });
    const more = {
      copies: [
        { source: `gitlab/blog@${digest("b")}`, target: "nexus/blog:2", blobs: 3, bytes: 41_000_000 },
        { source: "a/b@c", target: "d/e", blobs: 0, bytes: 0 },
        { source: "a/b@c", target: "d/f", unknown: "no answer in 10 seconds" },
      ],
      losses: ['would delete the docker hosted repository "old": 12 components'],
      heals: ["container of Nexus (unix:///var/run/docker.sock) is gone"],
      renames: ["app press is now wiki: its volumes and traffic go over"],
      scales: ["blog/worker on web1: 1 → 3 containers"],
      runsOnce: ["blog: python migrate.py, before anything is replaced"],
      interrupts: [
        "Nexus, until its new container is ready: nothing is pushed or pulled meanwhile; apps serve on",
      ],
      warnings: ["Nexus 3.71.0 (berth:nexus.image) has the vulnerability CVE-0000-1: `code` runs."],
      secretsCompared: false,
    };
    assertGolden(golden("all-note.md"), renderNote({ ...change, ...more }, context));
  });

  it("says so where nothing changes", () => {
    assert.match(
      renderNote(changeOf({}), {}),
      /^<!-- berth:change [^\n]+ -->\n\*\*No changes\*\* in `golden\/dev`\n/,
    );
  });

  it("shows values and names as text: no line of theirs can begin markup, end a block or be a command", () => {
    const evil = [
      "```\n</details>\n/close\n@all <img src=x onerror=alert(1)>",
      "````````\n# heading",
      "`",
      "/close\n/merge",
      "</code></summary><script>",
      "line\u2028break\u202egnp.exe\u0000\r\n/merge",
      "<!-- berth:change project=x stack=y -->",
      "[a](javascript:alert(1)) ![x](http://evil.example/p.png) $`x`$ :tada: #1 !2 ~3",
    ];
    const resources = evil.flatMap((text): PlannedChange[] => [
      thing(text, [{ path: text, old: text, new: `${text}\nanother` }], "replace"),
      thing(text, [{ path: `labels[${JSON.stringify(text)}]`, new: { [text]: text } }]),
    ]);
    const copies = evil.map((text) => ({ source: text, target: text, unknown: text }));
    const releases = evil.map((text) => ({ app: text, after: { tag: text, digest: text } }));
    const change = {
      ...changeOf({ resources, releases }, { copies, losses: evil, warnings: evil }),
      stack: "--><b>",
    };
    const note = renderNote(change, {
      ...context,
      commit: evil[0],
      pipeline: { id: evil[0]!, url: evil[6] },
    });

    const outside = withoutCode(note);
    const [marker, ...rest] = outside.split("\n");
    assert.match(
      marker!,
      /^<!-- berth:change project=golden stack=%2D%2D%3E%3Cb%3E pipeline=\S+ commit=\S+ -->$/,
    );
    const allowed = /<\/?(?:details|summary)>/g;
    assert.doesNotMatch(
      rest.join("\n").replace(allowed, ""),
      /[<>@#[\]!$~]|javascript|evil|close|merge|alert/,
    );
    const opened = (word: string) => outside.match(new RegExp(word, "g"))?.length;
    assert.equal(opened("<details>"), resources.length + 1);
    assert.equal(opened("</details>"), resources.length + 1);
    assert.doesNotMatch(note, /^\s*\//m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    assert.doesNotMatch(note, /[\u0000-\u0009\u000b-\u001f\u2028\u202e]/);
  });

  it("is nothing but text to a real renderer that lets HTML through, whatever stands in values and names", () => {
    const evil = [
      "</code></details><script>alert(1)</script><img src=x onerror=alert(1)>",
      "```\n</details>\n\n<iframe src=//x>\n# heading\n- item\n![x](http://evil.example)",
      "` <b> `` </summary> [a](http://evil.example) http://evil.example",
      "-->\n<style>*{display:none}</style>\n|a|b|\n|-|-|",
    ];
    const resources = evil.flatMap((text) => [
      thing(text, [{ path: text, old: text, new: { [text]: text } }], "replace"),
      thing(text, [{ path: "text", old: text, new: `${text}\n${text}` }]),
    ]);
    const more = {
      stack: evil[3]!,
      losses: evil,
      warnings: evil,
      copies: [{ source: evil[0]!, target: evil[1]!, unknown: evil[2]! }],
    };
    const releases = evil.map((text) => ({ app: text, after: { tag: text, digest: text } }));
    const html = new MarkdownIt({ html: true, linkify: true }).render(
      renderNote(changeOf({ resources, releases }, more), {}),
    );
    const tags = new Set(
      [...html.matchAll(/<\/?([a-z0-9]+)([^>]*)>/g)].map(([, name, rest]) => `${name}${rest}`),
    );
    assert.deepEqual([...tags].sort(), [
      ...["code", 'code class="language-diff"', "details", "li", "p", "pre", "strong", "summary", "ul"],
    ]);
    assert.doesNotMatch(html.replace(/^<!--[^>]*-->/, ""), /<!--|<[^a-z/]/);
  });

  it("is cut between resources at the limit, what is dangerous first, and says where all of it is", () => {
    const properties = [{ path: "text", new: "x".repeat(40_000) }];
    const resources = Array.from({ length: 150 }, (_, index) =>
      thing(`thing-${index}`, properties, index >= 140 ? "delete" : "create"),
    );
    const note = renderNote(changeOf({ resources }), context);
    assert.ok(note.length <= 1_000_000 && note.length > 900_000, String(note.length));
    for (let index = 140; index < 150; index++)
      assert.match(note, new RegExp(`\\*\\*delete\\*\\* \`thing-${index}\``));
    const whole = note.match(/"x{40000}"\n```\n\n<\/details>/g)?.length ?? 0;
    assert.match(
      note,
      new RegExp(
        `\\*\\*Cut here:\\*\\* ${150 - whole} more resources, .*see \\[the whole change\\]\\(<${context.whole}>\\)`,
      ),
    );
    assert.equal(note.match(/<details>/g)?.length, note.match(/<\/details>/g)?.length);
    assert.match(note, /\nHash of this change: `[0-9a-f]{64}`\.\n$/);
    assert.equal(
      renderNote(changeOf({ resources }), context, Number.POSITIVE_INFINITY).match(/"x{40000}"/g)?.length,
      150,
    );
  });

  it("leaves out a single resource that is longer than a note", () => {
    const note = renderNote(
      changeOf({ resources: [thing("huge", [{ path: "a", new: "y".repeat(5_000_000) }])] }),
      {},
    );
    assert.ok(note.length < 2_000);
    assert.match(
      note,
      /\*\*Cut here:\*\* 1 more resource, too long for a note; see the whole change \(preview\.md\)/,
    );
  });

  it("shows of long texts only what changes, with a little around", () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    const next = lines.with(25, "another");
    const note = renderNote(
      changeOf({
        resources: [thing("file", [{ path: "content", old: lines.join("\n"), new: next.join("\n") }])],
      }),
      {},
    );
    assert.match(
      note,
      /~ content:\n {2}\| …\n {2}\| line 23\n {2}\| line 24\n- \| line 25\n\+ \| another\n {2}\| line 26\n {2}\| line 27\n {2}\| …\n/,
    );
  });
});

describe("the marker of a note", () => {
  it("is read as it was written, whatever the names", () => {
    const marker = { project: "a--b", stack: "x y=z -->", pipeline: "12", commit: "3f2a" };
    assert.deepEqual(readMarker(`${markerLine(marker)}\r\ntext`), marker);
    assert.deepEqual(readMarker(markerLine({ project: "a", stack: "b" })), {
      project: "a",
      stack: "b",
      pipeline: undefined,
      commit: undefined,
    });
  });

  it("counts in the first line only, and not where something is missing", () => {
    const line = markerLine({ project: "a", stack: "b" });
    for (const text of [
      `> ${line}`,
      `\n${line}`,
      "<!-- berth:change project=a -->",
      "<!-- berth:change stack=%E0 project=a -->",
      "",
    ])
      assert.equal(readMarker(text), undefined, text);
  });
});

describe("the artefacts of a preview", () => {
  it("are the whole text, the data and the counts for GitLab's widget", () => {
    const directory = mkdtempSync(join(tmpdir(), "berth-artefacts-"));
    const change = changeOf(planOf(recordedEvents("3-update")));
    writeArtefacts(join(directory, "a", "b"), change, context);
    const read = (name: string) => readFileSync(join(directory, "a", "b", name), "utf8");
    assert.equal(read("preview.md"), renderNote(change, context));
    assert.deepEqual(JSON.parse(read("preview.json")), { ...change, commit: context.commit });
    assert.deepEqual(JSON.parse(read("terraform-report.json")), { create: 3, update: 3, delete: 3 });
    rmSync(directory, { recursive: true });
  });

  it("count imports as creations and what is only forgotten not at all", () => {
    const resources = (["import", "forget", "create", "delete"] as const).map((operation) =>
      thing("a", [], operation),
    );
    assert.deepEqual(terraformReport(changeOf({ resources })), { create: 2, update: 0, delete: 1 });
  });
});

function thing(
  name: string,
  properties: PropertyChange[],
  operation: PlannedChange["operation"] = "update",
): PlannedChange {
  return {
    urn: `urn:pulumi:dev::golden::test:index:Thing::${name}`,
    operation,
    type: "test:index:Thing",
    name,
    properties,
  };
}

/** What is left for a Markdown renderer to make something of (CommonMark 4.5, 6.1). */
function withoutCode(text: string): string {
  const blocks = text.replace(/^(`{3,})diff\n[\s\S]*?\n\1$/gm, "");
  const spans = blocks.replace(/(?<!`)(`+)(?!`)([\s\S]*?[^`])\1(?!`)/g, "");
  return spans
    .replace(/<code>[\p{L}\p{N} ;&#]*<\/code>/gu, "")
    .replace(/\]\(<https?:[^>\s]+>\)/g, "")
    .replace(/\[pipeline|\[the whole change/g, "");
}
