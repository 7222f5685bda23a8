import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { renderPage } from "../../../../automation/report/page/page";
import type { StackReport } from "../../../../automation/report/stack-report";
import { digest, release, sampleReport } from "../../../support/stack/sample-report";

const MEGABYTE = 1_000_000;
const MARKUP = `<img src=x onerror="alert(1)">'"&</script></style>`;

/** As a browser has the text of the page. */
const textOf = (page: string) =>
  page
    .replace(/<(style|script)>.*?<\/\1>/gs, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

/** The same report with a markup in every text that comes from outside. */
function withMarkup(value: unknown, key = ""): unknown {
  if (typeof value === "string")
    return ["state", "result", "made", "when", "since"].includes(key) ? value : MARKUP;
  if (Array.isArray(value)) return value.map((one) => withMarkup(one, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withMarkup(inner, name)]));
}

describe("the page of a report", () => {
  it("says what runs where and since when, and what is not known", () => {
    const text = textOf(renderPage(sampleReport()));
    assert.match(text, /web1\/blog running f342e05b7a91 sha256:3{64} 2026-11-21 10:05 web1/);
    assert.match(text, /web2\/blog: could not be asked: no answer in 15 s/);
  });

  it("has every release with who, commit, pipeline, result and where it runs", () => {
    const text = textOf(renderPage(sampleReport()));
    const failed =
      /0ddba11c0ffe failed 2026-11-20 09:00 · bob · commit f342e05b7a91 · pipeline #70 sha256:2{64}/;
    assert.match(text, failed);
    assert.match(text, /f342e05b7a91 succeeded runs on web1 2026-11-21 10:05 · ann/);
    assert.match(text, /b0dc2294aa01 succeeded 2026-11-12 14:30 · ann · commit f342e05b7a91 · from dev/);
  });

  it("says by which command to go back, the next release without its name", () => {
    const back = ["v2", "v1"].map((tag, at) => ({ tag, digest: digest(String(at)) }));
    const app = (name: string) => ({ app: name, releases: [], back });
    const one = textOf(renderPage(sampleReport({ apps: { found: [app("blog")] } })));
    assert.match(one, /berth rollback prod .* berth rollback prod --to v1 /);
    const two = textOf(renderPage(sampleReport({ apps: { found: [app("blog"), app("shop")] } })));
    assert.match(two, /berth rollback prod --app blog .* berth rollback prod --app shop --to v1 /);
  });

  it("says of each part that could not be asked why, and shows the others", () => {
    const problem = "Docker isn't there";
    const text = textOf(renderPage(sampleReport({ services: { problem } })));
    assert.match(text, /What runs now Not known\. Docker isn&#39;t there/);
    assert.match(text, /0ddba11c0ffe failed/);
  });

  it("says where a release lies, and of a registry that has another image under its tag which", () => {
    const registries = [{ where: "GitLab", digest: digest("9") }, { where: "Nexus" }];
    const releases = [
      release("v2", "2", { registries }),
      release("v1", "1", { registries: registries.slice(1) }),
    ];
    const text = textOf(renderPage(sampleReport({ apps: { found: [{ app: "blog", releases, back: [] }] } })));
    assert.match(text, /sha256:2{64} , in GitLab sha256:9{64}/);
    assert.match(text, /sha256:1{64} not in Nexus/);
  });

  it("says what the registries hold, what cleanup would free, and where that is not known", () => {
    const text = textOf(renderPage(sampleReport()));
    assert.match(text, /GitLab Not known\. Looking at the tags/);
    assert.match(text, /blog 12 1\.8 GB 1 302\.0 MB in 2 tags/);
    const held = { app: "blog", releases: 1, bytes: 0, foreign: 0, cleanup: { problem: "web2 is away" } };
    const unsure = renderPage(
      sampleReport({ registries: [{ where: "Nexus", holds: { found: [held, held] } }] }),
    );
    assert.equal(unsure.match(/web2 is away/g)?.length, 1);
  });

  it("has Nexus's repositories and limits, certificates with days left, and the drift of a run", () => {
    const text = textOf(renderPage(sampleReport()));
    assert.match(text, /releases docker hosted 12 components, 1\.8 GB images/);
    assert.match(text, /pypi offline pypi proxy not known: GET/);
    assert.match(text, /Nexus: limits warn 33120 of 40000 components/);
    assert.match(text, /web1 warn good for 9 days/);
    assert.match(text, /blog-web1-container changed restart, envs\[0\] jars gone/);
    assert.match(text, /Not looked at: 3 resources, as web2 does not answer/);
    const none = { when: "2026-11-30T03:00:12.000Z", resources: [], unseen: [] };
    assert.match(
      textOf(renderPage(sampleReport({ drift: { found: none } }))),
      /ok None: all is as the last update left it/,
    );
  });

  it("lets no name become markup, wherever it stands", () => {
    const page = renderPage(withMarkup(sampleReport()) as StackReport);
    const plain = renderPage(sampleReport());
    const tags = (text: string) => text.match(/<\/?[a-z][a-z0-9]*/g)!.filter((tag) => tag !== "<a");
    assert.deepEqual(tags(page), tags(plain), "no element more, and none less");
    assert.ok(!page.includes("<img"));
    assert.ok(page.includes("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&quot;&amp;&lt;/script&gt;"));
    const attributes = (text: string) => [...text.matchAll(/ (\w+)=/g)].map(([, name]) => name);
    assert.ok(!attributes(page.replaceAll(/onerror=&quot;/g, "")).includes("onerror"));
  });

  it("links to nothing but https and http, and shows what can't be seen", () => {
    const odd = release("v1", "1", { pipeline: "javascript://x/%0aalert(1)", who: "a\u202eb" });
    const page = renderPage(sampleReport({ apps: { found: [{ app: "blog", releases: [odd], back: [] }] } }));
    assert.ok(!page.includes("javascript:"));
    assert.ok(page.includes("a\\u{202e}b"));
  });

  it("loads nothing, and lets only its own style work", () => {
    const page = renderPage(sampleReport());
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(page)!;
    const [, style = ""] = /<style>(.*?)<\/style>/s.exec(page)!;
    const hash = createHash("sha256").update(style).digest("base64");
    assert.match(policy.replaceAll("&#39;", "'"), /^default-src 'none'; /);
    assert.ok(policy.includes(`sha256-${hash}`));
    assert.doesNotMatch(page, /\b(?:src|srcset|action|formaction)=|url\(|@import|https?:\/\//);
    assert.doesNotMatch(page, / style="| on[a-z]+="/);
  });

  it("is below a megabyte with 2,000 releases, each with a link to its pipeline", () => {
    const releases = Array.from({ length: 2_000 }, (_, at) =>
      release(at.toString(16).padStart(12, "0"), String(at % 10), {
        digest: `sha256:${at.toString(16).padStart(64, "0")}`,
        pipeline: `https://gitlab.example.com/teams/shop/blog/-/pipelines/${100_000 + at}`,
        from: "dev",
        registries: ["GitLab", "Nexus"].map((where) => ({
          where,
          digest: `sha256:${at.toString(16).padStart(64, "0")}`,
        })),
      }),
    );
    const page = renderPage(sampleReport({ apps: { found: [{ app: "blog", releases, back: [] }] } }));
    assert.equal(page.match(/<li class="succeeded"/g)?.length, 2_000);
    assert.ok(Buffer.byteLength(page) < MEGABYTE, `${Buffer.byteLength(page)} bytes`);
  });
});
