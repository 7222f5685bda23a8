import { Readable } from "node:stream";
import type { Container } from "dockerode";
import type { Props, Value } from "../../provider";
import { objects, text } from "../../schema/value";
import { type TarEntry, tarStream } from "../tar";

/** Modes as the plugin gives them. */
const FILE_MODE = 0o644;
const EXECUTABLE_MODE = 0o744;

/** Why an upload can't be made, or undefined: exactly one kind of content is wanted. */
export function refuseUpload(upload: Props): string | undefined {
  const kinds = ["content", "contentBase64"].filter(
    (kind) => upload[kind] !== undefined && upload[kind] !== "",
  );
  if (kinds.length === 1) return undefined;
  return `exactly one of "content" and "contentBase64" must be given, and not be empty`;
}

/** Puts the files into a container that hasn't started yet, below its root. */
export async function putUploads(container: Container, uploads: Value | undefined): Promise<void> {
  const entries = objects(uploads).map(uploadEntry);
  if (entries.length === 0) return;
  await container.putArchive(Readable.from(tarStream(entries)), { path: "/" });
}

function uploadEntry(upload: Props): TarEntry {
  const content =
    text(upload["content"]) === ""
      ? Buffer.from(text(upload["contentBase64"]), "base64")
      : Buffer.from(text(upload["content"]));
  const permissions = text(upload["permissions"]);
  return {
    name: text(upload["file"]).replace(/^\/+/, ""),
    mode:
      permissions === ""
        ? upload["executable"] === true
          ? EXECUTABLE_MODE
          : FILE_MODE
        : Number.parseInt(permissions, 8),
    modified: Date.now() / 1000,
    type: "file",
    size: content.length,
    content: [content],
  };
}
