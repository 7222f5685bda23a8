/** One entry of a tar archive; owner and group are root, as in Docker's build contexts. */
export interface TarEntry {
  /** Relative path with "/", without a leading one. */
  readonly name: string;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modified: number;
  readonly type: "file" | "directory" | "symlink";
  readonly size: number;
  readonly target?: string;
  /** Pieces of the content, `size` bytes in all. */
  readonly content?: AsyncIterable<Buffer> | Iterable<Buffer>;
}

const BLOCK = 512;
const TYPE_FLAGS = { file: "0", symlink: "2", directory: "5" } as const;
/** What a ustar header holds of a name, of a link's target, and of a size in octal digits. */
const NAME_BYTES = 100;
const SIZE_LIMIT = 8 ** 11;

/** POSIX.1-2001 (pax) archive, streamed: a long name, target or size gets an extended header. */
export async function* tarStream(
  entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
): AsyncGenerator<Buffer> {
  for await (const entry of entries) {
    const name = entry.type === "directory" && !entry.name.endsWith("/") ? `${entry.name}/` : entry.name;
    const extended = extendedHeader(name, entry);
    if (extended !== undefined) yield extended;
    yield header(name, entry.mode, entry.size, entry.modified, TYPE_FLAGS[entry.type], entry.target ?? "");
    yield* body(name, entry);
  }
  yield Buffer.alloc(2 * BLOCK);
}

async function* body(name: string, entry: TarEntry): AsyncGenerator<Buffer> {
  let written = 0;
  for await (const piece of entry.content ?? []) {
    written += piece.length;
    yield piece;
  }
  if (written !== entry.size)
    throw new Error(`${name} changed while it was read: ${entry.size} bytes became ${written}`);
  yield Buffer.alloc((BLOCK - (entry.size % BLOCK)) % BLOCK);
}

function extendedHeader(name: string, entry: TarEntry): Buffer | undefined {
  const records = [
    Buffer.byteLength(name) > NAME_BYTES ? paxRecord("path", name) : "",
    Buffer.byteLength(entry.target ?? "") > NAME_BYTES ? paxRecord("linkpath", entry.target ?? "") : "",
    entry.size >= SIZE_LIMIT ? paxRecord("size", String(entry.size)) : "",
  ].join("");
  if (records === "") return undefined;
  const content = Buffer.from(records);
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return Buffer.concat([
    header("PaxHeader", 0o644, content.length, entry.modified, "x", ""),
    content,
    padding,
  ]);
}

/** "LENGTH key=value\n", where LENGTH counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length !== length) length = bytes + String(length).length;
  return length + rest;
}

function header(
  name: string,
  mode: number,
  size: number,
  modified: number,
  flag: string,
  target: string,
): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, digits: number) =>
    block.write(`${Math.floor(value).toString(8).padStart(digits, "0")}\0`, offset, "latin1");
  Buffer.from(name).copy(block, 0, 0, NAME_BYTES);
  octal(mode & 0o7777, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size >= SIZE_LIMIT ? 0 : size, 124, 11);
  octal(Math.max(0, modified), 136, 11);
  block.write(" ".repeat(8), 148, "latin1");
  block.write(flag, 156, "latin1");
  Buffer.from(target).copy(block, 157, 0, NAME_BYTES);
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
