import assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { RoutingRule } from "../../../components/nexus/kinds/routing-rule";
import { type Call, scriptedNexus } from "../../support/nexus/scripted-nexus";
import { inputsOf, serialisedProvider } from "../../support/serialised-provider";

const server = { url: "http://nexus.test", username: "admin", password: "x" };
const rule = () =>
  new RoutingRule("r", { server, name: "only-ours", mode: "ALLOW", matchers: ["^/ours/.*", "^/theirs/.*"] });
const wish = { name: "only-ours", description: "", mode: "ALLOW", matchers: ["^/ours/.*", "^/theirs/.*"] };

async function against(
  existing: object | undefined,
  deleted = { status: 204 } as { status: number; body?: object },
) {
  const nexus = await scriptedNexus(({ method }: Call) => {
    if (method === "DELETE") return deleted;
    if (method !== "GET") return { status: 204 };
    return existing ? { status: 200, body: existing } : { status: 404 };
  });
  const provider = (await serialisedProvider(rule)) as Required<dynamic.ResourceProvider>;
  return { provider, inputs: { server: { ...server, url: nexus.url }, ...wish }, ...nexus };
}

describe("a routing rule", () => {
  it("has a description, as Nexus wants one", async () => {
    const { server: _server, code: _code, __provider, ...fields } = await inputsOf(rule);
    assert.deepEqual(fields, wish);
    const { provider, inputs, calls, close } = await against(undefined);
    assert.equal((await provider.create(inputs)).id, "only-ours");
    close();
    const { method, path, body } = calls.at(-1)!;
    assert.deepEqual([`${method} ${path}`, body], ["POST /service/rest/v1/routing-rules", wish]);
  });

  it("is changed in place; its matchers in another order are the same", async () => {
    const { provider, inputs, calls, close } = await against({
      ...wish,
      matchers: [...wish.matchers].reverse(),
    });
    await provider.update("only-ours", inputs, inputs);
    assert.equal(calls.filter(({ method }) => method === "PUT").length, 0);
    await provider.update("only-ours", inputs, { ...inputs, mode: "BLOCK" });
    close();
    const { method, path, body } = calls.at(-1)!;
    assert.equal(`${method} ${path}`, "PUT /service/rest/v1/routing-rules/only-ours");
    assert.deepEqual(body, { ...wish, mode: "BLOCK" });
  });

  it("is not renamed, although Nexus could: the repositories would name the old one", async () => {
    const { provider, inputs, close } = await against(wish);
    const { failures } = await provider.check(inputs, { ...inputs, name: "ours" });
    close();
    const reason =
      'Nexus can\'t change "name" of the routing rule "only-ours". ' +
      'Put "only-ours" back, or declare a new one beside it under another resource name.';
    assert.deepEqual(failures, [{ property: "name", reason }]);
  });

  it("in use is not deleted, and Nexus's reason is told", async () => {
    const body = { id: "*", message: '"Routing rule is still in use by 1 repositories."' };
    const { provider, inputs, url, close } = await against(wish, { status: 400, body });
    await assert.rejects(provider.delete("only-ours", inputs), {
      message:
        `DELETE ${url}/service/rest/v1/routing-rules/only-ours: ` +
        "Nexus answered 400 (Routing rule is still in use by 1 repositories.)",
    });
    close();
  });
});
