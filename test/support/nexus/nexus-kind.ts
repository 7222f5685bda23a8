import type { dynamic } from "@pulumi/pulumi";
import { inputsOf, serialisedProvider } from "../serialised-provider";
import { type Call, type Reply, scriptedNexus } from "./scripted-nexus";

type Provider = Required<dynamic.ResourceProvider>;
type Make = Parameters<typeof serialisedProvider>[0];

/** An OpenAPI document as far as the kinds look at it: the calls that are offered, and the fields of definitions. */
export function openApi(
  calls: readonly string[],
  definitions: Record<string, readonly string[]> = {},
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const call of calls) {
    const [method, path] = call.split(" ") as [string, string];
    paths[path] = { ...paths[path], [method.toLowerCase()]: {} };
  }
  const named = Object.entries(definitions).map(([name, fields]) => [
    name,
    { properties: Object.fromEntries(fields.map((field) => [field, {}])) },
  ]);
  return { paths, definitions: Object.fromEntries(named) };
}

/**
 * The provider that `make`'s resource would have in a real run, in front of a Nexus that answers by the script and says
 * of itself what `document` holds.
 */
export async function kindAgainst(make: Make, document: object, answer: (call: Call) => Reply) {
  const nexus = await scriptedNexus((call) =>
    call.path === "/service/rest/swagger.json" ? { status: 200, body: document } : answer(call),
  );
  const provider = (await serialisedProvider(make)) as Provider;
  const server = { url: nexus.url, username: "admin", password: "s3cret" };
  return {
    provider,
    server,
    url: nexus.url,
    close: nexus.close,
    /** What was asked, without the look at the document. */
    calls: () => nexus.calls.filter(({ path }) => path !== "/service/rest/swagger.json"),
    /** `GET /v1/…`, below `/service/rest`. */
    asked: () =>
      nexus.calls
        .filter(({ path }) => path !== "/service/rest/swagger.json")
        .map(({ method, path }) => `${method} ${path.replace("/service/rest", "")}`),
    /** The reasons for which a preview of these fields would fail. */
    refusals: async (fields: object, olds: object = {}) => {
      const { failures = [] } = await provider.check(olds, { server, ...fields });
      return failures.map(({ reason }) => reason);
    },
  };
}

/** The fields that a resource of that class hands to its provider, without what every resource has. */
export async function fieldsOf(make: Make): Promise<Record<string, unknown>> {
  const { __provider, code, server, adopt, ...fields } = await inputsOf(make);
  return fields;
}

/** Never called: the server is put in by `kindAgainst`. */
export const anyServer = { url: "http://nexus.test", username: "admin", password: "x" };

/** An answer of the UI's own API. */
export const uiAnswer = (data: unknown): Reply => ({
  status: 200,
  body: { type: "rpc", result: { success: true, data } },
});

/** A refusal of the UI's own API. */
export const uiRefusal = (result: object): Reply => ({
  status: 200,
  body: { type: "rpc", result: { success: false, ...result } },
});
