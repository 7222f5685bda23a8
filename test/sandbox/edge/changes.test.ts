import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { changeService } from "../../../automation/services/change-service";
import { restartEdge } from "../../../components/edge/restart-edge";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { ADDRESS, CADDY, EdgeStage, NGINX } from "../../support/edge/edge-stage";
import { under } from "../../support/edge/under-load";
import { freePort } from "../../support/free-port";
import { Authority } from "../../support/http/authority";
import { needsDocker } from "../../support/stack/own-sandbox";

describe("an edge that changes under a load, in plain http", function () {
  this.timeout(600_000);
  const stage = new EdgeStage("edgechanges");
  const ports: number[] = [];
  let websocket: Line;

  const url = (port: number) => `http://${ADDRESS}:${port}/`;
  const says = async (port: number) => (await fetch(url(port))).text();
  const containers = async (resource: string) => (await stage.containers(resource)).map(({ Id }) => Id);

  before(async function () {
    await needsDocker(this);
    await stage.prepare();
    for (let count = 0; count < 6; count++) ports.push(await freePort());
    const [one, two] = ports as [number, number];
    await stage.up({ apps: { blog: { publish: one }, shop: { publish: two } } });
    websocket = await Line.open(one);
  });

  after(async () => {
    websocket?.close();
    await stage.remove();
  });

  it("apps come, move, swap their ports, are renamed and go: no request fails", async () => {
    const [one, two, three, four] = ports as [number, number, number, number];
    const blog = { publish: one };
    const shop = { publish: two };
    const doors = await containers(`web-edge-${one}`);
    const said = await under([url(one), url(two)], async () => {
      await stage.up({ apps: { blog, shop, cart: { publish: three } } });
      assert.equal(await says(three), "cart");
      await stage.up({ apps: { blog, shop: { ...shop, port: 8001 }, cart: { publish: three } } });
      await stage.up({ apps: { blog, shop, cart: { publish: four } } });
      assert.equal(await says(four), "cart");
      await assert.rejects(says(three), "nobody wants its old port");
      const [renamed] = await under([url(four)], async () => {
        await stage.up({ apps: { blog, shop, basket: { publish: four } } });
      });
      assert.deepEqual(renamed, ["cart", "basket"]);
      await stage.up({ apps: { blog: { publish: two }, shop: { publish: one }, basket: { publish: four } } });
      assert.deepEqual([await says(one), await says(two)], ["shop", "blog"]);
      await stage.up({ apps: { blog: { publish: two }, shop: { publish: one } } });
    });
    assert.deepEqual(said, [
      ["blog", "shop"],
      ["shop", "blog"],
    ]);
    await assert.rejects(says(four), "removed");
    assert.deepEqual(await containers(`web-edge-${one}`), doors, "a door is never replaced");
    const program = stage.program({ apps: { blog: { publish: two }, shop: { publish: one } } });
    assert.deepEqual(Object.keys(await stage.stack.preview(program)), ["same"]);
  });

  it("keeps a websocket over all of it", async () => {
    assert.equal(await websocket.echo("still there"), "still there");
  });

  it("tells the app whose request it is, and believes no header of a client", async () => {
    const [one] = ports as [number];
    const answer = await fetch(`${url(one)}headers`, { headers: { "x-forwarded-for": "6.6.6.6" } });
    const headers = (await answer.json()) as Record<string, string>;
    const [door] = await stage.containers(`web-edge-${one}`);
    const [network] = Object.values(door!.NetworkSettings.Networks);
    // Docker hands on what comes from this machine itself as coming from the gateway.
    assert.equal(headers["x-forwarded-for"], network!.Gateway);
  });

  it("is restarted without a request noticing", async () => {
    const [one, two] = ports as [number, number];
    const docker = `unix://${standardSocket}`;
    const [edge] = await stage.containers("web-edge-a");
    await under([url(one), url(two)], async () => {
      const restarted: string[] = [];
      const restart = async (container: string) => {
        restarted.push(container);
        const wish = { verb: "restart", service: "web-edge", docker, container, healthTimeout: 30 } as const;
        await changeService({ ...wish, secrets: { stack: "dev", known: async () => undefined } });
      };
      assert.ok(await restartEdge({ docker, edge: edge!.Id }, restart));
      assert.equal(restarted.length, 2);
    });
  });

  it("serves on where it refuses a configuration, and says what it said", async () => {
    const [one, two, three] = ports as [number, number, number];
    const apps = { blog: { publish: two }, shop: { publish: one } };
    const more = { ...apps, cart: { publish: three } };
    const [edge] = await stage.containers("web-edge-a");
    const inEdge = (script: string) => stage.docker("exec", edge!.Id, "sh", "-c", script);
    await inEdge("printf ':1 {\\n\\tnonsense\\n}\\n' > /config/apps/hand.caddy");
    await under([url(one), url(two)], async () => {
      await assert.rejects(
        stage.up({ apps: more }),
        /cart: the edge proxy of web did not take the new route; no traffic has moved\. It said:\n.*web-edge-[ab]-\w+: .*hand\.caddy/s,
      );
      assert.equal(
        (await inEdge("ls /config/apps")).split("\n").filter((file) => file.includes("cart")).length,
        0,
      );
      await inEdge("rm /config/apps/hand.caddy");
      await stage.up({ apps: more });
      assert.equal(await says(three), "cart");
      await stage.up({ apps });
    });
  });

  it("takes nothing down for a port that another process has, and says so at preview", async () => {
    const [one, two, , , taken] = ports as [number, number, number, number, number];
    const apps = { blog: { publish: two }, shop: { publish: one }, cart: { publish: taken } };
    const server = createServer().listen(taken, ADDRESS);
    const before = await containers("web-edge-a");
    await under([url(one), url(two)], async () => {
      const reason = new RegExp(
        `port ${taken} of unix://${standardSocket} is taken by another process; choose another in berth:apps\\.cart\\.publish, or free it`,
      );
      await assert.rejects(stage.stack.preview(stage.program({ apps })), reason);
      await assert.rejects(stage.up({ apps }), reason);
    });
    server.close();
    assert.deepEqual(await containers("web-edge-a"), before);
  });

  it("comes back with the next update where doors or edges were removed by hand", async () => {
    const [one, two] = ports as [number, number];
    const wish = { apps: { blog: { publish: two }, shop: { publish: one } } };
    await stage.up(wish);
    const gone = [...(await containers(`web-edge-${two}`)), await stage.idleEdge()];
    await stage.docker("rm", "--force", ...gone);
    await under([url(one)], async () => {
      await stage.stack.refresh();
      await stage.up(wish);
    });
    assert.deepEqual([await says(one), await says(two)], ["shop", "blog"]);
    await stage.docker(
      "rm",
      "--force",
      ...(await containers("web-edge-a")),
      ...(await containers("web-edge-b")),
    );
    await stage.stack.refresh();
    await stage.up(wish);
    assert.deepEqual([await says(one), await says(two)], ["shop", "blog"]);
  });
});

describe("an edge that changes under a load, with TLS", function () {
  this.timeout(600_000);
  const stage = new EdgeStage("edgetls");
  const authority = new Authority();
  const ports: number[] = [];

  before(async function () {
    await needsDocker(this);
    await stage.prepare();
    for (let count = 0; count < 6; count++) ports.push(await freePort());
    await stage.docker("rmi", "--force", OTHER_CADDY).catch(() => undefined);
    const context = `FROM ${CADDY}\nLABEL another=image\n`;
    const { pack } = await import("tar-stream");
    const archive = pack();
    archive.entry({ name: "Dockerfile" }, context);
    archive.finalize();
    const client = dockerAt(standardSocket);
    const stream = await client.buildImage(archive, { t: OTHER_CADDY });
    await new Promise((resolve, reject) =>
      client.modem.followProgress(stream, (error) => (error ? reject(error) : resolve(undefined))),
    );
  });

  after(async () => {
    await stage.remove();
    authority.remove();
    await stage.docker("rmi", "--force", OTHER_CADDY).catch(() => undefined);
  });

  it("host names, redirects, image, software, certificates: no request fails", async () => {
    const [one, https, http, other, three] = ports as [number, number, number, number, number];
    const apps = { blog: { publish: one }, shop: { publish: three } };
    const own = { certificates: "own", port: https, redirectFrom: http };
    await stage.up({ apps, tls: own });
    const trusted = `${stage.ca}\n${authority.ca}`;
    const issue = () => {
      const { certificate, key } = authority.issue([ADDRESS, "shop.test"]);
      return { certificates: { certificate, key, ca: authority.root } };
    };
    const names = { shop: "shop.test" };
    const said = await under(
      [`https://${ADDRESS}:${one}/`],
      async () => {
        await stage.up({ apps, tls: { ...own, names } });
        await under(
          [`https://shop.test:${https}/`],
          async () => {
            await stage.up({ apps, tls: { ...own, names, redirectFrom: other } });
            await stage.up({ apps, tls: { ...own, names, redirectFrom: other }, image: OTHER_CADDY });
            assert.equal((await stage.containers("web-edge-a")).length, 1, "the one before is gone");
            const nginx = { ...own, names, proxy: "nginx", redirectFrom: other };
            await stage.up({ apps, tls: { ...nginx, ...issue() }, image: NGINX });
            await stage.up({ apps, tls: { ...nginx, ...issue() }, image: NGINX });
            const moved = { ...apps, blog: { publish: one, port: 8001 } };
            await stage.up({ apps: moved, tls: { ...nginx, ...issue() }, image: NGINX });
            // Not back to its own authority: a new one is made, which these clients couldn't know.
            await stage.up({ apps: moved, tls: { ...own, names, ...issue() } });
          },
          trusted,
        );
      },
      trusted,
    );
    assert.deepEqual(said, [["blog"]]);
  });
});

const OTHER_CADDY = `${CADDY}-other`;

/** A websocket without frames, as far as the edge sees one: what goes in comes back. */
class Line {
  private constructor(private readonly socket: Socket) {}

  static async open(port: number): Promise<Line> {
    const socket = connect(port, ADDRESS);
    const line = new Line(socket);
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${ADDRESS}:${port}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`,
    );
    const head = await line.next();
    assert.match(head, /^HTTP\/1\.1 101 /);
    return line;
  }

  async echo(text: string): Promise<string> {
    this.socket.write(`${text}\n`);
    return (await this.next()).trim();
  }

  close(): void {
    this.socket.destroy();
  }

  private next(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.socket.once("data", (chunk) => resolve(chunk.toString()));
      this.socket.once("close", () => reject(new Error("the connection was closed")));
    });
  }
}
