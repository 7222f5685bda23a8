import type { Content, Fields } from "../../components/nexus/object/kind";
import { bytesText } from "../../components/values/bytes-text";
import { plural } from "../../components/values/plain-words";
import { wrapped } from "../terminal/text-table";
import type { Inventory, Unmanaged } from "./inventory";
import type { ServerObject } from "./server-objects";
import { isReady, type Part, partOf, textsOf } from "./translation";

/** Each part of the settings in words, and what to say of an object of it. */
const PARTS: {
  readonly [part in Part]: { readonly title: string; readonly about: (body: Fields) => string };
} = {
  blobStores: { title: "blob stores", about: ({ type }) => String(type) },
  repositories: {
    title: "repositories",
    about: (body) => `${body["format"]} ${body["type"]} in ${partOf(body, "storage")["blobStoreName"]}`,
  },
  cleanupPolicies: {
    title: "cleanup policies",
    about: ({ format }) => (format === "*" ? "for every format" : `for ${format}`),
  },
  routingRules: { title: "routing rules", about: ({ mode }) => String(mode) },
  contentSelectors: { title: "content selectors", about: ({ expression }) => String(expression) },
  privileges: { title: "privileges", about: ({ type }) => String(type) },
  roles: {
    title: "roles",
    about: ({ privileges, roles }) =>
      [plural(textsOf(privileges).length, "privilege"), plural(textsOf(roles).length, "role")].join(", "),
  },
  accounts: {
    title: "users",
    about: ({ source, status, roles }) =>
      `${source}, ${status}, in ${textsOf(roles).join(", ") || "no role"}`,
  },
  tasks: { title: "tasks", about: ({ type, schedule }) => `${type}, ${schedule}` },
  certificates: { title: "certificates", about: ({ subjectCommonName }) => String(subjectCommonName) },
};

/** The list of what is not managed, by kind; a reason behind what the settings have no words for. */
export function inventoryText({ unmanaged, unread }: Inventory, columns = Number.POSITIVE_INFINITY): string {
  const blocks = (Object.keys(PARTS) as Part[]).flatMap((part) => {
    const entries = unmanaged.filter(({ object }) => object.part === part);
    const missing = unread
      .filter((one) => one.part === part)
      .flatMap(({ reason }) => wrapped(`  not listed: ${reason}`, columns, "    "));
    if (entries.length + missing.length === 0) return [];
    const width = Math.max(...entries.map(({ object }) => object.id.length), 0);
    return [
      [
        PARTS[part].title,
        ...entries.flatMap((one) => wrapped(line(one, width), columns, "      ")),
        ...missing,
      ].join("\n"),
    ];
  });
  return blocks.join("\n");
}

function line({ object, translation, content }: Unmanaged, width: number): string {
  const { part, id, body } = object;
  const held = content === undefined ? [] : [heldText(part, content)];
  const reason = translation.settings === undefined ? [`not in the settings: ${translation.reason}`] : [];
  return `  ${id.padEnd(width)}  ${[PARTS[part].about(body), ...held, ...reason].join("; ")}`;
}

function heldText(part: Part, content: Content | string): string {
  if (typeof content === "string") return `what it holds could not be counted (${content})`;
  const { components, bytes, more } = content;
  const count = plural(components, part === "blobStores" ? "blob" : "component");
  return `${more ? "more than " : ""}${count}, ${bytesText(bytes)}`;
}

/** An object for machines. Never the server's own words: they may hold a secret, as an apt repository's key. */
export function inventoryEntry({ object, translation, content }: Unmanaged): object {
  const { key, settings, reason, changes, remarks } = translation;
  const held = typeof content === "string" ? { contentUnknown: content } : content;
  return {
    part: object.part,
    name: object.id,
    ...facts(object),
    ...held,
    ...(settings !== undefined ? { key, settings } : { reason }),
    ready: isReady(translation),
    ...(changes.length > 0 && { changes }),
    ...(remarks.length > 0 && { remarks }),
  };
}

function facts({ part, body }: ServerObject): object {
  const { format, type } = body;
  if (part === "repositories") return { format, type, blobStore: partOf(body, "storage")["blobStoreName"] };
  if (part === "blobStores" || part === "privileges" || part === "tasks") return { type };
  return {};
}
