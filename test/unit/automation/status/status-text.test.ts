import assert from "node:assert/strict";
import type { Deployment } from "../../../../automation/releases/deployments";
import { nextCommands, statusText } from "../../../../automation/status/status-text";
import type { AppStatus, StackStatus } from "../../../../automation/status/where-we-are";

const deployed = (tag: string, more: Partial<Deployment> = {}): Deployment => ({
  app: "blog",
  tag,
  when: "2026-11-30T15:21:07.000Z",
  who: "ann",
  result: "succeeded",
  ...more,
});
const blog = (more: Partial<AppStatus> = {}): AppStatus => ({ app: "blog", isPinned: false, ...more });
const stack = (name: string, ...apps: AppStatus[]): StackStatus => ({ stack: name, apps });
const project = (...stacks: StackStatus[]) => ({ project: "shop", folder: "/home/ann/shop", stacks });
const commands = (...stacks: StackStatus[]) => nextCommands(project(...stacks)).map(({ command }) => command);

const [older, newer] = ["b0dc2294aa01", "f342e05b7a91"] as const;
const quiet = stack("dev", blog({ deployed: deployed(newer), next: newer, commits: 0 }));
const prod = (tag: string) =>
  stack("prod", blog({ deployed: deployed(tag, { from: "dev", who: "bob" }), next: tag, isPinned: true }));

describe("berth alone", () => {
  it("says what each stack runs, since when, and what has changed, within 80 columns", () => {
    const dev = stack("dev", blog({ deployed: deployed(newer), next: "0123456789ab", commits: 2 }));
    const text = statusText(project(dev, prod(older)));
    assert.equal(
      text,
      [
        "shop, in /home/ann/shop",
        "",
        "dev",
        "  APP   RELEASE       DEPLOYED (UTC)           SINCE THEN",
        "  blog  f342e05b7a91  2026-11-30 15:21 by ann  2 commits",
        "",
        "prod",
        "  APP   RELEASE       DEPLOYED (UTC)",
        "  blog  b0dc2294aa01  2026-11-30 15:21 by bob from dev",
        "",
        "What makes sense now:",
        "  berth preview dev       shows what up would change",
        "  berth up dev            deploys what has changed since",
        "  berth promote dev prod  deploys there what dev runs, by digest",
        "All commands: berth help",
      ].join("\n"),
    );
  });

  it("says of an app what isn't committed, what a pin waits for, what failed, and that nobody knows", () => {
    const news = (more: Partial<AppStatus>) =>
      statusText(project(stack("dev", blog({ deployed: deployed(newer), ...more })))).split("\n")[4]!;
    assert.match(news({ next: `${newer}-dirty-1b9e02aa` }), /ann {2}uncommitted changes$/);
    assert.match(news({ next: older, isPinned: true }), /ann {2}pinned to b0dc2294aa01$/);
    assert.match(
      news({ next: older, failed: deployed(older, { result: "failed" }) }),
      /another commit; b0dc2294aa01 failed$/,
    );
    assert.match(news({ next: "8", isGiven: true }), /ann {2}the settings have 8$/);
    assert.match(news({ next: newer }), /by ann$/);
    assert.match(news({}), /by ann$/);
    assert.match(news({ next: older, commits: 1 }), /1 commit$/);
  });

  it("names for a stack that was never deployed the doctor, then the first update", () => {
    assert.deepEqual(commands(stack("dev", blog({ next: newer }))).slice(0, 2), [
      "berth doctor dev",
      "berth up dev",
    ]);
  });

  it("sends nobody to build what waits for its promotion", () => {
    const waiting = stack("prod", blog());
    assert.deepEqual(commands(quiet, waiting), [
      "berth promote dev prod",
      "berth ps dev",
      "berth releases dev",
    ]);
  });

  it("names the update that failed before what could be promoted", () => {
    const failed = blog({
      deployed: deployed(older),
      failed: deployed(newer, { result: "failed" }),
      next: newer,
    });
    assert.deepEqual(commands(stack("dev", failed), prod("0123456789ab")), [
      "berth up dev",
      "berth doctor dev",
      "berth promote dev prod",
    ]);
  });

  it("after a rollback offers to take the pin out, and not to try again what failed", () => {
    const failed = deployed(newer, { result: "failed" });
    const rolledBack = stack(
      "dev",
      blog({ deployed: deployed(older), failed, next: older, isPinned: true, commits: 1 }),
    );
    assert.match(statusText(project(rolledBack)), / by ann {2}pinned; 1 commit\n/);
    assert.equal(commands(rolledBack)[0], "berth up dev --unpin");
    assert.ok(!commands(rolledBack).includes("berth up dev"));
  });

  it("names what looks and what goes back where nothing waits, and nothing twice", () => {
    assert.deepEqual(commands(quiet, prod(newer)), [
      "berth ps dev",
      "berth releases dev",
      "berth rollback dev",
    ]);
  });

  it("sends to the doctor where a stack can't be looked at", () => {
    const broken: StackStatus = { stack: "dev", problem: "no passphrase", apps: [] };
    assert.equal(commands(broken, prod(newer))[0], "berth doctor dev");
    assert.match(statusText(project(broken)), /\ndev\n {2}can't be looked at: no passphrase\n/);
  });

  it("says how a project without a stack begins", () => {
    assert.match(statusText(project()), /It has no stack yet[\s\S]* berth init /);
  });
});
