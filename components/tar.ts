/** One entry of a tar archive. */
export interface TarEntry {
  /** Relative path with `/`, without a leading one; of a folder with one at its end. At most 100 bytes. */
  readonly name: string;
  readonly mode: number;
  /** None: a folder. */
  readonly content?: string | Buffer;
  /** Owner and group. @default root */
  readonly uid?: number;
  readonly gid?: number;
}

const BLOCK = 512;
/** What a header holds of a name. */
const NAME_BYTES = 100;

/** An archive (POSIX ustar) as Docker takes and gives it; nothing in it is the end of an empty one. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(packed), Buffer.alloc(2 * BLOCK)]);
}

/** What is in an archive besides folders, by name; of a link the content is empty. */
export function filesOf(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let at = 0;
  while (at + BLOCK <= archive.length && archive[at] !== 0) {
    const header = archive.subarray(at, at + BLOCK);
    const size = Number.parseInt(textAt(header, 124, 12), 8);
    const flag = textAt(header, 156, 1);
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (flag !== "5") files.set(textAt(header, 0, NAME_BYTES), content);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function packed(entry: TarEntry): Buffer[] {
  const { name, content } = entry;
  const bytes = Buffer.from(content ?? "");
  if (Buffer.byteLength(name) > NAME_BYTES) throw new Error(`${name}: longer than ${NAME_BYTES} bytes`);
  const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
  return [header(entry, bytes.length, content === undefined ? "5" : "0"), bytes, padding];
}

function header({ name, mode, uid = 0, gid = 0 }: TarEntry, size: number, flag: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, digits: number) =>
    block.write(`${value.toString(8).padStart(digits, "0")}\0`, offset, "latin1");
  block.write(name, 0);
  octal(mode, 100, 7);
  octal(uid, 108, 7);
  octal(gid, 116, 7);
  octal(size, 124, 11);
  octal(Math.floor(Date.now() / 1000), 136, 11);
  block.write(" ".repeat(8), 148, "latin1");
  block.write(flag, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function textAt(block: Buffer, offset: number, length: number): string {
  const end = block.indexOf(0, offset);
  const last = end === -1 ? offset + length : Math.min(end, offset + length);
  return block.subarray(offset, last).toString().trim();
}
