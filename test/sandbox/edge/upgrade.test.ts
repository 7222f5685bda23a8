import assert from "node:assert/strict";
import { edgesIn } from "../../../components/edge/previous-edges";
import { ADDRESS, EdgeStage } from "../../support/edge/edge-stage";
import { Load, summary } from "../../support/edge/load";
import { type OlderApp, olderServer, olderSite, olderTraffic } from "../../support/edge/older-edge";
import { freePort } from "../../support/free-port";
import { needsDocker } from "../../support/stack/own-sandbox";

const PER_SECOND = 100;
const MOST_REQUESTS = 60_000;

/**
 * A stack as version 21692b3 left it, whose edge publishes its ports itself, and data in the edge's volume; then this
 * version's updates.
 */
describe("a server of the version before doors", function () {
  this.timeout(600_000);
  const stage = new EdgeStage("edgeupgrade");
  const apps: OlderApp[] = [];
  const known = { edge: "", containers: new Map<string, string>() };

  const url = (port: number) => `http://${ADDRESS}:${port}/`;
  const says = async (port: number) => (await fetch(url(port))).text();
  const wish = (...more: OlderApp[]) => ({
    apps: Object.fromEntries([...apps, ...more].map(({ name, ...app }) => [name, app])),
  });
  const ids = async () =>
    Object.fromEntries(
      await Promise.all(
        ["web-edge", "blog-container", "shop-container"].map(async (resource) => [
          resource,
          (await stage.containers(resource)).map(({ Id }) => Id),
        ]),
      ),
    );
  /** As the program finds it out. */
  const oldEdge = async () => {
    const [found] = edgesIn({ deployment: await stage.stack.state() }, ["web-edge"]);
    return found?.[1];
  };

  before(async function () {
    await needsDocker(this);
    await stage.prepare();
    for (const name of ["blog", "shop"]) apps.push({ name, publish: await freePort(), port: 8000 });
    await stage.stack.up(() => {
      const container = stage.appContainer.bind(stage);
      const edge = olderServer(stage.caddyImage, apps, (name, port, network, provider) => {
        const made = container(name, port, network, provider);
        made.name.apply((own) => known.containers.set(name, own));
        return made;
      });
      edge.apply((own) => {
        known.edge = own;
      });
    });
    for (const app of apps) await deployAsBefore(app);
    for (const { publish, name } of apps) assert.equal(await says(publish), name);
  });

  after(() => stage.remove());

  /** What the traffic of that version did: the app's site and target, a load, and its part of the state. */
  async function deployAsBefore(app: OlderApp): Promise<void> {
    const { name, port } = app;
    const container = known.containers.get(name)!;
    const script = [
      `mkdir -p /config/sites /config/targets/${name}`,
      `: > /config/targets/${name}/${container}:${port}`,
      `printf %s "$0" > /config/sites/${name}.caddy`,
      "caddy reload --force --config /etc/caddy/Caddyfile --adapter caddyfile",
    ];
    await stage.docker("exec", known.edge, "sh", "-c", script.join(" && "), olderSite(app));
    await stage.stack.addDynamic("deploy:Traffic", `${name}-traffic`, name, {
      ...olderTraffic(app, known.edge, container),
      code: "components/traffic#Traffic",
    });
  }

  async function under(work: () => Promise<void>): Promise<void> {
    const loads = apps.map(({ publish }) => new Load(url(publish), PER_SECOND, MOST_REQUESTS));
    try {
      await work();
    } finally {
      for (const load of loads) load.stop().catch(() => undefined);
    }
    for (const load of loads) {
      const all = await load.stop();
      console.log(`      ${summary(all)}`);
      assert.deepEqual(
        all.answers.filter(({ failure }) => failure !== undefined),
        [],
      );
    }
  }

  it("is taken over by the first update: nothing is replaced, nothing lost, no request fails", async () => {
    const before = await ids();
    const [volume] = await stage.volumes();
    await under(async () => {
      await stage.up(wish(), await oldEdge());
    });
    assert.deepEqual(await ids(), before);
    assert.deepEqual(await stage.volumes(), [volume]);
    assert.equal((await stage.containers("web-edge-a")).length, 0, "there is nothing for it to do");
    const program = stage.program(wish(), await oldEdge());
    assert.deepEqual(Object.keys(await stage.stack.preview(program)), ["same"]);
  });

  it("gets doors for what comes, beside the edge that it has: no request fails", async () => {
    const cart = { name: "cart", publish: await freePort(), port: 8000 };
    const before = await ids();
    await under(async () => {
      await stage.up(wish(cart), await oldEdge());
      assert.equal(await says(cart.publish), "cart");
      await stage.up(wish(cart, { ...cart, name: "wares", publish: await freePort() }), await oldEdge());
      await stage.up(wish(cart), await oldEdge());
    });
    assert.deepEqual(await ids(), before);
    assert.equal((await stage.containers(`web-edge-${cart.publish}`)).length, 1);
  });

  it("gives the old edge up where nobody wants its ports any more, and where it is gone", async () => {
    const [blog, shop] = apps as [OlderApp, OlderApp];
    const cart = { name: "cart", publish: await freePort(), port: 8000 };
    await stage.docker("rm", "--force", known.edge);
    const began = Date.now();
    await stage.up(wish(cart)); // the program finds out that it is gone
    console.log(`      given up in ${Date.now() - began} ms`);
    assert.deepEqual([await says(blog.publish), await says(shop.publish)], ["blog", "shop"]);
    assert.equal(await oldEdge(), undefined);
    await under(async () => {
      await stage.up(wish());
    });
    assert.equal((await stage.volumes()).length, 1);
  });
});
