import type { Op } from "../engine/events";

const CODES = { green: 32, yellow: 33, red: 31, magenta: 35, cyan: 36, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof CODES;

/** Colours on a terminal only, unless --color says otherwise. */
export function coloured(): boolean {
  const choice = process.env["PULUMI_COLOR"] ?? "auto";
  if (choice === "always") return true;
  return choice === "auto" && Boolean(process.stdout.isTTY) && process.env["NO_COLOR"] === undefined;
}

export function paint(colour: Colour, text: string): string {
  return coloured() && text !== "" ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}

export interface OpStyle {
  /** Two columns. */
  readonly sign: string;
  readonly colour: Colour;
  readonly planned: string;
  readonly running: string;
  readonly done: string;
}

/** The words of the real CLI. */
export const OP_STYLES: { readonly [op in Op]: OpStyle } = {
  same: { sign: "  ", colour: "dim", planned: "", running: "", done: "" },
  create: { sign: "+ ", colour: "green", planned: "create", running: "creating", done: "created" },
  update: { sign: "~ ", colour: "yellow", planned: "update", running: "updating", done: "updated" },
  delete: { sign: "- ", colour: "red", planned: "delete", running: "deleting", done: "deleted" },
  replace: { sign: "+-", colour: "magenta", planned: "replace", running: "replacing", done: "replaced" },
  "create-replacement": {
    sign: "++",
    colour: "green",
    planned: "create replacement",
    running: "creating replacement",
    done: "created replacement",
  },
  "delete-replaced": {
    sign: "--",
    colour: "red",
    planned: "delete original",
    running: "deleting original",
    done: "deleted original",
  },
  read: { sign: "> ", colour: "cyan", planned: "read", running: "reading", done: "read" },
  refresh: { sign: "~ ", colour: "yellow", planned: "refreshing", running: "refreshing", done: "" },
  "remove-pending-replace": {
    sign: "~ ",
    colour: "yellow",
    planned: "",
    running: "completing",
    done: "completed",
  },
};

/** `docker:index/image:Image` is shown as `docker:index:Image`. */
export function shortType(type: string): string {
  const [packageName, module, name] = type.split(":");
  if (packageName === undefined || module === undefined || name === undefined) return type;
  const [head, file, ...rest] = module.split("/");
  const derived = name.charAt(0).toLowerCase() + name.slice(1);
  return rest.length === 0 && file === derived ? `${packageName}:${head}:${name}` : type;
}

/** Below a second with hundredths. */
export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${(milliseconds / 1000).toFixed(2)}s` : `${Math.round(milliseconds / 1000)}s`;
}
