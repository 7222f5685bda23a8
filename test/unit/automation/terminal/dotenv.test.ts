import assert from "node:assert/strict";
import { dotenvLines } from "../../../../automation/terminal/dotenv";

const release = { tag: "3f2a91c04d7e", digest: "sha256:11" };
const blog = { url: "http://127.0.0.1:8080", release };

describe("GitLab's dotenv report", () => {
  it("names digest, tag and address of the only app twice: by its name and without", () => {
    const lines = dotenvLines({ "blog-app": blog }, undefined);
    assert.equal(
      lines,
      "BERTH_BLOG_APP_DIGEST=sha256:11\nBERTH_BLOG_APP_TAG=3f2a91c04d7e\nBERTH_BLOG_APP_URL=http://127.0.0.1:8080\n" +
        "BERTH_DIGEST=sha256:11\nBERTH_TAG=3f2a91c04d7e\nBERTH_URL=http://127.0.0.1:8080\n",
    );
  });

  it("leaves the short names out where several apps could be meant, unless one is named", () => {
    const shop = { release: { tag: "t", digest: "sha256:22" } };
    assert.doesNotMatch(dotenvLines({ blog, shop }, undefined), /^BERTH_(DIGEST|TAG|URL)=/m);
    const named = dotenvLines({ blog, shop }, "shop");
    assert.match(named, /^BERTH_DIGEST=sha256:22$/m);
    assert.doesNotMatch(named, /^BERTH_URL=/m, "an app without an address");
    assert.match(named, /^BERTH_BLOG_DIGEST=sha256:11$/m);
  });

  it("is empty where nothing is deployed, and refuses an app that isn't", () => {
    assert.equal(dotenvLines({}, undefined), "");
    assert.throws(() => dotenvLines({ blog }, "shop"), /no app "shop" that is deployed; there is blog/);
  });

  it("refuses what the report's format can't hold, and two apps of one name", () => {
    assert.throws(() => dotenvLines({ blog: { url: "http://x/\nEVIL=1" } }, undefined), /no quoting/);
    assert.throws(() => dotenvLines({ "a-b": blog, "a.b": blog }, undefined), /Two apps would be BERTH_A_B_/);
  });
});
