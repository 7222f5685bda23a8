import assert from "node:assert/strict";
import { reachable } from "../../../../automation/drift/reachable";
import { StackState, type StateResource } from "../../../../automation/engine/stack-state";
import { fallenText, lookAtHosts } from "../../../../automation/stack/look-at-hosts";
import { scriptedDocker } from "../../../support/docker/scripted-docker";
import { scriptedNexus } from "../../../support/nexus/scripted-nexus";

const CONTAINER = "docker:index/container:Container";
const urnOf = (type: string, name: string) => `urn:pulumi:dev::berth::${type}::${name}`;

const provider = (name: string, host: string): StateResource => ({
  urn: urnOf("pulumi:providers:docker", name),
  type: "pulumi:providers:docker",
  id: `${name}-id`,
  inputs: { host },
});
const container = (name: string, of: string, over: object = {}): StateResource => ({
  urn: urnOf(CONTAINER, name),
  type: CONTAINER,
  id: `${name}-id`,
  provider: `${urnOf("pulumi:providers:docker", of)}::${of}-id`,
  ...over,
});
const there = (name: string, State = "running") => ({
  Id: `${name}-id`,
  State,
  Names: [`/${name}`],
  Labels: {},
});
const never = { state: () => undefined, exec: () => ({ exitCode: 1, output: "" }) };

describe("a look at what should run", () => {
  it("tells what is gone and what is stopped, by one list of each host, and nothing of what a neighbour runs", async () => {
    const docker = await scriptedDocker({
      ...never,
      containers: [
        there("edge"),
        there("blog", "exited"),
        there("failing", "restarting"),
        there("neighbour"),
      ],
    });
    const state = new StackState({
      resources: [
        provider("main", docker.address),
        container("nexus", "main"),
        container("edge", "main"),
        container("blog", "main"),
        container("failing", "main"),
        container("replaced", "main", { delete: true }),
        { ...container("nothing", "main"), type: "docker:index/volume:Volume" },
      ],
    });
    const { fallen, silent } = await lookAtHosts(state);
    docker.close();
    assert.deepEqual(
      fallen.map(({ name, state }) => [name, state]),
      [
        ["nexus", "gone"],
        ["blog", "stopped"],
      ],
    );
    assert.equal(fallenText(fallen[0]!), `container of nexus (${docker.address}) is gone`);
    assert.deepEqual(silent, []);
  });

  it("tells what serves after an update that failed, and not what was to serve in its place", async () => {
    const docker = await scriptedDocker({
      ...never,
      containers: [there("blog-new", "exited"), there("blog-old", "exited"), there("worker-old")],
    });
    const of = (name: string, id: string, over: object = {}) =>
      container(name, "main", { id: `${id}-id`, outputs: { name: id }, ...over });
    const at = { docker: docker.address };
    const traffic = (over: object = {}): StateResource => ({
      urn: urnOf("pulumi-nodejs:dynamic/deploy:Traffic", "blog"),
      type: "pulumi-nodejs:dynamic/deploy:Traffic",
      id: "blog",
      outputs: {
        servers: [{ ...at, container: "blog-old" }],
        processes: [{ ...at, container: "worker-old" }],
        ...over,
      },
    });
    const resources = [
      provider("main", docker.address),
      of("blog-main-container", "blog-new"),
      of("blog-main-container", "blog-old", { delete: true }),
      of("blog-main-worker-container", "worker-new"),
      of("blog-main-worker-container", "worker-old", { delete: true }),
    ];
    const failed = await lookAtHosts(new StackState({ resources: [...resources, traffic()] }));
    const moved = { servers: [{ ...at, container: "blog-new" }], processes: [] };
    const switched = await lookAtHosts(new StackState({ resources: [...resources, traffic(moved)] }));
    docker.close();
    const told = ({ fallen }: typeof failed) =>
      fallen.map(({ id, state, outgoing }) => [id, state, outgoing]);
    assert.deepEqual(told(failed), [["blog-old-id", "stopped", true]]);
    assert.match(fallenText(failed.fallen[0]!), /, which serves as the last update failed, is stopped$/);
    assert.deepEqual(told(switched), [
      ["blog-new-id", "stopped", false],
      ["worker-new-id", "gone", false],
    ]);
  });

  it("tells the stack's processes of before that have drained, and none that drains or is a neighbour's", async () => {
    const labels = { "berth.id": "0123456789abcdef", "berth.process": "worker" };
    const mark = (seconds: number) => `drains-until-${Math.round(Date.now() / 1000) + seconds}`;
    const named = (id: string, end: string, state: string) => ({
      ...there(id, state),
      Names: [`/${id}-${end}`],
    });
    const docker = await scriptedDocker({
      ...never,
      containers: [
        { ...named("ended", mark(300), "exited"), Labels: labels },
        { ...named("late", mark(-60), "running"), Labels: labels },
        { ...named("busy", mark(300), "running"), Labels: labels },
        { ...named("stopped", "container", "exited"), Labels: labels },
        named("neighbour", mark(-60), "exited"),
      ],
    });
    const type = "pulumi-nodejs:dynamic/stack:Identity";
    const identity = { urn: urnOf(type, "identity"), type, id: "0123456789abcdef", outputs: { owner: "x" } };
    const resources = [identity, provider("main", docker.address), container("nexus", "main")];
    const { drained } = await lookAtHosts(new StackState({ resources }));
    docker.close();
    assert.deepEqual(
      drained.map(({ id, docker }) => [id, docker]),
      [
        ["ended-id", docker.address],
        ["late-id", docker.address],
      ],
    );
  });

  it("tells a host that doesn't answer, and says nothing of what is on it", async () => {
    const address = "unix:///nowhere.sock";
    const { fallen, silent } = await lookAtHosts(
      new StackState({ resources: [provider("main", address), container("nexus", "main")] }),
    );
    assert.deepEqual(fallen, []);
    assert.equal(silent[0]!.docker, address);
    assert.match(silent[0]!.problem, /ENOENT/);
  });
});

describe("what drift looks at", () => {
  const inNexus = (name: string): StateResource => ({
    urn: urnOf("pulumi-nodejs:dynamic/nexus:Role", name),
    type: "pulumi-nodejs:dynamic/nexus:Role",
    id: name,
  });
  const stack = (nexusUrl: string): StateResource => ({
    urn: urnOf("pulumi:pulumi:Stack", "berth-dev"),
    type: "pulumi:pulumi:Stack",
    outputs: { nexusUrl },
  });
  const spare = { urn: "urn::traffic", type: "pulumi-nodejs:dynamic/deploy:Traffic", id: "t" };

  it("is everything where Nexus and the hosts answer, whatever Nexus has to say", async () => {
    const nexus = await scriptedNexus(() => ({ status: 401 }));
    const state = new StackState({ resources: [stack(nexus.url), inNexus("ci")] });
    const found = await reachable(state, []);
    nexus.close();
    assert.deepEqual(found, { urns: undefined, unseen: [] });
  });

  it("leaves out what is in a Nexus that doesn't answer, at once, and says how much that is", async () => {
    const state = new StackState({
      resources: [stack("http://127.0.0.1:1"), inNexus("a"), inNexus("b"), container("edge", "main")],
    });
    const { urns, unseen } = await reachable(state, []);
    assert.deepEqual(urns, [urnOf(CONTAINER, "edge")]);
    assert.equal(unseen[0]!.count, 2);
    assert.match(unseen[0]!.why, /^Nexus at http:\/\/127\.0\.0\.1:1 does not answer \(.*ECONNREFUSED/);
  });

  it("leaves out what is on a Docker host that doesn't answer", async () => {
    const state = new StackState({
      resources: [
        provider("main", "unix:///a"),
        provider("spare", "unix:///b"),
        container("edge", "main"),
        container("blog", "spare"),
        { ...spare, inputs: { servers: [{ docker: "unix:///b" }] } },
        { ...spare, urn: "urn::other", inputs: { servers: [{ docker: "unix:///a" }] } },
      ],
    });
    const { urns, unseen } = await reachable(state, [{ docker: "unix:///b", problem: "no answer in 10 s" }]);
    assert.deepEqual(urns, [urnOf(CONTAINER, "edge"), "urn::other"]);
    assert.deepEqual(unseen, [
      { why: "the Docker host unix:///b does not answer (no answer in 10 s)", count: 2 },
    ]);
  });
});
