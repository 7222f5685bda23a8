import assert from "node:assert/strict";
import { get } from "node:http";
import { ADDRESS, EdgeStage, NGINX } from "../../support/edge/edge-stage";
import { secureGet } from "../../support/edge/secure-get";
import { under } from "../../support/edge/under-load";
import { freePort } from "../../support/free-port";
import { Authority } from "../../support/http/authority";
import { needsDocker } from "../../support/stack/own-sandbox";

describe("an app with several host names", function () {
  this.timeout(600_000);
  const stage = new EdgeStage("edgenames");
  const authority = new Authority();
  const ports = { blog: 0, shop: 0, https: 0, http: 0 };
  const first = () => `https://shop.test:${ports.https}/`;
  const second = () => `https://www.test:${ports.https}/`;

  before(async function () {
    await needsDocker(this);
    await stage.prepare();
    for (const key of ["blog", "shop", "https", "http"] as const) ports[key] = await freePort();
  });

  after(async () => {
    await stage.remove();
    authority.remove();
  });

  const up = (tls: object, names: object) => {
    const apps = { blog: { publish: ports.blog }, shop: { publish: ports.shop } };
    return stage.up({ apps, tls: { port: ports.https, redirectFrom: ports.http, ...tls, names } });
  };

  it("is served under each by a certificate for it; one comes, moves and goes without a failed request", async () => {
    const own = { certificates: "own" };
    await up(own, { shop: "shop.test" });
    const seen = await under(
      [first()],
      async () => {
        await up(own, { shop: ["shop.test", "www.test"] });
        for (const name of ["shop.test", "www.test"]) {
          const { body, names } = await secureGet(`${name}:${ports.https}`, stage.ca);
          assert.deepEqual([body, names], ["shop", `DNS:${name}`]);
        }
        assert.equal(await redirectOf("www.test"), second());
        const moved = await under(
          [second()],
          async () => {
            await up(own, { shop: ["www.test", "shop.test"] });
            await up(own, { shop: "shop.test", blog: "www.test" });
          },
          stage.ca,
        );
        assert.deepEqual(moved, [["shop", "blog"]]);
        await up(own, { shop: ["shop.test", "www.test"] });
        await up(own, { shop: ["shop.test"] });
        await assert.rejects(secureGet(`www.test:${ports.https}`, stage.ca), /alert internal error/);
      },
      stage.ca,
    );
    assert.deepEqual(seen, [["shop"]]);
    assert.deepEqual(
      Object.keys(await up(own, { shop: "shop.test" })),
      ["same"],
      "a list of one is that one",
    );
  });

  it("is served by nginx under each, where the certificate is for both", async () => {
    const given = (...hosts: string[]) => {
      const { certificate, key } = authority.issue([ADDRESS, ...hosts]);
      return {
        proxy: "nginx",
        image: NGINX,
        certificates: { certificate, key, ca: authority.root },
      };
    };
    const both = given("shop.test", "www.test");
    await up(both, { shop: "shop.test" });
    const seen = await under(
      [first()],
      async () => {
        await up(both, { shop: ["shop.test", "www.test"] });
        const said = await under(
          [second()],
          async () => {
            await up(both, { shop: ["www.test", "shop.test"] });
            await up(both, { shop: "shop.test", blog: "www.test" });
          },
          authority.ca,
        );
        assert.deepEqual(said, [["shop", "blog"]]);
        await up(both, { shop: "shop.test" });
      },
      authority.ca,
    );
    assert.deepEqual(seen, [["shop"]]);
    await assert.rejects(
      up(given("shop.test"), { shop: ["shop.test", "www.test"] }),
      /berth:servers\.web\.tls\.certificates\.certificate: the file \S+ is not for www\.test but for /,
    );
  });

  /** Where plain http under that name is sent on to. */
  function redirectOf(host: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      get({ host: ADDRESS, port: ports.http, path: "/", headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.headers.location);
      }).once("error", reject);
    });
  }
});
