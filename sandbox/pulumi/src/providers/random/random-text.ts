import { randomInt } from "node:crypto";
import type { Props } from "../provider";
import { count, text } from "../schema/value";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
const DIGITS = "0123456789";
/** What the plugin uses unless `overrideSpecial` is given. */
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

/** The settings of RandomPassword and RandomString with the plugin's defaults, as they are recorded. */
export function textSettings(inputs: Props): Props {
  const numeric = inputs["numeric"] ?? inputs["number"] ?? true;
  return {
    length: inputs["length"] ?? 0,
    lower: inputs["lower"] ?? true,
    upper: inputs["upper"] ?? true,
    number: numeric,
    numeric,
    special: inputs["special"] ?? true,
    minLower: inputs["minLower"] ?? 0,
    minUpper: inputs["minUpper"] ?? 0,
    minNumeric: inputs["minNumeric"] ?? 0,
    minSpecial: inputs["minSpecial"] ?? 0,
    ...(inputs["overrideSpecial"] === undefined ? {} : { overrideSpecial: inputs["overrideSpecial"] }),
    ...(inputs["keepers"] === undefined ? {} : { keepers: inputs["keepers"] }),
  };
}

/** Why no text can be made with these settings, or undefined. */
export function impossibleText(settings: Props): string | undefined {
  const least = ["minLower", "minUpper", "minNumeric", "minSpecial"].reduce(
    (sum, name) => sum + count(settings[name]),
    0,
  );
  if (count(settings["length"]) < Math.max(1, least)) {
    return `must be at least ${Math.max(1, least)}: the sum of minLower, minUpper, minNumeric and minSpecial, or 1`;
  }
  return alphabet(settings) === "" ? "no kind of character is allowed" : undefined;
}

/** Cryptographically random and unbiased: every character by rejection sampling, then a fair shuffle. */
export function randomText(settings: Props): string {
  const special = specials(settings);
  const letters = [
    ...pick(LOWER, count(settings["minLower"])),
    ...pick(UPPER, count(settings["minUpper"])),
    ...pick(DIGITS, count(settings["minNumeric"])),
    ...pick(special, count(settings["minSpecial"])),
  ];
  letters.push(...pick(alphabet(settings), count(settings["length"]) - letters.length));
  for (let index = letters.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [letters[index], letters[other]] = [letters[other]!, letters[index]!];
  }
  return letters.join("");
}

function alphabet(settings: Props): string {
  return [
    settings["lower"] === true ? LOWER : "",
    settings["upper"] === true ? UPPER : "",
    settings["numeric"] === true ? DIGITS : "",
    settings["special"] === true ? specials(settings) : "",
  ].join("");
}

function specials(settings: Props): string {
  const own = text(settings["overrideSpecial"]);
  return own === "" ? SPECIAL : own;
}

function pick(from: string, amount: number): string[] {
  return Array.from({ length: Math.max(0, amount) }, () => from[randomInt(from.length)]!);
}
