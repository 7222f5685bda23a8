import { randomBytes } from "node:crypto";
import { piWords } from "./pi-words";

/** Passwords are cut here, as the random plugin does: bcrypt takes no more bytes. */
const PASSWORD_BYTES = 72;
const ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const MAGIC = Buffer.from("OrpheanBeholderScryDoubt");

/** Eighteen words of subkeys, then four boxes of 256: Blowfish's state, of which bcrypt makes the key. */
const SUBKEYS = 18;
const WORDS = SUBKEYS + 4 * 256;
let initial: Uint32Array | undefined;

/**
 * bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999) in the form `$2a$`.
 * No package for it is installed, and the random plugin's `bcryptHash` is what htpasswd files want.
 * @param cost base-2 logarithm of the rounds; the plugin uses 10
 * @param salt 16 bytes
 */
export function bcrypt(password: string, cost = 10, salt: Buffer = randomBytes(16)): string {
  if (salt.length !== 16) throw new Error(`A bcrypt salt has 16 bytes, not ${salt.length}`);
  const bytes = Buffer.from(password);
  const key = Buffer.concat([bytes.subarray(0, PASSWORD_BYTES), Buffer.alloc(1)]).subarray(0, PASSWORD_BYTES);
  const state = expensiveState(key, cost, salt);
  const digest = encryptMagic(state).subarray(0, 23);
  return `$2a$${String(cost).padStart(2, "0")}$${encode(salt)}${encode(digest)}`;
}

function expensiveState(key: Buffer, cost: number, salt: Buffer): Uint32Array {
  initial ??= piWords(WORDS);
  const state = Uint32Array.from(initial);
  expand(state, key, salt);
  for (let round = 0; round < 2 ** cost; round++) {
    expand(state, key);
    expand(state, salt);
  }
  return state;
}

function expand(state: Uint32Array, key: Buffer, salt?: Buffer): void {
  for (let index = 0; index < SUBKEYS; index++) state[index]! ^= cyclicWord(key, index);
  const block = new Uint32Array(2);
  for (let index = 0; index < WORDS; index += 2) {
    if (salt !== undefined) {
      block[0]! ^= cyclicWord(salt, index);
      block[1]! ^= cyclicWord(salt, index + 1);
    }
    encrypt(state, block);
    state[index] = block[0]!;
    state[index + 1] = block[1]!;
  }
}

function cyclicWord(bytes: Buffer, index: number): number {
  let word = 0;
  for (let offset = 0; offset < 4; offset++) word = (word << 8) | bytes[(index * 4 + offset) % bytes.length]!;
  return word >>> 0;
}

/** One block of Blowfish: sixteen Feistel rounds. */
function encrypt(state: Uint32Array, block: Uint32Array): void {
  let left = block[0]!;
  let right = block[1]!;
  for (let round = 0; round < 16; round++) {
    left ^= state[round]!;
    const first = state[SUBKEYS + (left >>> 24)]! + state[SUBKEYS + 256 + ((left >>> 16) & 255)]!;
    const second =
      (first ^ state[SUBKEYS + 512 + ((left >>> 8) & 255)]!) + state[SUBKEYS + 768 + (left & 255)]!;
    const mixed = right ^ second;
    right = left;
    left = mixed;
  }
  block[0] = right ^ state[17]!;
  block[1] = left ^ state[16]!;
}

function encryptMagic(state: Uint32Array): Buffer {
  const out = Buffer.alloc(MAGIC.length);
  for (let offset = 0; offset < MAGIC.length; offset += 8) {
    const block = Uint32Array.of(MAGIC.readUInt32BE(offset), MAGIC.readUInt32BE(offset + 4));
    for (let round = 0; round < 64; round++) encrypt(state, block);
    out.writeUInt32BE(block[0]!, offset);
    out.writeUInt32BE(block[1]!, offset + 4);
  }
  return out;
}

/** base64 with bcrypt's own alphabet and no padding. */
function encode(bytes: Buffer): string {
  const standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return bytes
    .toString("base64")
    .replace(/=+$/, "")
    .replace(/./g, (letter) => ALPHABET[standard.indexOf(letter)]!);
}
