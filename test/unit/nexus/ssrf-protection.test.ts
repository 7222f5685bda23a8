import assert from "node:assert/strict";
import { isPrivateAddress, javaAddress, mayBePrivate } from "../../../components/http/private-address";
import { SsrfProtection } from "../../../components/nexus/kinds/ssrf-protection";
import { anyServer, fieldsOf, kindAgainst, openApi } from "../../support/nexus/nexus-kind";

const PATH = "/v1/security/ssrf-protection";
const current = openApi([`GET ${PATH}`, `PUT ${PATH}`]);
/** A name that every resolver reads as the public address 8.8.8.8. */
const PUBLIC_NAME = "0x08080808";

interface Lists {
  readonly enabled: boolean;
  readonly allowedDomains: readonly string[];
  readonly allowedIPs: readonly string[];
}

/** A Nexus with these lists, and a resource before it. */
async function nexusWith(first: Lists, document: object = current) {
  let there = first;
  const make = () => new SsrfProtection("p", { server: anyServer, hosts: [] });
  const nexus = await kindAgainst(make, document, ({ method, body }) => {
    if (method === "PUT") there = body as Lists;
    return { status: 200, body: there };
  });
  /** As the engine does it: check, then create or update. */
  const apply = async (args: object, olds?: Record<string, unknown>) => {
    const { inputs, failures } = await nexus.provider.check(olds ?? {}, { server: nexus.server, ...args });
    assert.deepEqual(failures, []);
    if (!olds) return (await nexus.provider.create(inputs)).outs as Record<string, unknown>;
    const { changes } = await nexus.provider.diff("ssrf-protection", olds, inputs);
    if (!changes) return olds;
    return (await nexus.provider.update("ssrf-protection", olds, inputs)).outs as Record<string, unknown>;
  };
  const byHand = (lists: Partial<Lists>) => {
    there = { ...there, ...lists };
  };
  /** As in a run of its own: what a run has made itself, it doesn't delete. */
  const remove = (state: Record<string, unknown>) => {
    const server = { ...nexus.server, url: nexus.url.replace("127.0.0.1", "localhost") };
    return nexus.provider.delete("ssrf-protection", { ...state, server });
  };
  return { ...nexus, apply, byHand, remove, lists: () => there };
}

const none: Lists = { enabled: true, allowedDomains: [], allowedIPs: [] };

describe("the private addresses that Nexus may ask", () => {
  it("are those of the hosts that are private, or aren't known not to be", async () => {
    const nexus = await nexusWith(none);
    const hosts = [
      "10.0.0.5",
      "8.8.8.8",
      "localhost",
      PUBLIC_NAME,
      "nowhere.invalid",
      "fd00::1",
      "[fe80::2]",
    ];
    await nexus.apply({ hosts, allowed: ["registry.corp", "169.254.169.254", "1.2.3.4"] });
    nexus.close();
    assert.deepEqual(nexus.lists(), {
      enabled: true,
      allowedDomains: ["localhost", "nowhere.invalid", "registry.corp"],
      // As Java writes addresses, which is how Nexus compares them; that of the clouds' credentials it takes on no list.
      allowedIPs: ["1.2.3.4", "10.0.0.5", "fd00:0:0:0:0:0:0:1", "fe80:0:0:0:0:0:0:2"],
    });
  });

  it("are put beside those of an administrator, whose switch stays as it is, too", async () => {
    const nexus = await nexusWith({
      enabled: false,
      allowedDomains: ["theirs"],
      allowedIPs: ["192.168.1.1"],
    });
    const state = await nexus.apply({ hosts: ["10.0.0.5"] });
    assert.deepEqual(nexus.lists(), {
      enabled: false,
      allowedDomains: ["theirs"],
      allowedIPs: ["192.168.1.1", "10.0.0.5"],
    });
    assert.equal(await nexus.apply({ hosts: ["10.0.0.5"] }, state), state, "and then there is nothing to do");
    const { props } = await nexus.provider.read("ssrf-protection", state);
    nexus.close();
    assert.deepEqual(props, state, "what an administrator adds is no drift");
  });

  it("go with the host that is no longer asked, and with the resource; an administrator's never go", async () => {
    const nexus = await nexusWith({ ...none, allowedIPs: ["10.0.0.5"] });
    let state = await nexus.apply({ hosts: ["10.0.0.5", "10.0.0.6", "10.0.0.7"] });
    nexus.byHand({ allowedDomains: ["later"] });
    state = await nexus.apply({ hosts: ["10.0.0.5", "10.0.0.6"] }, state);
    assert.deepEqual(nexus.lists(), {
      ...none,
      allowedDomains: ["later"],
      allowedIPs: ["10.0.0.5", "10.0.0.6"],
    });
    await nexus.remove(state);
    assert.deepEqual(nexus.lists(), { ...none, allowedDomains: ["later"], allowedIPs: ["10.0.0.5"] });
    const writes = nexus.calls().filter(({ method }) => method !== "GET").length;
    await nexus.remove(state);
    nexus.close();
    assert.equal(nexus.calls().filter(({ method }) => method !== "GET").length, writes, "once is enough");
  });

  it("are an administrator's still where a host of theirs is asked and then no longer", async () => {
    const nexus = await nexusWith({ ...none, allowedIPs: ["10.0.0.5"] });
    const state = await nexus.apply({ hosts: ["10.0.0.5", "10.0.0.6"] });
    await nexus.apply({ hosts: ["10.0.0.6"] }, state);
    nexus.close();
    assert.deepEqual(nexus.lists().allowedIPs, ["10.0.0.5", "10.0.0.6"]);
  });

  it("are put back where somebody took them off, and are ours from then on", async () => {
    const nexus = await nexusWith({ ...none, allowedIPs: ["10.0.0.5"] });
    const hosts = ["10.0.0.5", "10.0.0.6"];
    const state = await nexus.apply({ hosts });
    nexus.byHand({ allowedIPs: [] });
    const { props } = await nexus.provider.read("ssrf-protection", state);
    assert.deepEqual(props!["allowedIPs"], []);
    const after = await nexus.apply({ hosts }, props as Record<string, unknown>);
    assert.deepEqual(nexus.lists().allowedIPs, hosts);
    await nexus.remove(after);
    nexus.close();
    assert.deepEqual(nexus.lists().allowedIPs, []);
  });

  it("don't change with the place from which a name is looked up", async () => {
    const nexus = await nexusWith(none);
    const state = await nexus.apply({ hosts: [PUBLIC_NAME] });
    assert.deepEqual(nexus.lists().allowedDomains, [], "public, as seen from here");
    const elsewhere = { ...state, allowedDomains: [PUBLIC_NAME] };
    assert.equal(await nexus.apply({ hosts: [PUBLIC_NAME] }, elsewhere), elsewhere);
    nexus.close();
  });

  it("are nothing to a server without that protection, until it is another one", async () => {
    const older = await nexusWith(none, openApi(["GET /v1/repositories"]));
    const state = await older.apply({ hosts: ["10.0.0.5"], since: "container-1" });
    const { props } = await older.provider.read("ssrf-protection", state);
    await older.provider.delete("ssrf-protection", state);
    older.close();
    assert.deepEqual([props, older.asked()], [state, []]);
    const newer = await nexusWith(none);
    await newer.apply({ hosts: ["10.0.0.5"], since: "container-2" }, { ...state, server: newer.server });
    newer.close();
    assert.deepEqual(newer.lists().allowedIPs, ["10.0.0.5"]);
  });

  it("are asked for in these fields", async () => {
    const make = () =>
      new SsrfProtection("p", { server: anyServer, hosts: ["a"], allowed: ["b"], since: "c" });
    assert.deepEqual(await fieldsOf(make), { hosts: ["a"], allowed: ["b"], since: "c" });
  });
});

describe("a private address", () => {
  it("is one of the ranges that no public server has", () => {
    const of = (addresses: string[]) => addresses.filter(isPrivateAddress);
    const ranges = ["10.1.2.3", "100.64.0.1", "127.0.0.2", "172.31.255.255", "192.168.0.1", "169.254.1.1"];
    const six = ["::1", "::", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "::ffff:10.0.0.1"];
    assert.deepEqual(of([...ranges, ...six]), [...ranges, ...six]);
    assert.deepEqual(of(["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "::ffff:8.8.8.8"]), []);
  });

  it("is written as Java writes it", () => {
    assert.equal(javaAddress("192.168.0.1"), "192.168.0.1");
    assert.equal(javaAddress("FD00::00ab:1"), "fd00:0:0:0:0:0:ab:1");
    assert.equal(javaAddress("::1"), "0:0:0:0:0:0:0:1");
    assert.equal(javaAddress("::ffff:10.0.0.1"), "10.0.0.1");
  });

  it("may be behind a name that has one among others, can't be looked up, or not in time", async () => {
    const answer = (...addresses: string[]) => mayBePrivate("name.test", async () => addresses);
    assert.equal(await answer("8.8.8.8", "10.0.0.1"), true);
    assert.equal(await answer("8.8.8.8", "2001:db8::1"), false);
    const unknown = () => Promise.reject(new Error("ENOTFOUND"));
    assert.equal(await mayBePrivate("name.test", unknown), true);
    assert.equal(await mayBePrivate("name.test", () => new Promise(() => undefined)), true);
  });
});
