import assert from "node:assert/strict";
import { join } from "node:path";
import type { UnderWay } from "../../../../automation/engine/file-backend";
import type { WorkloadLook } from "../../../../automation/gitops/look-at-clusters";
import type { Service } from "../../../../automation/services/service";
import { servicesText } from "../../../../automation/services/services-text";
import { widthOf } from "../../../../automation/terminal/screen";
import { assertGolden } from "../../../support/golden-file";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const HUB = "nexus.platform.example.com:8082";

function service(
  name: string,
  docker: string,
  more: Partial<Service> & { image?: string; ports?: readonly string[]; status?: string } = {},
): Service {
  const { image = `${HUB}/blog@${digest("a")}`, ports = [], status = "Up 3 hours (healthy)", ...over } = more;
  const container = { id: "1", name: `${name}-1`, image, created: new Date(0), status, ports };
  return { name, docker, state: "running", idle: [], container, ...over };
}

const WEB1 = "ssh://deploy@web1.platform.example.com";
const WEB2 = "ssh://deploy@web2.platform.example.com";

/** Names, addresses and states as long as teams have them. */
const SERVICES: readonly Service[] = [
  service("nexus", "unix:///var/run/docker.sock", {
    image: "sonatype/nexus3:3.94.0",
    ports: ["127.0.0.1:8081", "127.0.0.1:8082", "127.0.0.1:8083"],
  }),
  service("web1-edge-8443", WEB1, { image: digest("e"), ports: ["0.0.0.0:8443"], status: "Up 2 weeks" }),
  service("web1/customer-portal", WEB1, { app: "customer-portal", server: "web1" }),
  service("web2/customer-portal", WEB2, {
    app: "customer-portal",
    server: "web2",
    state: "unhealthy",
    status: "Up About a minute (unhealthy)",
    idle: ["customer-portal-web2-container-5f0a1c2"],
  }),
  service("web1/customer-portal/worker-2", WEB1, {
    app: "customer-portal",
    server: "web1",
    process: "worker-2",
    drains: [{ name: "customer-portal-web1-worker-2-container-91be447", until: new Date(0), ended: false }],
  }),
  {
    name: "web3/blog",
    docker: "ssh://deploy@web3.platform.example.com",
    state: "unreachable",
    idle: [],
    problem: "ssh: connect to host web3.platform.example.com port 22: Connection timed out",
  },
];

const WORKLOADS: readonly WorkloadLook[] = [
  {
    app: "blog",
    workload: "production/customer-portal-web",
    state: "running",
    ready: 3,
    replicas: 3,
    images: [`${HUB}/blog@${digest("b")}`, `${HUB}/blog@${digest("c")}`],
    cluster: "https://cluster.platform.example.com:6443",
  } as unknown as WorkloadLook,
];

describe("the table of services", () => {
  it("fits 80 columns with names as long as teams have them, and leaves nothing out", () => {
    const text = servicesText(SERVICES, WORKLOADS, { columns: 80 });
    for (const line of text.split("\n")) assert.ok(widthOf(line) <= 80, line);
    assertGolden(join(__dirname, "golden", "ps-80.txt"), `${text}\n`);
    for (const { name, container } of SERVICES) {
      assert.ok(text.includes(name.replace(/^web[13]\/(?=blog|customer-portal\/)/, "")), name);
      for (const port of container?.ports ?? []) assert.ok(text.includes(port), port);
    }
  });

  it("says of what has no traffic that it starts, or that it goes, while an update is under way, and that nobody knows that", () => {
    const [app] = SERVICES.slice(3, 4);
    const both = { ...app!, idle: ["new-one", "old-one"], newer: ["new-one"] };
    const notes = (update: UnderWay) => servicesText([both], [], { update }).split("\n").slice(2);
    assert.deepEqual(notes("yes"), [
      "customer-portal: new-one is starting, no traffic yet: an update is under way",
      "customer-portal: old-one ran before, and goes at the end of the update that is under way",
    ]);
    const nobody = "customer-portal: new-one, old-one get no traffic";
    assert.deepEqual(notes("no"), [`${nobody}; the next berth up takes them away`]);
    assert.deepEqual(notes("unknown"), [
      `${nobody}; unless an update is under way, the next berth up takes them away`,
    ]);
    const { idle: _, ...none } = both;
    assert.deepEqual(servicesText([{ ...none, idle: [] }], [], { update: "yes" }).split("\n").length, 2);
  });

  it("is one line each where that fits, images without their registry before anything goes below", () => {
    assert.equal(servicesText(SERVICES, WORKLOADS, { columns: 400 }), servicesText(SERVICES, WORKLOADS));
    const few = SERVICES.slice(2, 3);
    assert.deepEqual(servicesText(few, [], { columns: 115 }).split("\n"), [
      "SERVICE          STATE    SINCE                 IMAGE                     HOST",
      "customer-portal  running  Up 3 hours (healthy)  blog@sha256:aaaaaaaaaaaa  ssh://deploy@web1.platform.example.com",
    ]);
    assert.match(servicesText(few, [], { columns: 150 }), new RegExp(`  ${HUB}/blog@sha256:a{12}  `));
  });
});
