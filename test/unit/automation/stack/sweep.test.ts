import assert from "node:assert/strict";
import { StackState } from "../../../../automation/engine/stack-state";
import { interruptedCreations, sweepHost } from "../../../../automation/stack/sweep";
import { consoleReport } from "../../../../automation/terminal/report";
import { scriptedDocker } from "../../../support/docker/scripted-docker";

const [OURS, THEIRS] = ["0123456789abcdef", "fedcba9876543210"];
const RESOURCE = "nexus-container";
const NOW = new Date("2026-11-29T10:00:00Z");
const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);

const never = { state: () => undefined, exec: () => ({ exitCode: 1, output: "" }) };

/** As Docker lists it. */
function thing(id: string, { identity, resource = RESOURCE, made = minutes(-5) }: Partial<Made> = {}) {
  const labels = { "berth.resource": resource, "berth.project": "berth", "berth.stack": "dev" };
  return {
    Id: id,
    Names: [`/${id}`],
    Name: id,
    Labels: identity === undefined ? labels : { ...labels, "berth.id": identity },
    made,
  };
}
interface Made {
  readonly identity: string | undefined;
  readonly resource: string;
  readonly made: Date;
}
const container = ({ made, ...one }: ReturnType<typeof thing>) => ({
  ...one,
  Created: made.getTime() / 1000,
});
const network = ({ made, ...one }: ReturnType<typeof thing>) => ({ ...one, Created: made.toISOString() });

function stateWith(...ids: string[]): StackState {
  const type = "pulumi-nodejs:dynamic/stack:Identity";
  return new StackState({
    resources: [
      { urn: `urn:pulumi:dev::berth::${type}::identity`, type, id: OURS, outputs: { owner: "git.test/a" } },
      ...ids.map((id) => ({ urn: `urn::${id}`, type: "docker:index/container:Container", id })),
    ],
  });
}

describe("the sweep after a killed run", () => {
  const quiet = consoleReport(false);

  /** @returns what was removed, and what was said */
  async function swept(
    state: StackState,
    things: Partial<Record<"containers" | "networks" | "volumes", ReturnType<typeof thing>[]>>,
  ) {
    const requests: string[] = [];
    const docker = await scriptedDocker({
      ...never,
      containers: (things.containers ?? []).map(container),
      networks: (things.networks ?? []).map(network),
      volumes: things.volumes ?? [],
      seen: (request) => requests.push(request),
    });
    const said: string[] = [];
    const report = { ...quiet, say: (line: string) => said.push(line) };
    const count = await sweepHost(docker.address, { now: state, resource: RESOURCE, before: NOW }, report);
    docker.close();
    const removed = requests.filter((request) => !request.startsWith("GET"));
    return { count, removed, said: said.join("\n") };
  }

  it("takes away what carries the stack's identity, is of the interrupted resource and stands in no state", async () => {
    const { count, removed, said } = await swept(stateWith("known"), {
      containers: [thing("half-made", { identity: OURS }), thing("known", { identity: OURS })],
      networks: [thing("half-net", { identity: OURS }), thing("known", { identity: OURS })],
    });
    assert.equal(count, 2);
    assert.deepEqual(removed, ["DELETE /containers/half-made?force=true", "DELETE /networks/half-net"]);
    assert.match(
      said,
      /Removing container half-made on \S+: a killed run began it and the state doesn't know it\./,
    );
  });

  it("touches nothing of another stack of the same names, of another resource, or that was made since", async () => {
    const others = [
      thing("theirs", { identity: THEIRS }),
      thing("nobodys"),
      thing("edge", { identity: OURS, resource: "main-edge-a" }),
      thing("of-another-run", { identity: OURS, made: minutes(1) }),
    ];
    const { count, removed, said } = await swept(stateWith(), { containers: others, networks: others });
    assert.deepEqual([count, removed, said], [0, [], ""]);
  });

  it("spares a process of a release before that drains, which has the name of the interrupted resource", async () => {
    const containers = [
      thing("half-made", { identity: OURS }),
      thing("old-drains-until-1", { identity: OURS }),
    ];
    const { removed } = await swept(stateWith(), { containers });
    assert.deepEqual(removed, ["DELETE /containers/half-made?force=true"]);
  });

  it("leaves volumes, and names the stack's own: they may hold data", async () => {
    const volumes = [thing("data", { identity: OURS }), thing("theirs", { identity: THEIRS })];
    const { removed, said } = await swept(stateWith(), { volumes });
    assert.deepEqual(removed, []);
    assert.match(said, /^Volume data on \S+ is left: .* it may hold data\. docker volume rm data$/);
  });

  it("removes nothing for a stack of before identities: it names what it may have made", async () => {
    const containers = [thing("maybe"), thing("theirs", { identity: THEIRS }), thing("known")];
    const known = { urn: "urn::known", type: "docker:index/container:Container", id: "known" };
    const { removed, said } = await swept(new StackState({ resources: [known] }), { containers });
    assert.deepEqual(removed, []);
    assert.match(said, /^Container maybe on \S+ is left: .* If it is yours: docker rm -f maybe$/);
  });

  it("looks for what Docker has, of operations that were creations", () => {
    const operation = (type: string, of: string, name: string) => ({
      type,
      resource: { urn: `urn:pulumi:dev::berth::${of}::${name}`, type: of },
    });
    const { interrupted } = new StackState({
      pending_operations: [
        operation("creating", "docker:index/container:Container", "web"),
        operation("deleting", "docker:index/container:Container", "old"),
        operation("creating", "pulumi-nodejs:dynamic/nexus:Role", "role"),
      ],
    });
    assert.deepEqual(interruptedCreations({ interrupted }), ["web"]);
  });
});
