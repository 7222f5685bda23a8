import assert from "node:assert/strict";
import { containerArgs } from "../../../components/deploy/container-spec";
import { isServed, processesOn } from "../../../components/settings/app-settings";
import { parseSettings } from "../../../components/settings/settings";
import { NOTHING_WRITTEN } from "../../../components/settings/written";
import { problemsOf } from "../../support/settings-problems";

type Fields = Record<string, unknown>;

const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
const worker = { command: ["python", "worker.py"] };
const ports = { port: 8000, publish: 80 };

function settings(blog: Fields, others: Fields = {}) {
  const server = (name: string) => ({ docker: `unix:///${name}`, address: name });
  return {
    nexus: { hostname: "127.0.0.1", eula: "accepted" },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
    servers: { web1: server("web1"), web2: server("web2"), "web1-worker": server("web3") },
    apps: { blog: { release, servers: ["web1", "web2"], ...blog }, ...others },
  };
}

const appOf = (blog: Fields) => parseSettings(settings(blog)).apps[0]!;
const problems = (blog: Fields, others?: Fields) => problemsOf(() => parseSettings(settings(blog, others)));
const about = (path: string, message: string) => `berth:apps.blog${path}: ${message}`;

describe("processes of an app in settings", () => {
  it("have what their app has, unless they say otherwise", () => {
    const own = {
      ...worker,
      servers: ["web2"],
      memory: 64,
      cpus: 0.5,
      drainTimeout: 600,
      health: "none",
      env: { B: "2" },
    };
    const app = appOf({
      ...ports,
      env: { A: "1" },
      cpus: 2,
      health: { path: "/up" },
      processes: { worker, own },
    });
    const [first, ...others] = processesOn(app, "web1");
    assert.deepEqual(others, [], "own is for web2 alone");
    assert.deepEqual(
      [first!.process, first!.command, first!.memory, first!.cpus, first!.drainTimeout, first!.health],
      ["worker", worker.command, 512, 2, 30, undefined],
      "but for health: the app's is of what serves",
    );
    const [, second] = processesOn(app, "web2");
    assert.deepEqual(
      [second!.memory, second!.cpus, second!.drainTimeout, second!.health, second!.env],
      [64, 0.5, 600, "none", { A: "1", B: "2" }],
    );
  });

  it("are so many containers on each server as their count says, alike but for their names", () => {
    const app = appOf({ ...ports, processes: { worker: { ...worker, count: 3, memory: 64 } } });
    const copies = processesOn(app, "web2");
    assert.deepEqual(
      copies.map(({ process, copyOf, memory }) => [process, copyOf, memory]),
      [
        ["worker", "worker", 64],
        ["worker-2", "worker", 64],
        ["worker-3", "worker", 64],
      ],
    );
    const [first, , third] = copies;
    assert.deepEqual({ ...third, process: "worker" }, first);
    const one = appOf({ ...ports, processes: { worker: { ...worker, memory: 64 } } });
    const alone = processesOn(one, "web2").map(({ process }) => process);
    assert.deepEqual(alone, ["worker"], "which another count leaves as it is");
  });

  it("are containers as the app's, with a command and without the image's health check", () => {
    const app = appOf({ ...ports, readOnly: true, processes: { worker: { ...worker, drainTimeout: 600 } } });
    const place = { image: "x", network: "n", mounts: [], labels: [] };
    const { command, healthcheck, destroyGraceSeconds, stopTimeout, ...same } = containerArgs(
      processesOn(app, "web1")[0]!,
      place,
    );
    const { destroyGraceSeconds: _, stopTimeout: __, ...serving } = containerArgs(app, place);
    assert.deepEqual([command, (healthcheck as { tests: string[] }).tests], [worker.command, ["NONE"]]);
    assert.ok(
      !Object.values(healthcheck!).some((value) => ["0s", 0].includes(value as never)),
      "Docker would take the image's",
    );
    assert.deepEqual([destroyGraceSeconds, stopTimeout], [600, 600]);
    assert.deepEqual(same, serving);
    const start = { entrypoints: ["/env", "/entry.sh"], command: ["serve"] };
    const behind = containerArgs(processesOn(app, "web1")[0]!, { ...place, start });
    assert.deepEqual([behind.entrypoints, behind.command], [start.entrypoints, worker.command]);
  });

  it("may be all that an app is made of: it has no ports then", () => {
    const app = appOf({ processes: { worker } });
    assert.ok(!isServed(app));
    assert.deepEqual(problems({}), [
      about(".port", "expected a port 1–65535, got nothing"),
      about(".publish", "expected a port 1–65535, got nothing"),
    ]);
    assert.deepEqual(problems({ port: 80, processes: { worker } }), [
      about(".publish", "expected a port 1–65535, got nothing"),
    ]);
    assert.deepEqual(problems({ processes: { worker }, health: "none", smoke: { path: "/" } }), [
      about(".health", "it is for what serves, and without port and publish nothing does: take it out"),
      about(".smoke", "it is for what serves, and without port and publish nothing does: take it out"),
    ]);
  });

  it("say what they expected, with the full path", () => {
    const at = (own: Fields) => problems({ ...ports, processes: { worker: { ...worker, ...own } } });
    assert.deepEqual(at({ command: [] }), [
      about(".processes.worker.command", "expected at least one word, got []"),
    ]);
    assert.deepEqual(at({ command: "python worker.py" }), [
      about(".processes.worker.command", 'expected a list of words, got "python worker.py"'),
    ]);
    for (const count of [0, 51, 1.5, "many"])
      assert.deepEqual(at({ count }), [
        about(
          ".processes.worker.count",
          `expected a number of containers, 1 to 50, got ${JSON.stringify(count)}`,
        ),
      ]);
    assert.deepEqual(at({ port: 9000 }), [about(".processes.worker.port", "no such setting")]);
    assert.deepEqual(at({ servers: ["web3", "web1", "web1"] }), [
      about(".processes.worker.servers", 'expected some of the app\'s servers, web1, web2, got "web3"'),
      about(".processes.worker.servers", "web1 is given twice"),
    ]);
    const secrets = { secrets: { KEY: "x" }, secretEnv: ["KEY"] };
    const both = { ...ports, ...secrets, processes: { worker: { ...worker, env: { KEY: "y" } } } };
    assert.deepEqual(problems(both), [
      about(".processes.worker.env.KEY", "secretEnv has it as well: leave one of the two out"),
    ]);
    assert.deepEqual(at({ env: { WORKERS: [] } }), [
      about(".processes.worker.env.WORKERS", "expected a text, got []"),
    ]);
    assert.deepEqual(at({ health: { path: "/up" } }), [
      about(".processes.worker.health", "expected port beside path: a process has no port of its own"),
    ]);
    assert.deepEqual(at({ health: { path: "/up", port: 9000 } }), []);
  });

  it("are for servers: a cluster's own files say what runs there", () => {
    const gitops = { project: "team/deploy", branch: "main", path: "a.yaml", values: { image: "image" } };
    assert.deepEqual(problems({ servers: [], gitops, processes: { worker } }), [
      about(
        "",
        "processes: for containers on servers, and this app has none: the files of its cluster say it. Take it out",
      ),
    ]);
  });

  it("have names that come to nobody else's, and that containers find each other by", () => {
    const other = { release, port: 80, publish: 81, servers: ["web1-worker"] };
    assert.deepEqual(
      problems(
        { servers: ["web1-worker"], ...ports },
        {
          "blog-web1": { release, servers: ["web1"], processes: { worker }, port: 1, publish: 2 },
        },
      ),
      [],
    );
    assert.deepEqual(
      problems({ ...ports, servers: ["web1", "web1-worker"], processes: { worker } }, { other }),
      [
        about(
          "",
          "its container on web1-worker would have the name of blog's on web1, blog-web1-worker: rename one of them",
        ),
      ],
    );
    const twins = { worker: { ...worker, count: 2 }, "worker-2": worker };
    assert.deepEqual(problems({ ...ports, servers: ["web1"], processes: twins }), [
      about(
        "",
        "its process worker-2 on web1 would have the name of blog's on web1, blog-web1-worker-2: rename one of them",
      ),
    ]);
    const many = { ["w".repeat(33)]: { ...worker, count: 9 } };
    assert.deepEqual(problems({ ...ports, servers: ["web1"], processes: many }), []);
    many["w".repeat(33)]!.count = 10;
    assert.match(problems({ ...ports, servers: ["web1"], processes: many }).join(), /too long together/);
    const long = "w".repeat(40);
    assert.deepEqual(problems({ ...ports, servers: ["web1"], processes: { [long]: worker } }), [
      about("", `its name, process ${long} and web1 are too long together: at most 44 characters`),
    ]);
  });

  it("hold no secret in their commands", () => {
    const place = "apps.blog.processes.worker.command.1";
    const written = {
      ...NOTHING_WRITTEN,
      isSecret: (path: readonly PropertyKey[]) => path.join(".") === place,
    };
    const app = settings({ ...ports, processes: { worker } });
    const [said, ...more] = problemsOf(() => parseSettings(app, { written }));
    assert.match(
      said!,
      /^berth:apps\.blog\.processes\.worker\.command\.1: a secret, and docker inspect shows it/,
    );
    assert.deepEqual(more, []);
  });
});
