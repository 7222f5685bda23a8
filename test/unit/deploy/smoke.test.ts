import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Smoke } from "../../../components/deploy/smoke";
import { serialisedProvider } from "../../support/serialised-provider";

/** An app as people reach it: answers in turn, the last one again and again. */
class Site {
  readonly asked: string[] = [];
  answers: (readonly [status: number, body: string])[] = [[200, "welcome"]];
  private readonly server = createServer((request, response) => {
    this.asked.push(request.url!);
    const [status, body] = this.answers.length > 1 ? this.answers.shift()! : this.answers[0]!;
    response.writeHead(status).end(body);
  });

  url = "";

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const ONE = {
  app: "blog",
  servers: [{ name: "web1", url: "http://web1.test", container: "c1" }],
  path: "/",
  timeout: 2,
};

describe("the smoke check of an app", function () {
  this.timeout(20_000);
  let sites: [Site, Site];
  beforeEach(async () => {
    sites = [await new Site().start(), await new Site().start()];
  });
  afterEach(() => {
    for (const site of sites) site.close();
  });

  async function check(over: object = {}) {
    const provider = await serialisedProvider(() => new Smoke("smoke", ONE));
    const servers = sites.map(({ url }, index) => ({ name: `web${index + 1}`, url, container: `c${index}` }));
    return provider.create({ app: "blog", servers, path: "/up?deep=1", timeout: 2, ...over });
  }

  it("asks each server by the address that people use, and is content with any answer from 200 to 399", async () => {
    sites[1].answers = [[302, ""]];
    await check();
    assert.deepEqual(
      sites.map(({ asked }) => asked),
      [["/up?deep=1"], ["/up?deep=1"]],
    );
  });

  it("is content with the status that is expected, or the text, and with nothing else", async () => {
    sites[1].answers = [[404, "gone, welcome"]];
    await assert.rejects(check({ expect: 200 }), /web2: GET .*: 404 gone, welcome; expected 200$/m);
    await assert.rejects(
      check({ expect: "welcome" }),
      /: 404 gone, welcome; expected 200 to 399 with "welcome" in it$/m,
    );
    sites[0].answers = [[404, ""]];
    await check({ expect: 404 });
  });

  it("gives it some time: a certificate may have to come first", async () => {
    sites[0].answers = [
      [503, "starting"],
      [200, "welcome"],
    ];
    await check({ expect: "welcome" });
    assert.equal(sites[0].asked.length, 2);
  });

  it("says what each server said, that nothing was taken back, and the way back", async () => {
    sites[0].answers = [[500, "no database"]];
    const { url } = sites[1];
    sites[1].close();
    await assert.rejects(check(), (error: Error) => {
      assert.equal(
        error.message.replace(/ECONNREFUSED.*/, "ECONNREFUSED"),
        [
          "blog: the new release has the traffic on all of its servers, and its smoke check failed for 2 s:",
          `  web1: GET ${sites[0].url}/up?deep=1: 500 no database; expected 200 to 399`,
          `  web2: GET ${url}/up?deep=1: connect ECONNREFUSED`,
          "Nothing was taken back. The containers of the release before still run, without traffic, until the next update.",
          "Next: berth rollback, which gives the release before the traffic again; or mend the app, or apps.blog.smoke, and berth up.",
        ].join("\n"),
      );
      return true;
    });
  });

  it("looks again when another container has the traffic, and when it is another check", async () => {
    const provider = await serialisedProvider(() => new Smoke("smoke", ONE));
    const changes = async (over: object) => (await provider.diff("id", ONE, { ...ONE, ...over })).changes;
    assert.equal(await changes({ timeout: 3 }), false);
    assert.equal(await changes({ path: "/up" }), true);
    assert.equal(await changes({ servers: [{ ...ONE.servers[0], container: "c2" }] }), true);
  });
});
