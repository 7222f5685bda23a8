import assert from "node:assert/strict";
import type { ContainerInfo } from "dockerode";
import { chooseService, chooseServices, containerOf } from "../../../../automation/services/choose-services";
import { expectedServices } from "../../../../automation/services/expected-services";
import { servicesOf, stateOf } from "../../../../automation/services/find-services";
import { Lines } from "../../../../automation/services/lines";
import { onServer, wholeNumber } from "../../../../automation/services/open-services";
import { presentNaming } from "../../../../automation/services/present-names";
import { type Service, shortName } from "../../../../automation/services/service";
import { servicesText } from "../../../../automation/services/services-text";
import { stackContainers } from "../../../../automation/services/stack-containers";
import { CommandError } from "../../../../automation/terminal/exit";
import { moveRoute } from "../../../../components/deploy/route";
import type { EdgeSoftwareName } from "../../../../components/edge/software";
import { parseSettings } from "../../../../components/settings/settings";
import { type FolderContainer, FolderDocker } from "../../../support/docker/folder-docker";
import { scriptedDocker } from "../../../support/docker/scripted-docker";
import { stackStateOf } from "../../../support/stack/stack-state";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const app = { release: { tag: "v1", digest: digest("1") }, port: 80, publish: 80 };
const platform = {
  nexus: { hostname: "n", eula: "accepted", docker: "unix:///nexus" },
  gitlab: { url: "http://g", registry: "g:5050", project: "team/blog" },
  servers: {
    web1: { docker: "unix:///one", address: "a" },
    web2: { docker: "unix:///two", address: "b" },
  },
};
const settings = parseSettings({
  ...platform,
  apps: {
    blog: { ...app, servers: ["web1", "web2"] },
    shop: { ...app, publish: 81, servers: ["web2"] },
  },
});

let made = 0;
function container(resource: string, labels: object = {}, over: object = {}): ContainerInfo {
  made += 1;
  return {
    Id: `id-${made}`,
    Names: [`/${resource}-${made}`],
    Image: `n:8082/x@${digest("1")}`,
    Ports: [],
    State: "running",
    Status: "Up 2 hours (healthy)",
    Created: 1_700_000_000 + made,
    Labels: { "berth.resource": resource, ...labels },
    ...over,
  } as unknown as ContainerInfo;
}

const blogOn = (server: string, over: object = {}) =>
  container(`blog-${server}-container`, { "berth.app": "blog" }, over);

/** A pair, and a door for each port. */
function edgeOn(server: string, ...ports: number[]): ContainerInfo[] {
  return ["a", "b", ...ports].map((one) => container(`${server}-edge-${one}`));
}

function everything() {
  return [
    { docker: "unix:///nexus", containers: [container("nexus-container")] },
    { docker: "unix:///one", containers: [...edgeOn("web1", 80), blogOn("web1")] },
    {
      docker: "unix:///two",
      containers: [
        ...edgeOn("web2", 80, 81),
        blogOn("web2"),
        container("shop-web2-container", { "berth.app": "shop" }),
      ],
    },
  ];
}

const services = (answers = everything()) => servicesOf(expectedServices(settings), answers);

describe("the services of a stack", () => {
  it("are its Nexus, its edges and its apps, with short names where those are clear", async () => {
    const all = await services();
    assert.deepEqual(
      all.map((service) => [shortName(service, all), service.state]),
      [
        ["nexus", "running"],
        ["web1-edge", "running"],
        ["web1-edge-80", "running"],
        ["web1/blog", "running"],
        ["web2-edge", "running"],
        ["web2-edge-80", "running"],
        ["web2-edge-81", "running"],
        ["web2/blog", "running"],
        ["shop", "running"],
      ],
    );
    assert.equal(all[0]!.container?.status, "Up 2 hours (healthy)");
  });

  it("tell a host that doesn't answer, and what has no container where it should", async () => {
    const answers = everything();
    answers[1] = { docker: "unix:///one", containers: [], problem: "connect ENOENT" } as (typeof answers)[0];
    answers[2]!.containers.pop();
    const all = await services(answers);
    assert.deepEqual(
      all.map(({ name, state }) => [name, state]).filter(([, state]) => state !== "running"),
      [
        ["web1-edge", "unreachable"],
        ["web1-edge-80", "unreachable"],
        ["web1/blog", "unreachable"],
        ["web2/shop", "missing"],
      ],
    );
    const text = servicesText(all);
    assert.match(text, /^web1\/blog +unreachable +unix:\/\/\/one$/m);
    assert.match(text, /^web1\/blog: unix:\/\/\/one can't be reached: connect ENOENT$/m);
    assert.throws(
      () => containerOf(all[1]!, all, "prod"),
      /^CommandError: web1-edge: the Docker host unix:\/\/\/one can't be reached: connect ENOENT$/,
    );
    assert.throws(() => containerOf(all[8]!, all, "prod"), /shop has no container .* berth up prod$/);
  });

  it("list what the settings don't name any more, and leave out containers that serve nobody", async () => {
    const answers = everything();
    answers[1]!.containers.push(
      container("old-web1-container", { "berth.app": "old" }),
      container("blog-web1-secrets", { "berth.app": "blog" }),
      container("nexus-edge"),
    );
    const names = (await services(answers)).map(({ name }) => name);
    assert.deepEqual(names.slice(9), ["web1/old", "nexus-edge"]);
    assert.equal(names.filter((name) => name === "web1/blog").length, 1);
  });

  it("are known by the state's names and by what settings say that they were, whatever labels say", async () => {
    const renamed = parseSettings({
      nexus: { hostname: "n", eula: "accepted", docker: "unix:///nexus" },
      gitlab: { url: "http://g", registry: "g:5050", project: "team/blog" },
      servers: {
        first: { docker: "unix:///one", address: "a", was: "web1" },
        web2: { docker: "unix:///two", address: "b" },
      },
      apps: {
        press: { ...app, was: "blog", servers: ["first", "web2"] },
        shop: { ...app, publish: 81, servers: ["web2"] },
      },
    });
    const answers = everything();
    const before = (await servicesOf(expectedServices(renamed), answers)).filter(
      ({ state }) => state === "missing",
    );
    assert.ok(before.length > 0, "by their labels they are others");
    const wanted = expectedServices(renamed).map(({ name }) => name);
    const found = async (states: Record<string, string>, from = renamed) => {
      const naming = presentNaming({ nameOf: (id: string) => states[id] }, from);
      const all = await servicesOf(expectedServices(from), answers, naming);
      return all.map(({ name, state }) => (state === "running" ? name : `${name} is ${state}`));
    };
    assert.deepEqual(await found({}), wanted, "the rename is not applied yet");
    const isOf = (label: string) =>
      answers
        .flatMap(({ containers }) => containers)
        .find(({ Labels }) => Labels["berth.resource"] === label)!.Id;
    const names = ["a", "b", "80"].map((end) => [isOf(`web1-edge-${end}`), `first-edge-${end}`]);
    const applied = Object.fromEntries([...names, [isOf("blog-web1-container"), "press-first-container"]]);
    assert.deepEqual(await found(applied), wanted, "it is applied");
    const forgotten = parseSettings({
      nexus: { hostname: "n", eula: "accepted", docker: "unix:///nexus" },
      gitlab: { url: "http://g", registry: "g:5050", project: "team/blog" },
      servers: { first: { docker: "unix:///one", address: "a" } },
      apps: { press: { ...app, was: "blog", servers: ["first"] } },
    });
    const doors = (await found(applied, forgotten)).filter((name) => name.startsWith("first-edge"));
    assert.deepEqual(doors, ["first-edge", "first-edge-80"], "also without was: doors keep their labels");
  });

  it("count an edge's containers as one, and no doors where an edge of before publishes the ports itself", async () => {
    const answers = everything();
    const Ports = [{ PublicPort: 80 }];
    answers[1]!.containers = [container("web1-edge", {}, { Ports }), blogOn("web1")];
    const all = await services(answers);
    assert.deepEqual(
      all.map(({ name }) => name).filter((name) => name.startsWith("web1")),
      ["web1-edge", "web1/blog"],
    );
    const web2 = all.find(({ name }) => name === "web2-edge")!;
    assert.deepEqual([web2.idle, web2.spares?.length], [[], 1]);
    assert.doesNotMatch(servicesText(all), /gets no traffic/);
  });

  describe("of which an app has two containers, as after an update that failed", () => {
    let docker: FolderDocker;
    let edge: FolderContainer;
    beforeEach(async () => {
      docker = await FolderDocker.start();
      edge = docker.add("edge", "web1-edge-config");
    });
    afterEach(() => docker.close());

    /** The product itself writes to the edge that `serving` serves the app. */
    async function served(software: EdgeSoftwareName, notes: object = { edges: ["edge"], active: "edge" }) {
      edge.write("/config/edge.json", JSON.stringify({ software, edges: [], doors: [], ...notes }));
      for (const name of ["before", "serving"])
        await moveRoute(
          { app: "blog", docker: docker.address, edge: "web1-edge-config" },
          { container: name, port: 8000, publish: 80 },
        );
    }

    async function blog(): Promise<Service> {
      const one = { name: "web1/blog", docker: docker.address, server: "web1", app: "blog" };
      const containers = [
        container("web1-edge-a", {}, { Id: "edge", Names: ["/edge"] }),
        blogOn("web1", { Names: ["/failed"], Status: "Up 1 minute (unhealthy)" }),
        blogOn("web1", { Names: ["/serving"], Created: 1 }),
      ];
      return (await servicesOf([one], [{ docker: docker.address, containers }]))[0]!;
    }

    for (const software of ["caddy", "nginx"] as const) {
      it(`are told apart by ${software}'s own files, as the product writes them`, async () => {
        await served(software);
        const found = await blog();
        assert.deepEqual([found.container?.name, found.idle], ["serving", ["failed"]]);
        assert.deepEqual(found.newer, ["failed"], "an update may be about to give it the traffic");
        assert.match(
          servicesText([found]),
          /^blog: failed gets no traffic; the next berth up takes it away$/m,
        );
      });

      it(`are told apart while the edge with ${software} is stopped, too`, async () => {
        await served(software);
        edge.state = () => ({ Running: false });
        assert.equal((await blog()).container?.name, "serving");
      });
    }

    it("are told apart by an edge of before, which has no notes, by the software whose configuration its image has", async () => {
      edge.write("/etc/nginx/nginx.conf", "");
      edge.write("/config/sites/blog.caddy", ":80 {\n\treverse_proxy failed:8000 {\n\t}\n}\n");
      edge.write(
        "/config/sites/blog.conf",
        "server {\n\tlisten 80;\n\tset $upstream serving;\n\tlocation / {\n\t\tproxy_pass http://$upstream:8000;\n\t}\n}\n",
      );
      assert.equal((await blog()).container?.name, "serving");
    });

    it("are told apart by a site of before, which names the container itself", async () => {
      edge.write("/etc/caddy/Caddyfile", "");
      edge.write("/config/sites/blog.caddy", ":80 {\n\treverse_proxy serving:8000 {\n\t}\n}\n");
      assert.equal((await blog()).container?.name, "serving");
    });
  });

  it("tell commands by hand beside the app that they are of, on its server and by its name of today", async () => {
    const answers = everything();
    const byHand = (server: string) =>
      container(
        `blog-${server}-run`,
        { "berth.app": "blog", "berth.run": server },
        { Names: [`/hand-${server}`] },
      );
    answers[1]!.containers.push(byHand("web1"));
    const all = await services(answers);
    assert.equal(all.length, (await services()).length, "they are no services");
    assert.deepEqual(
      all.flatMap(({ name, runs, idle }) => (runs ? [[name, runs, idle]] : [])),
      [["web1/blog", ["hand-web1"], []]],
    );
    assert.match(servicesText(all), /^web1\/blog: hand-web1 is a command by hand \(berth run\)$/m);
    const { servers, apps } = settings;
    const renamed = {
      waiting: [],
      servers: servers.map((one) => (one.name === "web1" ? { ...one, name: "first", was: "web1" } : one)),
      apps: apps.map((one) => (one.name === "blog" ? { ...one, name: "press", was: "blog" } : one)),
    };
    const naming = presentNaming({ nameOf: () => undefined }, { ...settings, ...renamed });
    assert.deepEqual(naming(byHand("web1")), { resource: "press-first-run", app: "press" });
  });

  it("leave out one that is unhealthy where no edge can be asked", async () => {
    const answers = everything();
    answers[1]!.containers = [
      blogOn("web1", { Names: ["/old"] }),
      blogOn("web1", { Names: ["/ill"], Status: "Up 1 minute (unhealthy)" }),
    ];
    const blog = (await services(answers)).find(({ name }) => name === "web1/blog")!;
    assert.equal(blog.container?.name, "old");
  });

  it("count the newest that runs where no edge can be asked", async () => {
    const answers = everything();
    answers[1]!.containers = [
      blogOn("web1", { Names: ["/old"] }),
      blogOn("web1", { Names: ["/new"] }),
      blogOn("web1", { Names: ["/broken"], State: "exited", Status: "Exited (1)" }),
    ];
    const blog = (await services(answers)).find(({ name }) => name === "web1/blog")!;
    assert.equal(blog.container?.name, "new");
  });
});

describe("an app's processes among the services", () => {
  const withProcesses = parseSettings({
    ...platform,
    apps: {
      blog: {
        ...app,
        servers: ["web1", "web2"],
        processes: { worker: { command: ["work"] }, clock: { command: ["tick"], servers: ["web1"] } },
      },
      mailer: { release: app.release, servers: ["web1"], processes: { queue: { command: ["send"] } } },
    },
  });

  const processOn = (server: string, name: string, over: object = {}, of = "blog") =>
    container(`${of}-${server}-${name}-container`, { "berth.app": of, "berth.process": name }, over);

  function there() {
    return [
      { docker: "unix:///nexus", containers: [container("nexus-container")] },
      {
        docker: "unix:///one",
        containers: [
          ...edgeOn("web1", 80),
          blogOn("web1"),
          processOn("web1", "worker"),
          processOn("web1", "clock"),
          processOn("web1", "queue", {}, "mailer"),
        ],
      },
      {
        docker: "unix:///two",
        containers: [...edgeOn("web2", 80), blogOn("web2"), processOn("web2", "worker")],
      },
    ];
  }

  const found = (answers = there()) => servicesOf(expectedServices(withProcesses), answers);
  const shown = (all: readonly Service[]) =>
    all.filter((one) => one.app).map((one) => [shortName(one, all), one.state]);

  it("have their app's name in front, and the server's where there are several; an app of processes alone is no service", async () => {
    const all = await found();
    assert.deepEqual(shown(all), [
      ["web1/blog", "running"],
      ["web1/blog/worker", "running"],
      ["blog/clock", "running"],
      ["mailer/queue", "running"],
      ["web2/blog", "running"],
      ["web2/blog/worker", "running"],
    ]);
    const names = (...wanted: string[]) => chooseServices(all, wanted, "prod").map(({ name }) => name);
    assert.deepEqual(names("blog/worker"), ["web1/blog/worker", "web2/blog/worker"]);
    assert.deepEqual(names("blog"), ["web1/blog", "web2/blog"], "what serves alone");
    assert.deepEqual(names("web2/blog/worker", "blog/clock"), ["web2/blog/worker", "web1/blog/clock"]);
    assert.throws(() => names("mailer"), /has no service "mailer"/);
  });

  it("have all of their copies under the process's name, and each under its own", async () => {
    const [blog] = withProcesses.apps;
    const worker = { ...blog!.processes["worker"]!, count: 3 };
    const apps = [{ ...blog!, processes: { worker } }];
    const answers = there();
    for (const copy of ["worker-2", "worker-3"]) answers[1]!.containers.push(processOn("web1", copy));
    const all = await servicesOf(expectedServices({ ...withProcesses, apps }), answers);
    const names = (...wanted: string[]) => chooseServices(all, wanted, "prod").map(({ name }) => name);
    const copies = (server: string) => ["", "-2", "-3"].map((end) => `${server}/blog/worker${end}`);
    assert.deepEqual(names("blog/worker"), [...copies("web1"), ...copies("web2")]);
    assert.deepEqual(names("web1/blog/worker"), copies("web1"));
    assert.deepEqual(names("web2/blog/worker-2"), ["web2/blog/worker-2"]);
    assert.deepEqual(names("blog/worker-3", "blog/worker").length, 6, "each once");
    assert.equal(chooseService(all, "web2/blog/worker", "prod").name, "web2/blog/worker");
    assert.throws(() => chooseService(all, "blog/worker", "prod"), /blog\/worker runs on 2 servers/);
    const missing = all.filter(({ state }) => state === "missing").map(({ name }) => name);
    assert.deepEqual(missing, ["web2/blog/worker-2", "web2/blog/worker-3"]);
  });

  it("are the newest that works; one that drains is told with its time, one that has ended too", async () => {
    const answers = there();
    const drains = { Names: ["/old-drains-until-4102444800"], Created: 1 };
    const ended = { Names: ["/older-drains-until-4102444800"], State: "exited", Status: "Exited (0)" };
    answers[2]!.containers.push(processOn("web2", "worker", drains), processOn("web2", "worker", ended));
    const all = await found(answers);
    const worker = all.find(({ name }) => name === "web2/blog/worker")!;
    assert.deepEqual([worker.state, worker.idle], ["running", []]);
    const text = servicesText(all);
    assert.match(
      text,
      /^web2\/blog\/worker: old-drains-until-4102444800, of a release before, ends what it has begun, until 2100-01-01T00:00:00Z at the latest$/m,
    );
    assert.match(
      text,
      /^web2\/blog\/worker: older-\S+, of a release before, has ended; the next berth up removes it$/m,
    );
  });

  it("are missing where they should be; left over or draining where the settings don't want them any more", async () => {
    const answers = there();
    const failed = processOn("web2", "worker", { Names: ["/failed"], State: "exited", Status: "Exited (1)" });
    answers[1]!.containers.splice(5, 1);
    answers[1]!.containers.push(processOn("web1", "former", { Names: ["/former-drains-until-4102444800"] }));
    answers[2]!.containers.push(failed);
    const all = await found(answers);
    assert.deepEqual(
      shown(all).filter(([, state]) => state !== "running"),
      [
        ["blog/clock", "missing"],
        ["blog/former", "draining"],
      ],
    );
    assert.match(
      servicesText(all),
      /^web2\/blog\/worker: failed is left over; the next berth up takes it away$/m,
    );
  });

  it("follow renames of app and server, and have the commands by hand that are like them", async () => {
    const { servers, apps } = withProcesses;
    const renamed = {
      waiting: [],
      servers: servers.map((one) => (one.name === "web1" ? { ...one, name: "first", was: "web1" } : one)),
      apps: apps.map((one) => (one.name === "blog" ? { ...one, name: "press", was: "blog" } : one)),
    };
    const naming = presentNaming({ nameOf: () => undefined }, { ...withProcesses, ...renamed });
    assert.deepEqual(naming(processOn("web1", "worker")), {
      resource: "press-first-worker-container",
      app: "press",
      process: "worker",
    });
    const answers = there();
    const labels = { "berth.app": "blog", "berth.process": "clock", "berth.run": "web1" };
    answers[1]!.containers.push(container("blog-web1-run", labels, { Names: ["/hand"] }));
    const runs = (await found(answers)).flatMap((one) => (one.runs ? [[one.name, one.runs]] : []));
    assert.deepEqual(runs, [["web1/blog/clock", ["hand"]]]);
  });
});

describe("choosing services by name", () => {
  let all: Service[];
  before(async () => {
    all = await services();
  });

  const names = (...wanted: string[]) => chooseServices(all, wanted, "prod").map(({ name }) => name);

  it("take a service's own name before an app's: an app called nexus has its server's in front", () => {
    const one = (name: string, app?: string): Service => ({
      name,
      docker: "unix:///one",
      state: "running",
      idle: [],
      ...(app !== undefined && { app, server: "web1" }),
    });
    const twins = [one("nexus"), one("web1/nexus", "nexus"), one("web1/blog", "blog")];
    assert.equal(chooseService(twins, "nexus", "dev").name, "nexus");
    assert.equal(chooseService(twins, "web1/nexus", "dev").name, "web1/nexus");
    assert.deepEqual(
      twins.map((service) => shortName(service, twins)),
      ["nexus", "web1/nexus", "blog"],
    );
  });

  it("takes full names, and an app's for all of its servers", () => {
    assert.deepEqual(names("nexus", "web2/blog"), ["nexus", "web2/blog"]);
    assert.deepEqual(names("blog", "web1/blog"), ["web1/blog", "web2/blog"]);
    assert.equal(chooseService(all, "shop", "prod").name, "web2/shop");
  });

  it("asks for the server where one service is wanted and a name means two", () => {
    assert.throws(() => chooseService(all, "blog", "prod"), {
      exit: 2,
      message: "blog runs on 2 servers: say web1/blog or web2/blog.",
    });
  });

  it("are those of one server by --server, which has to be one of the settings'", () => {
    const there = onServer(all, "web2", settings).map(({ name }) => name);
    assert.deepEqual(there, ["web2-edge", "web2-edge-80", "web2-edge-81", "web2/blog", "web2/shop"]);
    assert.equal(onServer(all, undefined, settings), all);
    assert.throws(() => onServer(all, "web3", settings), {
      exit: 2,
      message: "--server web3: the settings have no such server. They have web1, web2.",
    });
  });

  it("guesses what was meant by a name that there isn't, and lists those that there are", () => {
    assert.throws(
      () => names("nexsu"),
      (error: CommandError) => {
        assert.ok(error instanceof CommandError);
        assert.equal(error.exit, 2);
        assert.equal(
          error.message,
          'The stack prod has no service "nexsu". Did you mean nexus? It has nexus, web1-edge, web1-edge-80, ' +
            "web1/blog, web2-edge, web2-edge-80, web2-edge-81, web2/blog, shop. Another stack: --stack NAME.",
        );
        return true;
      },
    );
    assert.throws(() => names("postgres"), /no service "postgres"\. It has/);
  });
});

describe("asking Docker hosts", () => {
  it("finds the stack's own containers among a neighbour's of the same names, and tells a host that isn't there", async () => {
    const same = { "berth.project": "berth", "berth.stack": "dev" };
    const ours = container("nexus-container", { ...same, "berth.id": "1111111111111111" });
    const neighbours = container("nexus-container", { ...same, "berth.id": "2222222222222222" });
    const before = container("main-edge", same); // made before identities: the state lists it
    const docker = await scriptedDocker({
      state: () => undefined,
      exec: () => ({ exitCode: 1, output: "" }),
      containers: [ours, neighbours, before],
    });
    const state = stackStateOf("1111111111111111", {
      type: "docker:index/container:Container",
      id: before.Id,
    });
    const answers = await stackContainers(state, [docker.address, "unix:///nowhere.sock"]);
    docker.close();
    assert.deepEqual(
      answers[0]!.containers.map(({ Id }) => Id),
      [ours.Id, before.Id],
    );
    assert.equal(answers[0]!.problem, undefined);
    assert.deepEqual(answers[1]!.containers, []);
    assert.match(answers[1]!.problem!, /ENOENT.*nowhere\.sock/);
  });

  it("reads a container's state out of Docker's words", () => {
    const state = (State: string, Status: string) => stateOf({ State, Status });
    assert.equal(state("running", "Up 3 hours"), "running");
    assert.equal(state("running", "Up 3 hours (healthy)"), "running");
    assert.equal(state("running", "Up 2 seconds (health: starting)"), "starting");
    assert.equal(state("running", "Up 2 minutes (unhealthy)"), "unhealthy");
    assert.equal(state("restarting", "Restarting (1) 2 seconds ago"), "restarting");
    assert.equal(state("exited", "Exited (137) 2 hours ago"), "stopped");
    assert.equal(state("created", "Created"), "stopped");
  });
});

describe("the parts of logs", () => {
  it("are lines, whatever pieces they come in", () => {
    const lines: string[] = [];
    const reader = new Lines((line) => lines.push(line));
    const bytes = Buffer.from("één\ntwo\n\nlast");
    for (const byte of bytes) reader.add(Buffer.from([byte]));
    assert.deepEqual(lines, ["één", "two", ""]);
    reader.end();
    reader.end();
    assert.deepEqual(lines, ["één", "two", "", "last"]);
  });

  it("take a whole number of lines and nothing else", () => {
    assert.equal(wholeNumber("--tail", undefined, 100), 100);
    assert.equal(wholeNumber("--tail", "0", 100), 0);
    assert.throws(() => wholeNumber("--tail", "all", 100), {
      exit: 2,
      message: '--tail: expected a whole number, got "all"',
    });
  });
});
