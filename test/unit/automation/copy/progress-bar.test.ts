import assert from "node:assert/strict";
import { mock } from "node:test";
import fc from "fast-check";
import { barLine, type ProgressView, showProgress } from "../../../../automation/copy/progress-bar";
import { TransferRate } from "../../../../automation/copy/transfer-rate";
import type { CopyProgress } from "../../../../components/registry/copy/copy-progress";

const at = (bytesDone: number, more: Partial<CopyProgress> = {}): CopyProgress => ({
  stage: "blobs",
  blobs: 9,
  blobsDone: 3,
  bytes: 585_000_000,
  bytesDone,
  ...more,
});
const CLEAR_TO_END = "\x1b[K";

const CONTROLS = new RegExp(`${"\x1b"}\\[[0-9;]*[mK]|\r`, "g");

/** What is on the screen: without what moves the cursor and colours. */
const plain = (text: string) => text.replaceAll(CONTROLS, "");

class Screen {
  readonly writes: string[] = [];
  isTTY: boolean | undefined = true;
  columns: number | undefined = 100;
  write(text: string): void {
    this.writes.push(text);
  }
}

describe("the progress of a copy", () => {
  let screen: Screen;
  let view: ProgressView;
  const show = (
    more: { env?: NodeJS.ProcessEnv; lines?: boolean; json?: boolean; lineInterval?: number } = {},
  ) => {
    view = showProgress({ output: screen, env: {}, lines: false, json: false, ...more });
    return view;
  };

  beforeEach(() => {
    mock.timers.enable({ apis: ["setInterval", "Date"] });
    screen = new Screen();
  });
  afterEach(() => {
    view.end();
    mock.timers.reset();
  });
  /** @param milliseconds until they are over */
  const wait = (milliseconds: number) => mock.timers.tick(milliseconds);

  describe("on a terminal", () => {
    it("has stage, bar, share, bytes, rate and blobs", () => {
      assert.equal(
        barLine(at(204_800_000), 92_300_000, 100, false),
        "Copying blobs  ██████████░░░░░░░░░░░░░░░░░░░░   35%  204.8 MB of 585.0 MB  92.3 MB/s  3 of 9 blobs",
      );
      assert.equal(
        barLine(at(0), undefined, 120, false),
        `Copying blobs  ${"░".repeat(30)}    0%  0.0 kB of 585.0 MB  3 of 9 blobs`,
      );
      for (const [stage, text] of [
        ["resolve", "Reading the image …"],
        ["check", "Asking the target …"],
        ["manifests", "Copying manifests …"],
        ["verify", "Checking the target …"],
        ["tag", "Setting the tag …"],
      ] as const)
        assert.equal(barLine(at(585_000_000, { stage }), 1e6, 100, false), text);
    });

    it("gives up what matters least where there is less room", () => {
      const line = (columns: number) => barLine(at(204_800_000), 92_300_000, columns, false);
      assert.equal(
        line(80),
        "Copying blobs  ███░░░░░░░░   35%  204.8 MB of 585.0 MB  92.3 MB/s  3 of 9 blobs",
      );
      assert.equal(line(70), "Copying blobs  █████░░░░░░░░░░   35%  204.8 MB of 585.0 MB  92.3 MB/s");
      assert.equal(line(50), "Copying blobs  █████░░░░░░░░░░░░   35%  92.3 MB/s");
      assert.equal(line(32), "Copying blobs  35%  92.3 MB/s");
      assert.equal(line(22), "Copying blobs  35%");
      assert.equal(line(10), "Copying b");
      assert.equal(line(1), "");
    });

    it("never fills a line to its end, whatever the figures, and is coloured only if it may be", () => {
      const progress = fc.record({
        stage: fc.constantFrom("resolve", "check", "blobs", "verify") as fc.Arbitrary<CopyProgress["stage"]>,
        blobs: fc.nat(1000),
        blobsDone: fc.nat(1000),
        bytes: fc.nat(2 ** 40),
        bytesDone: fc.integer({ min: -1000, max: 2 ** 41 }),
      });
      fc.assert(
        fc.property(
          progress,
          fc.option(fc.nat(1e9), { nil: undefined }),
          fc.integer({ min: 1, max: 300 }),
          (one, rate, columns) => {
            const bare = barLine(one, rate, columns, false);
            assert.equal(plain(bare), bare);
            assert.ok(bare.length < columns, bare);
            assert.equal(plain(barLine(one, rate, columns, true)), bare);
          },
        ),
        { numRuns: 1000 },
      );
    });

    it("is drawn over itself at most ten times a second, and gone at the end", () => {
      show({ env: { NO_COLOR: "1" } });
      for (let millisecond = 0; millisecond < 1050; millisecond++) {
        view.update(at(millisecond * 90_000));
        wait(1);
      }
      assert.equal(screen.writes.length, 10);
      for (const text of screen.writes) {
        assert.ok(text.startsWith("\r") && text.endsWith(CLEAR_TO_END), JSON.stringify(text));
        assert.match(plain(text), /^Copying blobs {2}[█░]+ /);
      }
      assert.match(plain(screen.writes.at(-1)!), / \d+\.\d MB\/s /);
      view.end();
      assert.equal(screen.writes.at(-1), `\r${CLEAR_TO_END}`);
      const { length } = screen.writes;
      view.update(at(1));
      view.end();
      wait(250);
      assert.equal(screen.writes.length, length, "nothing is drawn after the end");
    });

    it("has colour, but not with NO_COLOR", () => {
      for (const [env, hasColor] of [
        [{}, true],
        [{ NO_COLOR: "" }, true],
        [{ NO_COLOR: "1" }, false],
      ] as const) {
        screen = new Screen();
        show({ env }).update(at(300_000_000));
        wait(150);
        view.end();
        assert.equal(screen.writes[0]?.includes("\x1b[36m"), hasColor);
      }
    });

    it("leaves the screen alone for a copy that is done at once, and draws nothing twice", () => {
      show().update(at(1));
      view.end();
      assert.deepEqual(screen.writes, []);
      show().update(at(0, { stage: "verify" }));
      wait(350);
      assert.equal(screen.writes.length, 1);
    });

    it("goes by the width that the terminal has now", () => {
      show({ env: { NO_COLOR: "1" } }).update(at(1));
      wait(150);
      screen.columns = 30;
      wait(150);
      assert.ok(plain(screen.writes.at(-1)!).length < 30);
    });
  });

  describe("in a job's log", () => {
    beforeEach(() => {
      screen.isTTY = undefined;
    });

    it("is a line at the beginning, and one now and then, without anything that moves the cursor", () => {
      show({ lineInterval: 600 });
      view.update(at(0, { stage: "resolve", bytes: 0 }));
      wait(650);
      view.update(at(85_000_000));
      view.update(at(285_000_000));
      wait(600);
      view.end();
      wait(700);
      const [first, begun, later, ...rest] = screen.writes;
      assert.deepEqual([first, begun], ["Reading the image …\n", "Copying blobs: 6 of 9, 500.0 MB\n"]);
      assert.match(
        later!,
        /^Copying blobs: 285\.0 MB of 585\.0 MB \(48%\)(, \d+\.\d [kM]B\/s)?, 3 of 9 blobs\n$/,
      );
      assert.deepEqual(rest, []);
    });

    it("is no silence where nothing moves", () => {
      show({ lineInterval: 100 });
      wait(350);
      assert.equal(screen.writes.length, 3, "a server that says nothing is waited for in words");
    });

    it("says nothing of a copy with nothing to do", () => {
      show().update(at(585_000_000, { blobsDone: 9 }));
      assert.deepEqual(screen.writes, []);
    });

    it("is plain on a terminal that can do nothing else", () => {
      screen.isTTY = true;
      show({ env: { TERM: "dumb" } }).update(at(0));
      assert.deepEqual(screen.writes, ["Copying blobs: 6 of 9, 585.0 MB\n"]);
    });
  });

  it("is nothing beside JSON, unless lines are asked for", () => {
    show({ json: true, lineInterval: 20 }).update(at(0));
    wait(150);
    assert.deepEqual(screen.writes, []);
    show({ json: true, lines: true }).update(at(0));
    assert.deepEqual(screen.writes, ["Copying blobs: 6 of 9, 585.0 MB\n"]);
  });
});

describe("TransferRate", () => {
  it("is that of the last seconds, and none before there is one", () => {
    const rate = new TransferRate();
    assert.equal(rate.perSecond, undefined);
    rate.add(1_000_000, 0);
    rate.add(1_000_000, 100);
    assert.equal(rate.perSecond, undefined);
    for (let second = 1; second <= 20; second++) rate.add(1_000_000 + second * 5_000_000, second * 1000);
    assert.equal(rate.perSecond, 5_000_000);
    // The line goes dead.
    for (let second = 21; second <= 30; second++) rate.add(101_000_000, second * 1000);
    assert.equal(rate.perSecond, 0);
  });

  it("is never below zero, where something has to be sent again", () => {
    const rate = new TransferRate();
    rate.add(9_000_000, 0);
    rate.add(1_000_000, 1000);
    assert.equal(rate.perSecond, 0);
  });
});
