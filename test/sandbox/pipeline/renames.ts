import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { berth, copy, docker, health, SERVER, writePost } from "../../support/stack/sandbox";

const stackFile = join(copy, "Pulumi.dev.yaml");
const page = async () =>
  (await fetch("http://127.0.0.1:8080/", { signal: AbortSignal.timeout(10_000) })).text();
/** Prod runs on that server, too. */
const OF_DEV = ["--filter", "label=berth.stack=dev"];
const volumes = () => docker(["volume", "ls", "-q", ...OF_DEV], SERVER).sort();
const containers = () => docker(["ps", "-aq", "--no-trunc", ...OF_DEV], SERVER).sort();

function edit(change: (text: string) => string): void {
  const text = readFileSync(stackFile, "utf8");
  const changed = change(text);
  assert.notEqual(changed, text);
  writeFileSync(stackFile, changed);
}

async function up(): Promise<void> {
  const ran = await berth(["up", "dev"]);
  assert.equal(ran.code, 0, ran.stderr);
}

/** Asks the app again and again until the work is done, and gives the answers that weren't 200. */
async function askedMeanwhile(work: Promise<unknown>): Promise<string[]> {
  let isDone = false;
  const wrong: string[] = [];
  const finished = work.finally(() => {
    isDone = true;
  });
  finished.catch(() => undefined); // it is awaited below
  for (let asked = 0; !isDone && asked < 20_000; asked++) {
    const answer = await fetch("http://127.0.0.1:8080/", { signal: AbortSignal.timeout(10_000) }).catch(
      (error: Error) => ({ status: error.message }),
    );
    if (answer.status !== 200) wrong.push(String(answer.status));
    await pause(20);
  }
  await finished;
  return wrong;
}

/** To be run while dev of the demo is up; leaves it as it was. */
export function renames(): void {
  const title = `Kept ${Date.now()}`;

  it("an app's data that would go stands first, is refused by every command, and nothing is touched", async () => {
    await writePost(title);
    edit((text) => text.replace("{ path: /data, allowDataLoss: true }", "/data"));
    await up();
    const before = [volumes(), containers()];
    edit((text) => text.replace("data: /data", "files: /data"));
    const preview = JSON.parse((await berth(["preview", "dev", "--json"])).stdout);
    assert.equal(preview.volumes.length, 1);
    assert.equal(preview.volumes[0].what, "app blog: volume data on main");
    const told = await berth(["preview", "dev"]);
    assert.match(
      told.stdout,
      /^LOSES DATA: app blog: volume data on main: would be deleted with \S+ kB in \d+ files?, last written/,
    );
    for (const args of [
      ["up", "dev"],
      ["rollback", "dev"],
    ]) {
      const ran = await berth(args);
      assert.equal(ran.code, 1, args.join(" "));
      assert.match(
        ran.stderr,
        /Nothing was changed\. Updating the stack dev would lose data:\napp blog: volume data/,
      );
      assert.deepEqual([volumes(), containers()], before);
    }
    assert.ok((await page()).includes(title));
    edit((text) => text.replace("files: /data", "data: /data"));
  });

  it("app, server and volume with other names keep data and requests, and come back to their own", async () => {
    const before = volumes().filter((name) => name.startsWith("blog-main-data"));
    assert.equal(before.length, 1);
    edit((text) =>
      text
        .replace(/^ {4}blog:$/m, "    journal:\n      was: blog")
        .replace(/^ {4}main:$/m, "    web:\n      was: main")
        .replace(/servers: \[ ?main ?\]/, "servers: [web]")
        .replace("data: /data", "files: { path: /data, was: data }"),
    );
    assert.deepEqual(await askedMeanwhile(up()), []);
    assert.ok((await page()).includes(title));
    assert.deepEqual(
      volumes().filter((name) => /data/.test(name)),
      before,
    );
    const again = await berth(["up", "dev", "--json"]);
    assert.deepEqual(JSON.parse(again.stdout).changes, {});
    const { services } = { services: JSON.parse((await berth(["ps", "dev", "--json"])).stdout) };
    const names = (services as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names, ["nexus", "web-edge", "web-edge-8080", "web/journal"]);
    edit((text) =>
      text
        .replace("    journal:\n      was: blog", "    blog:\n      was: journal")
        .replace("    web:\n      was: main", "    main:\n      was: web")
        .replace("servers: [web]", "servers: [main]")
        .replace(
          "files: { path: /data, was: data }",
          "data: { path: /data, was: files, allowDataLoss: true }",
        ),
    );
    assert.deepEqual(await askedMeanwhile(up()), []);
    edit((text) => text.replace(/\n {6}was: (journal|web)/g, "").replace(", was: files", ""));
    await up();
    assert.ok((await page()).includes(title));
    assert.equal((await health()).database, "ok");
  });
}
