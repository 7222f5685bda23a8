import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Load, summary } from "../../support/edge/load";
import { OrderFeed } from "../../support/edge/order-feed";
import { givePackages } from "../../support/package/team-repository";
import { Page } from "../../support/page";
import { readersShell, takeCheckout } from "../../support/stack/reader";
import { docker, type Ran, root, whyNoSandbox } from "../../support/stack/sandbox";

const SHOP = "http://127.0.0.1:8180";
/** Together a hundred requests a second. */
const PAGES_PER_SECOND = 90;
const ORDERS_PER_SECOND = 10;
/** More than the load can ask in the time that the test may take. */
const MOST_PAGES = 60_000;
const MOST_UPDATES = 20;
const UPDATES_TAKE_MS = 60_000;
/** What is left of a queue is done within this, also where a lease of 15 s has to end; a worker that hangs is killed after 60 s. */
const PATIENCE_MS = 180_000;

interface Report {
  readonly orders: number;
  readonly open: number;
  readonly invoices: number;
  readonly twice: number;
  readonly releases: Readonly<Record<string, number>>;
}

describe("a reader of examples/shop", function () {
  this.timeout(1_200_000);
  this.bail(true); // each step goes on from the one before
  const checkout = mkdtempSync(join(tmpdir(), "berth-shop-"));
  const commands = (heading: string) =>
    page!.commands.get(heading) ?? assert.fail(`examples/shop/README.md has no "${heading}"`);
  let page: Page | undefined;
  let team: string | undefined;
  let isUp = false;

  before(function () {
    const why = whyNoSandbox();
    if (why) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    takeCheckout(checkout);
    cpSync(join(root, "examples", "shop"), join(checkout, "examples", "shop"), { recursive: true });
    page = new Page(
      "examples/shop/README.md",
      "From a checkout to a shop that is updated",
      checkout,
      reader(),
    );
  });

  after(async () => {
    if (isUp) await types("7. Away");
    const built = docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
    const ours = built.filter((image) => image.includes("/shop:") && !image.includes("<none>"));
    if (ours.length > 0) docker(["image", "rm", "--force", ...ours]);
    page?.remove();
    for (const folder of [team, checkout]) if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function type(text: string): Promise<Ran> {
    const ran = await page!.type(text);
    assert.equal(ran.code, 0, `${text}\n${ran.stdout}\n${ran.stderr}`);
    return ran;
  }

  /** All that stands under a heading, or one block of it. */
  async function types(heading: string, block?: number): Promise<string> {
    const blocks = commands(heading);
    let said = "";
    for (const one of block === undefined ? blocks : [blocks[block]!]) said += (await type(one)).stdout;
    return said;
  }

  const says = async () => (await fetch(`${SHOP}/`)).text();
  const report = async (): Promise<Report> => (await fetch(`${SHOP}/report`)).json() as Promise<Report>;

  /** The report once no job is open. */
  async function allDone(): Promise<Report> {
    for (const end = Date.now() + PATIENCE_MS; ; await pause(500)) {
      const now = await report();
      if (now.open === 0) return now;
      assert.ok(Date.now() < end, `jobs are open still: ${JSON.stringify(now)}`);
    }
  }

  /** Runs something while pages and orders are asked for; no request fails, no job is lost, none is done twice. */
  async function underLoad(what: () => Promise<void>): Promise<Report> {
    const before = await allDone();
    const load = new Load(`${SHOP}/`, PAGES_PER_SECOND, MOST_PAGES);
    const feed = new OrderFeed(`${SHOP}/orders`, ORDERS_PER_SECOND);
    const began = Date.now();
    let answers: Awaited<ReturnType<Load["stop"]>>;
    let accepted: readonly number[];
    try {
      await what();
    } finally {
      accepted = await feed.stop();
      answers = await load.stop();
    }
    const seconds = (Date.now() - began) / 1000;
    console.log(
      `      pages: ${summary(answers)}; orders: ${accepted.length}, ${feed.failures.length} failed; ${Math.round(seconds)} s`,
    );
    assert.deepEqual(feed.failures, []);
    assert.deepEqual(
      answers.answers.filter(({ failure }) => failure !== undefined),
      [],
    );
    assert.ok(answers.answers.length >= PAGES_PER_SECOND * seconds * 0.9, "the load was steady");
    const after = await allDone();
    assert.equal(after.orders - before.orders, accepted.length, "every order that was taken is there");
    assert.equal(after.invoices, after.orders, "no job is lost");
    assert.equal(after.twice, 0, "no job is done twice");
    return after;
  }

  it("gets Berth as a package", async () => {
    await types("");
    team = dirname(page!.place);
    givePackages(page!.place);
    await types("1. Install");
  });

  it("has a page that answers, and a job that is done", async () => {
    isUp = true;
    assert.match(await types("2. Up"), /Shop 1\.0\.0: 0 orders/);
    assert.match(await types("3. A job"), /"orders": 1, "open": 0, "invoices": 1, "twice": 0/);
  });

  it("updates for a minute under 100 requests a second: none fails, no job is lost, none done twice", async () => {
    const [update] = commands("4. An update");
    let updates = 0;
    const { releases } = await underLoad(async () => {
      const end = Date.now() + UPDATES_TAKE_MS;
      while (updates < MOST_UPDATES && Date.now() < end) {
        updates++;
        await type(update!.replaceAll("1.1.0", `1.1.${updates}`));
        assert.match(await says(), new RegExp(`Shop 1\\.1\\.${updates}:`));
      }
    });
    console.log(`      ${updates} updates`);
    assert.ok(updates > 1);
    const worked = Object.keys(releases);
    for (let number = 1; number <= updates; number++) assert.ok(worked.includes(`1.1.${number}`));
  });

  it("isn't held up by a worker that ignores SIGTERM, whose job another one does, and which is killed at its time", async () => {
    await types("5. A worker that hangs", 0);
    const hangs = await report();
    assert.ok(hangs.open > 0, JSON.stringify(hangs));
    const said = await types("5. A worker that hangs", 1);
    assert.match(said, /shop\/worker: \S+, of a release before, ends what it has begun, until /);
    const done = await allDone();
    assert.equal(done.invoices, done.orders);
    assert.equal(done.twice, 0);
    const draining = () =>
      docker(["ps", "--quiet", "--filter", "name=-drains-until-", "--filter", "label=berth.project=shop"]);
    for (const end = Date.now() + PATIENCE_MS; draining().length > 0; await pause(500))
      assert.ok(Date.now() < end, "the worker that hangs is killed at its time");
  });

  it("goes back behind a migration and forward again under the same load, with every order and job", async () => {
    const before = await says();
    await underLoad(async () => {
      await types("6. A migration, and back", 0);
      assert.match(await says(), /Shop 2\.0\.0:/);
      const [back, ask, forward] = commands("6. A migration, and back")[1]!.trim().split("\n");
      await type(back!);
      const { stdout } = await type(ask!);
      assert.equal(stdout.split(":")[0], before.split(":")[0], "the release of before serves");
      await type(forward!);
      assert.match(await says(), /Shop 2\.0\.0:/);
    });
  });
});

/** A person's shell, with a name for commits, and with what npm has kept before what a registry has. */
function reader(): NodeJS.ProcessEnv {
  const who = ["AUTHOR", "COMMITTER"].flatMap((role) => [
    [`GIT_${role}_NAME`, "Ann"],
    [`GIT_${role}_EMAIL`, "ann@berth.invalid"],
  ]);
  return { ...readersShell(process.env), ...Object.fromEntries(who), npm_config_prefer_offline: "true" };
}
