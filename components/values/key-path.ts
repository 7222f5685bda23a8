/** One step of a key path: a key of a map, a place in a list, or the element of a list that has this value under that key. */
export type KeyStep = string | number | { readonly key: string; readonly is: string };

const STEP = /^(?:\[(\d+)\]|\[("(?:[^"\\]|\\.)+")\]|\[([^=\]"]+)=([^\]]+)\]|(\.?)([^.[\]"\s]+))/;

/**
 * `image.tag`, `containers[0].image`, `images[name=blog].digest`, `annotations["example.com/tag"]`.
 * @returns undefined for what is none
 */
export function parseKeyPath(text: string): KeyStep[] | undefined {
  const steps: KeyStep[] = [];
  for (let rest = text; rest !== ""; ) {
    const [whole, place, quoted, key, is, dot, name] = STEP.exec(rest) ?? [];
    if (whole === undefined) return undefined;
    // A dot stands between two keys, and nowhere else.
    if (name !== undefined && (dot === ".") !== steps.length > 0) return undefined;
    const step = stepOf({ place, quoted, key, is, name });
    if (step === undefined) return undefined;
    steps.push(step);
    rest = rest.slice(whole.length);
  }
  return steps.length > 0 ? steps : undefined;
}

export function formatKeyPath(steps: readonly KeyStep[]): string {
  return steps
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (typeof step === "object") return `[${step.key}=${step.is}]`;
      if (/[.[\]"\s]/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}

type Found = Readonly<Record<"place" | "quoted" | "key" | "is" | "name", string | undefined>>;

function stepOf({ place, quoted, key, is, name }: Found): KeyStep | undefined {
  if (place !== undefined) return Number(place);
  if (key !== undefined && is !== undefined) return { key, is };
  if (quoted === undefined) return name;
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}
