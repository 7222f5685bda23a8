import assert from "node:assert/strict";
import { clash, siteFile, siteOf, siteText } from "../../../components/edge/sites";
import { edgeSoftware } from "../../../components/edge/software";

const { caddy, nginx } = edgeSoftware;
const blog = { app: "blog", container: "blog-1", port: 8000, publish: 8080 };
const shop = { ...blog, app: "shop", host: "shop.test" };

describe("a site's file", () => {
  it("tells what it was made of, whichever software it is for", () => {
    assert.deepEqual(siteOf("any.conf", siteText(shop, nginx, "doors")), shop);
    assert.deepEqual(siteOf("any.caddy", siteText(shop, caddy, "alone")), {
      ...shop,
      container: "",
      port: 0,
    });
    assert.equal(siteFile(shop, nginx), "shop@shop.test:8080.conf");
  });

  it("stays the same for Caddy where another container serves: a target says which", () => {
    const other = { ...blog, container: "blog-2" };
    assert.equal(siteText(blog, caddy, "doors"), siteText(other, caddy, "doors"));
    assert.notEqual(siteText(blog, nginx, "doors"), siteText(other, nginx, "doors"));
  });

  it("keeps whom it believes when another version or software makes it anew", () => {
    const front = { ...shop, trustedProxies: ["10.0.0.0/8", "fd00::1"] };
    assert.deepEqual(siteOf("any.conf", siteText(front, nginx, "doors")), front);
    for (const form of ["doors", "alone"] as const) {
      const known = siteOf("any.caddy", siteText(front, caddy, form))!;
      assert.deepEqual(known.trustedProxies, front.trustedProxies);
      assert.equal(siteText(known, caddy, form), siteText(front, caddy, form));
    }
    for (const software of [caddy, nginx]) {
      assert.notEqual(siteText(front, software, "doors"), siteText(shop, software, "doors"), "it is loaded");
      assert.equal(
        siteText({ ...shop, trustedProxies: [] }, software, "doors"),
        siteText(shop, software, "doors"),
      );
    }
  });

  it("is known as older versions wrote it", () => {
    const address = { app: "shop", container: "", port: 0, publish: 8080, host: "shop.test" };
    assert.deepEqual(siteOf("shop.caddy", siteText(shop, caddy, "older")), address);
    assert.deepEqual(siteOf("shop.conf", siteText(shop, nginx, "older")), shop);
    assert.deepEqual(siteOf("blog.caddy", ":8080 {\n\treverse_proxy blog-1:8000\n}\n"), blog);
    const bracketed = { ...shop, host: "fd00::1" };
    assert.equal(siteOf("shop.caddy", siteText(bracketed, caddy, "older"))?.host, "fd00::1");
  });

  it("is nothing of Berth's where somebody else wrote it", () => {
    for (const text of [
      ":1 {\n\tnonsense\n}\n",
      ":1 {\n\tlog\n\treverse_proxy mine:80\n}\n",
      "server { listen 1; }",
      "",
    ])
      for (const name of ["hand.caddy", "hand.conf"]) assert.equal(siteOf(name, text), undefined, text);
  });

  it("can't be on one edge with another of the same port and name, or where only one of them speaks TLS", () => {
    assert.ok(clash(blog, { publish: 8080 }) && clash(blog, shop));
    assert.ok(!clash(shop, { ...shop, host: "other.test" }) && !clash(blog, { publish: 80 }));
  });
});
