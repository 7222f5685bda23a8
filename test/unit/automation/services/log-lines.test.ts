import assert from "node:assert/strict";
import { wantedLines } from "../../../../automation/services/log-lines";

const now = Date.parse("2026-11-30T08:00:00.500Z");
const seconds = (time: string) => Date.parse(time) / 1000;
const refused = (options: Parameters<typeof wantedLines>[0], message: RegExp) =>
  assert.throws(() => wantedLines(options, now), { exit: 2, message });

describe("which lines of a log are shown", () => {
  it("are the last hundred, or as many as wanted; all where something else says which", () => {
    assert.equal(wantedLines({}).tail, 100);
    assert.deepEqual([wantedLines({}, now, 10).tail, wantedLines({ tail: "5" }, now, 10).tail], [10, 5]);
    assert.equal(wantedLines({ grep: "x" }, now, 10).tail, undefined);
    assert.equal(wantedLines({ tail: "5", since: "1h" }).tail, 5);
    for (const options of [{ since: "1h" }, { until: "1h" }, { grep: "x" }])
      assert.equal(wantedLines(options).tail, undefined);
  });

  it("are those from and up to a time, how long ago or at which hour", () => {
    const since = (given: string) => wantedLines({ since: given }, now).since;
    assert.equal(since("90s"), seconds("2026-11-30T07:58:30Z"));
    assert.equal(since("10m"), seconds("2026-11-30T07:50:00Z"));
    assert.equal(since("2h"), seconds("2026-11-30T06:00:00Z"));
    assert.equal(since("1d"), seconds("2026-11-29T08:00:00Z"));
    assert.equal(since("2026-11-29T10:00+02:00"), seconds("2026-11-29T08:00:00Z"));
    assert.equal(since("2026-11-29T08:00:01.7Z"), seconds("2026-11-29T08:00:01Z"));
    const day = new Date(2026, 10, 29).getTime() / 1000;
    assert.equal(since("2026-11-29"), day, "it begins at this machine's midnight");
    assert.equal(since("2026-11-29T00:00"), day);
    assert.equal(wantedLines({ until: "10m" }, now).until, seconds("2026-11-30T07:50:00Z"));
  });

  it("can't be between times that are none, or the wrong way round, or match what is no pattern", () => {
    for (const since of ["yesterday", "10", "10 m", "2026-13-40", "2026-11-30 08:00", ""])
      refused({ since }, /^--since: expected how long ago \(10m, 2h, 1d\) or a time/);
    refused({ since: "1m", until: "1h" }, /^--since 1m is after --until 1h: nothing is in between$/);
    refused({ grep: "(" }, /^--grep: expected a regular expression: /);
  });
});
