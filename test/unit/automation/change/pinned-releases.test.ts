import assert from "node:assert/strict";
import { withPinnedDigests } from "../../../../automation/change/release-changes";

const [one, two] = ["1", "2"].map((digit) => ({ tag: `v${digit}`, digest: `sha256:${digit.repeat(64)}` }));

describe("releases in a change", () => {
  it("have the digest of a pin, which no output tells before the update", () => {
    const { tag } = two!;
    const told = withPinnedDigests(
      [
        { app: "blog", before: one!, after: { tag } },
        { app: "shop", after: { tag: "built" } },
        { app: "gone", before: one! },
      ],
      [{ name: "blog", release: two! }, { name: "shop" }],
    );
    assert.deepEqual(told, [
      { app: "blog", before: one, after: two },
      { app: "shop", after: { tag: "built" } },
      { app: "gone", before: one },
    ]);
  });

  it("are none where the pin is what runs", () => {
    const change = { app: "blog", before: one!, after: { tag: one!.tag } };
    assert.deepEqual(withPinnedDigests([change], [{ name: "blog", release: one! }]), []);
  });

  it("have what is known of somebody else's image: its digest, or that the update looks it up", () => {
    const { digest } = two!;
    const apps = [
      { name: "cache", image: `redis:7@${digest}` },
      { name: "first", image: "redis:7" },
    ];
    const told = withPinnedDigests(
      [
        { app: "cache", before: one!, after: {} },
        { app: "first", after: {} },
      ],
      apps,
    );
    assert.deepEqual(told, [
      { app: "cache", before: one, after: { tag: "7-222222222222", digest } },
      { app: "first", after: { tag: "7", isLookedUp: true } },
    ]);
    const same = { app: "cache", before: { tag: "7-222222222222", digest }, after: {} };
    assert.deepEqual(withPinnedDigests([same], apps), []);
  });
});
