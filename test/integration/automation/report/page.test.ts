import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { renderPage } from "../../../../automation/report/page/page";
import type { StackReport } from "../../../../automation/report/stack-report";
import { Browser, browserMissing, width } from "../../../support/chromium";
import { digest, release, sampleReport } from "../../../support/stack/sample-report";

const LOOKS = [
  { name: "light", phone: false, dark: false },
  { name: "dark", phone: false, dark: true },
  { name: "phone", phone: true, dark: false },
  { name: "dark phone", phone: true, dark: true },
];

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** In a real browser, from a file and without a network. With $PICTURES, a folder, it keeps what it sees. */
describe("the page of a report in a browser", function () {
  this.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), "berth-report-"));
  const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  let browser: Browser;

  before(async function () {
    const why = await browserMissing();
    if (why !== undefined) {
      if (process.env["CI"]) throw new Error(`CI looks at the page in a browser: ${why}`);
      console.log(`  skipped: ${why}`);
      this.skip();
    }
    browser = await Browser.start();
  });

  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(report: StackReport): Promise<string> {
    const file = join(folder, "index.html");
    writeFileSync(file, renderPage(report));
    browser.errors.length = browser.asked.length = 0;
    await browser.open(pathToFileURL(file).href);
    return file;
  }

  async function keep(name: string): Promise<void> {
    const pictures = process.env["PICTURES"];
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    writeFileSync(join(pictures, `${name.replace(" ", "-")}.png`), await browser.picture());
  }

  const shown = () =>
    browser.evaluate<string[]>(
      `[...document.querySelectorAll(".line li")].filter((item) => item.checkVisibility()).map((item) => item.querySelector("b").textContent)`,
    );
  /** As somebody types or chooses it. */
  const fill = (field: string, value: string) =>
    browser.evaluate(
      `(() => { const field = document.querySelector("form [name=${field}]"); field.value = ${JSON.stringify(value)};
        field.dispatchEvent(new Event("input", { bubbles: true })); })()`,
    );

  for (const { name, ...look } of LOOKS)
    it(`has no errors, nothing for axe to find and nothing beside the screen: ${name}`, async () => {
      await browser.look(look);
      const file = await open(sampleReport());
      await browser.evaluate(`${axe}; 0`);
      const found = await browser.evaluate<Finding[]>("axe.run().then(({ violations }) => violations)");
      assert.deepEqual(
        found.flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
        ),
        [],
      );
      assert.deepEqual(browser.errors, []);
      assert.deepEqual(browser.asked, [pathToFileURL(file).href]);
      assert.equal(await browser.evaluate("document.documentElement.scrollWidth"), width(look));
      await keep(name);
    });

  it("has links that lead somewhere, each", async () => {
    await open(sampleReport());
    const lost = await browser.evaluate<string[]>(
      `[...document.links].map((link) => link.getAttribute("href")).filter((to) => !to.startsWith("#") || !document.getElementById(to.slice(1)))`,
    );
    assert.deepEqual(lost, []);
    assert.ok((await browser.evaluate<number>("document.links.length")) >= 7);
  });

  it("finds releases by words, result and app, and says how many", async () => {
    const shop = { app: "shop", releases: [release("s1", "8", { who: "cleo" })], back: [] };
    const blog = {
      app: "blog",
      releases: [release("b2", "2", { who: "bob" }), release("b1", "1", { who: "bob", result: "failed" })],
      back: [],
    };
    await open(sampleReport({ apps: { found: [blog, shop] } }));
    const count = () => browser.evaluate<string>(`document.querySelector("form output").value`);
    assert.deepEqual([await shown(), await count()], [["b2", "b1", "s1"], "3 of 3"]);
    await fill("text", "BOB");
    assert.deepEqual(await shown(), ["b2", "b1"]);
    await fill("result", "failed");
    assert.deepEqual([await shown(), await count()], [["b1"], "1 of 3"]);
    await fill("text", digest("8").slice(0, 20));
    assert.deepEqual(await shown(), []);
    await fill("result", "");
    await fill("app", "shop");
    assert.deepEqual(await shown(), ["s1"]);
    await fill("app", "blog");
    assert.deepEqual([await shown(), await count()], [[], "0 of 3"]);
    assert.deepEqual(browser.errors, []);
  });

  it("shows every release without its script, and no field that would do nothing", async () => {
    const file = join(folder, "plain.html");
    writeFileSync(file, renderPage(sampleReport()).replace(/<script>.*<\/script>/s, ""));
    await browser.open(pathToFileURL(file).href);
    assert.equal((await shown()).length, 3);
    assert.equal(await browser.evaluate(`document.querySelector("form").checkVisibility()`), false);
  });

  it("runs no markup out of a name, and finds among 2,000 releases", async () => {
    const evil = `<img src=x onerror="document.title='run'"><script>document.title='run'</script>`;
    const releases = Array.from({ length: 2_000 }, (_, at) =>
      release(`v${at}`, "1", { who: evil, digest: digest("1") }),
    );
    await open(
      sampleReport({ project: evil, apps: { found: [{ app: evil, releases, back: [{ tag: evil }] }] } }),
    );
    assert.equal(await browser.evaluate("document.querySelectorAll('img').length"), 0);
    assert.notEqual(await browser.evaluate("document.title"), "run");
    await fill("text", "v1999");
    assert.deepEqual(await shown(), ["v1999"]);
    assert.deepEqual(browser.errors, []);
  });
});
