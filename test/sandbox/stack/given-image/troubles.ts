import assert from "node:assert/strict";
import { nameOf, type Stage, says } from "./stage";

/** What can't be had. Dev runs the page `two`. */
export function troubles(stage: () => Stage): void {
  const image = (name: string) => (text: string) => text.replace('image: "page:1"', `image: "${name}"`);

  /** By preview and up alike, with the same words, and dev runs on as it did. */
  async function isRefused(name: string, words: RegExp): Promise<void> {
    const before = await stage().releases("dev", "page");
    await stage().with(image(name), async () => {
      for (const command of ["preview", "up"]) assert.match(await stage().refused(command, "dev"), words);
    });
    assert.deepEqual(await says(9090, 9091), ["two", "two"]);
    assert.deepEqual(
      (await stage().releases("dev", "page")).filter(({ runsOn }) => runsOn.length > 0),
      before.filter(({ runsOn }) => runsOn.length > 0),
    );
  }

  it("whose tag isn't there is refused before anything is done, with what to do", () =>
    isRefused(
      "page:9",
      /^berth: page: what page:9 points to isn't known, and the last update has no digest of it to stay at: Nexus's log says: .*404.*\nNothing was changed\. Correct berth:apps\.page\.image, or run this again once the registry has it and answers\.$/m,
    ));

  it("for another platform than its server's is refused", async () => {
    await stage().hub.publish("arm", { tag: "arm", architectures: ["arm64"] });
    await isRefused(
      "page:arm",
      /(error|look at its image): berth:apps\.page\.image: \S+\/page:arm is for linux\/arm64, and main is linux\/amd64, which does not run it: take one that is for it as well$/m,
    );
  });

  it("stays what it is while its hub is down, and all else is done; a new one is refused", async () => {
    await stage().away(async () => {
      await stage().hub.publish("three");
      stage().edit((text) => text.replaceAll("memory: 128", "memory: 160"));
      await stage().berth("up", "dev");
      assert.deepEqual(await says(9090, 9091), ["two", "two"]);
      await isRefused(
        "page:8",
        /page:8 points to isn't known, .*ECONNREFUSED.*\nNothing was changed\. Correct /,
      );
    });
  });

  it("whose hub goes down between preview and up is not deployed, and the next up deploys it", async () => {
    const three = await stage().hub.publish("three");
    const { stdout } = await stage().berth("preview", "dev");
    assert.match(stdout, new RegExp(`page on main: \\S+ → ${nameOf(three)}$`, "m"));
    await stage().away(async () => {
      assert.match(await stage().refused("up", "dev"), /page: copy to Nexus:/);
      assert.deepEqual(await says(9090, 9091), ["two", "two"]);
    });
    await stage().berth("up", "dev");
    assert.deepEqual(await says(9090, 9091), ["three", "three"]);
  });
}
