import assert from "node:assert/strict";
import { providerOf } from "../../../components/providers";
import { type EmptyHosts, emptyHosts } from "../../support/stack/old-state";

interface Resource {
  readonly urn: string;
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

type Properties = Readonly<Record<string, unknown>>;

/** Of what a checkpoint has encrypted; the engine gives a provider the text. */
function opened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  if ("ciphertext" in value) return "a secret";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner)]));
}

describe("the state of a dynamic resource", function () {
  this.timeout(60_000); // of a busy machine: all providers are loaded
  let hosts: EmptyHosts;
  before(async () => {
    hosts = await emptyHosts();
  });
  after(() => hosts.close());

  /** The dynamic resources of a stack as version 21692b3 left it. */
  function oldResources(stack: string): { name: string; id: string; code: string; state: Properties }[] {
    const { checkpoint } = JSON.parse(hosts.oldState(stack));
    const all: Resource[] = checkpoint.latest.resources;
    return all
      .filter(({ urn }) => urn.includes("pulumi-nodejs:dynamic/"))
      .map(({ urn, id, outputs }) => {
        const state = opened(outputs) as Properties;
        return { name: urn.split("::").slice(-2).join(" "), id, code: String(state["code"]), state };
      });
  }

  for (const stack of ["dev", "prod"])
    it(`of an earlier version is read, compared and taken away by this one (${stack})`, async () => {
      const resources = oldResources(stack);
      assert.ok(new Set(resources.map(({ code }) => code)).size > 10);
      const failed = await Promise.all(
        resources.map(async ({ name, id, code, state }) => {
          const provider = providerOf(code);
          const outcome = await Promise.allSettled([
            provider.read(id, state),
            provider.diff(id, state, state),
            provider.delete(id, state),
          ]);
          return outcome.flatMap((one) => (one.status === "rejected" ? `${name}: ${one.reason}` : []));
        }),
      );
      assert.deepEqual(failed.flat(), []);
    });

  it("of another shape is refused with what is amiss and what to do, and without its values", async () => {
    const state = { app: "blog", servers: [{ name: "main", docker: 5, container: "hunter2" }] };
    const words =
      "The state of this resource is not as this version of Berth reads it: all of it: is something else than expected. " +
      "Was the stack last updated by a newer one? Use that. " +
      "Else take the resource out of the state, which leaves what it made where it is: pulumi state delete URN (never of stack.Identity: " +
      "by it the stack knows what is its own; for that one import an older state)";
    await assert.rejects(async () => providerOf("deploy.Traffic").delete("blog", state), { message: words });
    const lost = providerOf("docker.TrustedCa").read("ca", { docker: "unix:///x", registries: ["a", 1] });
    await assert.rejects(lost, /reads it: registries\.1: expected string; ca: expected string\. /);
  });
});
