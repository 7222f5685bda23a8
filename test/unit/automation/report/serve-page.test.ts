import assert from "node:assert/strict";
import { get } from "node:http";
import { servePage } from "../../../../automation/report/serve-page";

/** fetch would not send another name as its host. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on("error", reject);
  });
}

describe("the page at an address", () => {
  it("is served on loopback alone, to who asks by that name, and ends", async () => {
    const { url, close } = await servePage("<p>page</p>");
    try {
      const { host, hostname } = new URL(url);
      assert.equal(hostname, "127.0.0.1");
      const answer = await fetch(url);
      assert.deepEqual([answer.status, await answer.text()], [200, "<p>page</p>"]);
      assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
      assert.equal(await statusFor(url, "rebound.example.com"), 403);
      assert.equal((await fetch(url, { method: "POST" })).status, 403);
      assert.equal(await statusFor(`${url}other`, host), 404);
    } finally {
      close();
    }
    await assert.rejects(fetch(url));
  });
});
