import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  askedFor,
  berthCommand,
  dockerStart,
  installation,
  nameLookup,
  newerNode,
  ownFolder,
  type ThisMachine,
  thisMachine,
} from "../../../../automation/doctor/this-machine";

const machine = (programs: readonly string[], more: Partial<ThisMachine> = {}): ThisMachine => ({
  platform: "linux",
  isRoot: false,
  isJob: false,
  hasNvm: false,
  has: (program) => programs.includes(program),
  ...more,
});
const debian = machine(["apt-get", "systemctl"]);
const mac = machine(["brew"], { platform: "darwin" });
const alpineJob = machine(["apk"], { isRoot: true, isJob: true });
const fedora = machine(["dnf", "systemctl"]);
const unknown = machine([]);

describe("doctor's advice, by the machine that it is typed on", () => {
  it("installs as that one does, with sudo where somebody isn't root, and says what a job keeps nothing of", () => {
    assert.deepEqual(
      [debian, mac, alpineJob, fedora, unknown].map((on) => installation("git", on)),
      [
        "sudo apt-get update && sudo apt-get install -y git",
        "brew install git",
        "apk add git # in its before_script, or in the job's image",
        "sudo dnf install -y git",
        "Install git as this system does it",
      ],
    );
    assert.equal(
      installation("openssh-client", fedora, { dnf: "openssh-clients" }),
      "sudo dnf install -y openssh-clients",
    );
  });

  it("brings a newer Node by what is there, as Debian's own package is too old", () => {
    assert.deepEqual(
      [debian, { ...debian, isRoot: true }, { ...debian, hasNvm: true }, mac, alpineJob].map(newerNode),
      [
        "sudo npx --yes n 22 && hash -r # puts it into /usr/local",
        "npx --yes n 22 && hash -r # puts it into /usr/local",
        "nvm install 22 && nvm use 22",
        "brew install node@22 && brew link --overwrite node@22",
        "Give the job an image with Node 22, such as `image: node:22`",
      ],
    );
  });

  it("starts Docker as that one does; a job is given one", () => {
    assert.match(
      dockerStart(debian),
      /^sudo systemctl start docker # where there is none: sudo apt-get .* docker\.io$/,
    );
    assert.match(dockerStart(machine(["apt-get"], { isRoot: true })), /^service docker start #/);
    assert.match(dockerStart(mac), /^open -a Docker #/);
    assert.match(dockerStart(alpineJob), /^Give the job a Docker: .*DOCKER_HOST/);
  });

  it("asks for secrets unseen, and has a job's set where jobs have theirs", () => {
    assert.equal(askedFor("TOKEN", debian), "read -rs TOKEN && export TOKEN");
    assert.match(askedFor("TOKEN", alpineJob), /^Set TOKEN as a masked variable of the project: /);
  });

  it("looks names up by what is there", () => {
    assert.equal(nameLookup("a.test", debian), "getent hosts a.test");
    assert.equal(nameLookup("a.test", mac), "dscacheutil -q host -a name a.test");
  });

  it("knows a job by CI, and nvm by its folder", () => {
    const { isJob, hasNvm, has } = thisMachine({
      CI: "true",
      NVM_DIR: "/home/me/.nvm",
      PATH: "/nonexistent",
    });
    assert.deepEqual([isJob, hasNvm, has("sh")], [true, true, false]);
    assert.equal(thisMachine({ CI: "" }).isJob, false);
  });

  describe("in a folder", () => {
    let folder: string;
    before(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), "berth-called-")));
      mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
      mkdirSync(join(folder, "deploy"));
      for (const name of ["deploy/berth", "node_modules/.bin/berth"])
        writeFileSync(join(folder, name), "", { mode: 0o755 });
    });
    after(() => rmSync(folder, { recursive: true }));

    it("calls berth as the shell there does: by the PATH, by npx, else by its file", () => {
      const [onPath, bin] = [join(folder, "deploy"), join(folder, "node_modules", ".bin")];
      assert.equal(berthCommand(`/usr/bin:${onPath}`, "/", "/srv/berth.cjs"), "berth");
      assert.equal(
        berthCommand(`${bin}:/usr/bin`, onPath, "/srv/berth.cjs"),
        "npx berth",
        "npx adds that folder",
      );
      assert.equal(berthCommand("/usr/bin", "/", "/srv/berth.cjs"), "node /srv/berth.cjs");
    });

    it("gives away a folder that is there, and none above one that isn't", () => {
      assert.equal(ownFolder(folder), `sudo chown -R "$(id -u)" ${folder}`);
      assert.equal(
        ownFolder(join(folder, "states")),
        `sudo install -d -o "$(id -u)" ${join(folder, "states")}`,
      );
    });
  });
});
