import { textTable } from "../terminal/text-table";
import type { ListedRepository } from "./list-repositories";

const HEAD = ["REPOSITORY", "FORMAT", "TYPE", "STATE", "ADDRESS", "BLOB STORE"];

/** A table for people. It has a column of states where one is offline. */
export function repositoriesText(repositories: readonly ListedRepository[]): string {
  const rows = repositories.map(({ name, format, type, online, address, blobStore }) => [
    name,
    format,
    type,
    online ? "" : "offline",
    address ?? "",
    blobStore,
  ]);
  return rows.length === 0 ? "Nexus has no repositories." : textTable(HEAD, rows);
}
