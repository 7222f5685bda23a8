import assert from "node:assert/strict";
import { nameOf, pageApp, type Stage, says } from "./stage";

/** From dev, which runs the page `three`, to prod, which has a Nexus of its own. */
export function promotion(stage: () => Stage): void {
  it("is promoted by the digest that dev runs, while its tag has moved and the hub is away", async () => {
    stage().write("prod", 9181, `${pageApp("page", 'image: "page:1"', 9190)}      release: none\n`);
    await stage().berth("up", "prod");
    const four = await stage().hub.publish("four");
    const [inDev] = await stage().releases("dev", "page");
    assert.notEqual(inDev!.digest, four);
    await stage().away(async () => {
      await stage().berth("promote", "dev", "prod", "--app", "page");
      assert.deepEqual(await says(9190), ["three"]);
      const [inProd] = await stage().releases("prod", "page");
      assert.deepEqual([inProd!.tag, inProd!.digest], [inDev!.tag, inDev!.digest]);
      const { stdout } = await stage().berth("preview", "prod", "--json");
      assert.deepEqual(JSON.parse(stdout).changes, {}, "it looks nothing up");
    });
  });

  it("that was promoted stays pinned where its tag can't be looked up, and goes on with the tag when it can", async () => {
    const pinned = stage().text("prod");
    await stage().away(async () => {
      const said = await stage().refused("up", "prod", "--unpin");
      assert.match(
        said,
        /what page:1 points to isn't known, .*ECONNREFUSED.*\nNothing was changed\. Correct /,
      );
    });
    assert.equal(stage().text("prod"), pinned);
    assert.deepEqual(await says(9190), ["three"]);
    const { stdout } = await stage().berth("up", "prod", "--unpin");
    assert.match(stdout, new RegExp(`page ${nameOf(await stage().hub.digest("1"))} runs on main`));
    assert.deepEqual(await says(9190), ["four"]);
  });
}
