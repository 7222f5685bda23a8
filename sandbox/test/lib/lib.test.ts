import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { exportLines, withSandbox } from "../../env";
import { parseListeners } from "../../lib/listening";
import { mountsBelow } from "../../lib/mounts";
import { identify } from "../../lib/process-file";
import { isDebian, parseJavaVersion, pathWithSystemFolders } from "../../lib/requirements";
import { checkCommand, runCommand } from "../../lib/run-command";
import { SandboxError } from "../../lib/sandbox-error";
import { inTurn, Steps, together } from "../../lib/steps";
import { refuseWhereNotInstallable } from "../../preflight";

describe("requirements", () => {
  it("read Java's version in its old and new form", () => {
    assert.equal(parseJavaVersion('openjdk version "17.0.13" 2024-10-15'), 17);
    assert.equal(parseJavaVersion('java version "1.8.0_292"'), 8);
    assert.equal(parseJavaVersion('openjdk version "21" 2023-09-19'), 21);
    assert.equal(parseJavaVersion("something else"), 0);
  });

  it("tell Debian from what is like it", () => {
    assert.ok(isDebian('NAME="Debian"\nID=debian\n'));
    assert.ok(!isDebian('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22"\n'));
  });

  it("add the system's folders to a path once", () => {
    assert.equal(
      pathWithSystemFolders("/opt/x:/usr/bin"),
      "/opt/x:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin",
    );
  });
});

describe("preflight", () => {
  const missing = [{ program: "mvn", package: "maven", purpose: "the download of Nexus" }];

  it("refuses without root, naming what it would install", () => {
    assert.throws(
      () => refuseWhereNotInstallable(missing, false, true),
      /as root.*install from Debian: maven$/,
    );
    assert.throws(() => refuseWhereNotInstallable([], false, true), /as root/);
  });

  it("names what to install where it is not Debian", () => {
    assert.throws(
      () => refuseWhereNotInstallable(missing, true, false),
      /not Debian.*\n {2}mvn \(Debian's package maven\) for the download of Nexus$/,
    );
  });

  it("goes on where nothing is missing, whatever the distribution", () => {
    refuseWhereNotInstallable([], true, false);
    refuseWhereNotInstallable(missing, true, true);
  });
});

describe("listening sockets", () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:13BA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1
   2: 0100007F:13BA 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4713 1
`;

  it("are read from the kernel's table, connections are not", () => {
    assert.deepEqual(parseListeners(table), [
      { address: "127.0.0.1", port: 5050, inode: "4711" },
      { address: "0.0.0.0", port: 2024, inode: "4712" },
    ]);
  });

  it("of IPv6 count as IPv4 where they are mapped or on all addresses", () => {
    const line = (address: string) => `head\n 0: ${address}:0050 0:0 0A 0:0 00:0 0 0 0 1 1\n`;
    const of = (address: string) => parseListeners(line(address))[0]?.address;
    assert.equal(of("00000000000000000000000000000000"), "::");
    assert.equal(of("0000000000000000FFFF00000100007F"), "127.0.0.1");
    assert.notEqual(of("00000000000000000000000001000000"), "127.0.0.1");
  });
});

describe("mounts below a folder", () => {
  const table = [
    "1 0 8:1 / / rw - ext4 /dev/vda rw",
    "2 1 8:1 / /srv/x rw - ext4 /dev/vda rw",
    "3 2 8:1 / /srv/x/a\\040b rw - overlay overlay rw",
    "4 1 8:1 / /srv/xy rw - ext4 /dev/vda rw",
  ].join("\n");

  it("come deepest first, with spaces, without neighbours", () => {
    assert.deepEqual(mountsBelow("/srv/x", table), ["/srv/x/a b", "/srv/x"]);
  });
});

describe("the sandbox's environment", () => {
  it("has no other passphrase beside the sandbox's file of one, in a shell and in a process", () => {
    const other = { PULUMI_CONFIG_PASSPHRASE: "another", HOME: "/h" };
    const sandbox = { PULUMI_CONFIG_PASSPHRASE_FILE: "/f" };
    assert.deepEqual(withSandbox(other, sandbox), { HOME: "/h", ...sandbox });
    const shell = `${exportLines(sandbox)}env`;
    const printed = execFileSync("sh", ["-c", shell], {
      encoding: "utf8",
      env: { ...process.env, ...other },
    });
    assert.match(printed, /^PULUMI_CONFIG_PASSPHRASE_FILE=\/f$/m);
    assert.doesNotMatch(printed, /^PULUMI_CONFIG_PASSPHRASE=/m);
  });
});

describe("export lines", () => {
  it("survive a shell, whatever is in the value", () => {
    const value = `it's "$HOME" \`id\` \\ und ü`;
    const shell = `${exportLines({ BERTH_X: value })}printf %s "$BERTH_X"`;
    assert.equal(execFileSync("sh", ["-c", shell], { encoding: "utf8" }), value);
  });
});

describe("work in turn", () => {
  it("begins when what was asked for before has ended, also where that failed", async () => {
    const [turn, said]: [ReturnType<typeof inTurn>, string[]] = [inTurn(), []];
    const work = (name: string) => async () => {
      said.push(`${name} begins`);
      await new Promise(setImmediate);
      said.push(`${name} ends`);
      if (name === "second") throw new Error("second failed");
      return name;
    };
    const all = await Promise.allSettled(["first", "second", "third"].map((name) => turn(work(name))));
    assert.equal(
      said.join(", "),
      "first begins, first ends, second begins, second ends, third begins, third ends",
    );
    assert.deepEqual(
      all.map((one) => (one.status === "fulfilled" ? one.value : one.reason.message)),
      ["first", "second failed", "third"],
    );
  });
});

describe("steps", () => {
  it("print a line with the time, and put the name into errors, keeping the exit code", async () => {
    const lines: string[] = [];
    const steps = new Steps((line) => lines.push(line));
    assert.equal(await steps.run("one", async () => 1), 1);
    const failing = steps.run("two", async () => {
      throw new SandboxError("went wrong", 4);
    });
    await assert.rejects(failing, { message: "two: went wrong", exitCode: 4 });
    assert.match(lines.join("\n"), /^✓ one {2}0\.0 s\n✗ two {2}0\.0 s$/);
    assert.deepEqual(
      steps.times.map(({ name }) => name),
      ["one"],
    );
  });

  it("side by side end all before the first error is thrown", async () => {
    let isDone = false;
    const slow = new Promise<void>((resolve) =>
      setTimeout(() => {
        isDone = true;
        resolve();
      }, 50),
    );
    await assert.rejects(together([Promise.reject(new Error("early")), slow]), /early/);
    assert.ok(isDone);
    assert.deepEqual(await together([Promise.resolve(1), Promise.resolve("b")]), [1, "b"]);
  });
});

describe("commands", () => {
  it("that fail are named with their code and last words", async () => {
    const failing = checkCommand("sh", ["-c", "echo first; echo last >&2; exit 7"]);
    await assert.rejects(failing, /sh -c .* failed with exit code 7:\nlast$/);
  });

  it("that take too long are stopped with all they started", async () => {
    let child = 0;
    const onLine = (line: string) => {
      child = Number(line);
    };
    const slow = runCommand("sh", ["-c", "sleep 62 & echo $!; wait"], { timeoutMs: 300, onLine });
    await assert.rejects(slow, /did not end in time/);
    assert.ok(child > 0);
    // Its output ended a moment before it.
    for (let turn = 0; identify(child) && turn < 100; turn++)
      await new Promise((next) => setTimeout(next, 10));
    assert.equal(identify(child), undefined);
  });

  it("that cannot be started say so", async () => {
    await assert.rejects(runCommand("berth-no-such-program", []), /cannot run berth-no-such-program/);
  });
});
