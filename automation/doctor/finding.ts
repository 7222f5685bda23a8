/** What a look at one thing came to. */
export interface Finding {
  /** What was looked at: `Docker of web1: disk`. */
  readonly what: string;
  readonly state: "ok" | "warn" | "fail";
  /** What came back, as a sentence without its full stop. */
  readonly text: string;
  /** What to do: a command to paste where one helps. */
  readonly advice?: string;
}

export const ok = (what: string, text: string): Finding => ({ what, state: "ok", text });

/** Something that works, and that somebody should look at. */
export const warn = (what: string, text: string, advice?: string): Finding =>
  finding("warn", what, text, advice);

/** Something without which a command of the stack fails. */
export const fail = (what: string, text: string, advice?: string): Finding =>
  finding("fail", what, text, advice);

function finding(state: Finding["state"], what: string, text: string, advice: string | undefined): Finding {
  return { what, state, text, ...(advice !== undefined && { advice }) };
}
