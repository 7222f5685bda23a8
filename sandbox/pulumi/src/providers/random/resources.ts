import { randomBytes, randomInt } from "node:crypto";
import type { Props } from "../provider";
import { atLeast, type Fields, field } from "../schema/field";
import { count, text } from "../schema/value";
import { bcrypt } from "./bcrypt";
import { ADJECTIVES, ADVERBS, ANIMALS } from "./pet-words";
import { impossibleText, randomText, textSettings } from "./random-text";
import type { RandomResource } from "./resource";

const KEEPERS: Fields = { keepers: field("map", { replace: true }) };

const TEXT: Fields = {
  ...KEEPERS,
  length: field("number", { required: true, replace: true, accept: atLeast(1) }),
  ...Object.fromEntries(
    ["lower", "upper", "number", "numeric", "special"].map((name) => [
      name,
      field("boolean", { replace: true }),
    ]),
  ),
  ...Object.fromEntries(
    ["minLower", "minUpper", "minNumeric", "minSpecial"].map((name) => [
      name,
      field("number", { replace: true, accept: atLeast(0) }),
    ]),
  ),
  overrideSpecial: field("string", { replace: true }),
};

function rejectText(settings: Props): { property: string; reason: string } | undefined {
  const reason = impossibleText(settings);
  return reason === undefined ? undefined : { property: "length", reason: `"length" ${reason}` };
}

/** Its id is the constant "none", as in the plugin: an id is not secret, the password is. */
const password: RandomResource = {
  fields: TEXT,
  settings: textSettings,
  made: ["result", "bcryptHash"],
  reject: rejectText,
  make: (settings) => {
    const result = randomText(settings);
    return {
      id: "none",
      outputs: { ...settings, id: "none", result, bcryptHash: bcrypt(result) },
      secretOutputs: ["result", "bcryptHash"],
    };
  },
};

const string: RandomResource = {
  fields: TEXT,
  settings: textSettings,
  made: ["result"],
  reject: rejectText,
  make: (settings) => {
    const result = randomText(settings);
    return { id: result, outputs: { ...settings, id: result, result } };
  },
};

const pet: RandomResource = {
  fields: {
    ...KEEPERS,
    length: field("number", { replace: true, accept: atLeast(1) }),
    prefix: field("string", { replace: true }),
    separator: field("string", { replace: true }),
  },
  settings: (inputs) => ({ length: 2, separator: "-", ...inputs }),
  made: [],
  make: (settings) => {
    const words = petWords(count(settings["length"]));
    const prefix = text(settings["prefix"]);
    const id = (prefix === "" ? words : [prefix, ...words]).join(text(settings["separator"]));
    return { id, outputs: { ...settings, id } };
  },
};

function petWords(length: number): string[] {
  const words = [pickWord(ANIMALS)];
  if (length > 1) words.unshift(pickWord(ADJECTIVES));
  while (words.length < length) words.unshift(pickWord(ADVERBS));
  return words;
}

function pickWord(words: readonly string[]): string {
  return words[randomInt(words.length)]!;
}

const id: RandomResource = {
  fields: {
    ...KEEPERS,
    byteLength: field("number", { required: true, replace: true, accept: atLeast(1) }),
    prefix: field("string", { replace: true }),
  },
  settings: (inputs) => ({ ...inputs }),
  made: ["b64Std", "b64Url", "dec", "hex"],
  make: (settings) => {
    const bytes = randomBytes(count(settings["byteLength"]));
    const prefix = text(settings["prefix"]);
    const hex = bytes.toString("hex");
    const url = bytes.toString("base64url");
    return {
      id: url,
      outputs: {
        ...settings,
        id: url,
        b64Std: prefix + bytes.toString("base64"),
        b64Url: prefix + url,
        dec: prefix + BigInt(`0x${hex}`).toString(),
        hex: prefix + hex,
      },
    };
  },
};

/** Type token to resource; the plugin's other resources are refused by name. */
export const RANDOM_RESOURCES: { readonly [type: string]: RandomResource } = {
  "random:index/randomPassword:RandomPassword": password,
  "random:index/randomString:RandomString": string,
  "random:index/randomPet:RandomPet": pet,
  "random:index/randomId:RandomId": id,
};
