import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { objectIn } from "../rest/answer-shape";

export interface ContentSelectorArgs extends NexusObjectArgs {
  readonly name: pulumi.Input<string>;
  /** CSEL over `format` and `path`: `format == "raw" and path =^ "/docs/"`. */
  readonly expression: pulumi.Input<string>;
  /** @default "" */
  readonly description?: pulumi.Input<string>;
}

/** A part of the content, for privileges to name. The PUT body holds no name; deleting one in use is a 500. */
export const contentSelector: Kind = {
  name: "ContentSelector",
  noun: "content selector",
  id: (want) => String(want.name),
  read: async (call, id) => {
    const answer = await call("GET", `/v1/security/content-selectors/${encodeURIComponent(id)}`, [200, 404]);
    if (answer.status === 404) return undefined;
    const body = objectIn(answer);
    return { ...body, description: body["description"] ?? "" }; // one made by hand may have none
  },
  create: (call, want) => call("POST", "/v1/security/content-selectors", [204], want),
  update: (call, id, { description, expression }) =>
    call("PUT", `/v1/security/content-selectors/${encodeURIComponent(id)}`, [204], {
      description,
      expression,
    }),
  remove: (call, id) =>
    call("DELETE", `/v1/security/content-selectors/${encodeURIComponent(id)}`, [204, 404]),
  fixed: ["name"],
};

/** A part of what repositories hold, chosen by an expression: for privileges. */
export class ContentSelector extends NexusObject {
  constructor(name: string, args: ContentSelectorArgs, opts?: pulumi.CustomResourceOptions) {
    const { description = "", ...same } = args;
    super(contentSelector, name, { ...same, description }, opts);
  }
}
