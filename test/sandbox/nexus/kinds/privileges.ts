import type { KindName } from "../../../../components/nexus/kinds";
import {
  ContentSelector,
  type ContentSelectorArgs,
} from "../../../../components/nexus/kinds/content-selector";
import { Privilege, type PrivilegeArgs } from "../../../../components/nexus/kinds/privilege";
import { type AnyCase, kindCase, V1 } from "./kind-case";
import type { Json } from "./nexus-rest";

const selector = `${V1}/security/content-selectors/life-selector`;

export const privilegeCases = [
  kindCase<ContentSelectorArgs>({
    kind: "ContentSelector",
    id: "life-selector",
    type: ContentSelector,
    first: { name: "life-selector", expression: 'format == "raw"' },
    updates: [
      { patch: { expression: 'format == "maven2"' }, told: { expression: 'format == "maven2"' } },
      { patch: { description: "ours" }, told: { description: "ours" } },
    ],
    read: (rest) => rest.get(selector),
    drift: (rest) => rest.edit(selector, { expression: 'path =^ "/by-hand"' }),
    gone: (rest) => rest.change("DELETE", selector),
    deep: { name: "life-selector", type: "csel", description: "ours", expression: 'format == "maven2"' },
  }),
  privilegeCase("wildcard", {
    first: { pattern: "nexus:first" },
    updates: [{ pattern: "nexus:second" }],
    drift: { pattern: "nexus:by-hand" },
  }),
  privilegeCase("application", {
    first: { domain: "tasks", actions: ["READ"] },
    updates: [{ domain: "users" }, { actions: ["EDIT", "READ"] }],
    drift: { actions: ["DELETE"] },
  }),
  privilegeCase("repository-view", {
    uses: ["RawHosted"],
    first: { format: "raw", repository: "*", actions: ["READ"] },
    updates: [
      { format: "*" },
      { format: "raw", repository: "life-raw-hosted" },
      { actions: ["BROWSE", "READ"] },
    ],
    drift: { actions: ["DELETE"] },
  }),
  privilegeCase("repository-admin", {
    uses: ["RawHosted"],
    first: { format: "raw", repository: "*", actions: ["READ"] },
    updates: [
      { format: "*" },
      { format: "raw", repository: "life-raw-hosted" },
      { actions: ["EDIT", "READ"] },
    ],
    drift: { actions: ["DELETE"] },
  }),
  privilegeCase("repository-content-selector", {
    uses: ["RawHosted", "ContentSelector"],
    first: { format: "raw", repository: "*", contentSelector: "life-selector", actions: ["READ"] },
    updates: [
      { format: "*" },
      { format: "raw", repository: "life-raw-hosted" },
      { actions: ["BROWSE", "READ"] },
    ],
    drift: { actions: ["DELETE"] },
  }),
];

interface Part {
  readonly uses?: readonly KindName[];
  readonly first: Json;
  readonly updates: readonly Json[];
  readonly drift: Json;
}

/** The fields are told as they are sent. */
function privilegeCase(type: PrivilegeArgs["type"], { uses, first, updates, drift }: Part): AnyCase {
  const name = `life-${type}`;
  const path = `${V1}/security/privileges/${name}`;
  const described = [...updates, { description: "ours" }];
  return kindCase<PrivilegeArgs>({
    kind: "Privilege",
    variant: `-${type}`,
    id: name,
    type: Privilege,
    ...(uses && { uses }),
    first: { name, type, ...first } as never,
    updates: described.map((patch) => ({ patch, told: patch })),
    read: (rest) => rest.get(path),
    drift: async (rest) =>
      rest.change("PUT", `${V1}/security/privileges/${type}/${name}`, {
        ...((await rest.get(path)) as Json),
        ...drift,
      }),
    gone: (rest) => rest.change("DELETE", path),
    deep: { type, name, readOnly: false, ...first, ...Object.assign({}, ...described) },
  });
}
