import { PassThrough } from "node:stream";

/** Where a test looks what was written. */
export const fakeStreams = () => ({
  input: new PassThrough(),
  output: new PassThrough(),
  errors: new PassThrough(),
});

/** For a shell in it: Docker 20.10 is told of the size when the command runs already. */
export const HAS_SIZE = 'until [ "$(stty size 2>/dev/null)" = "42 101" ]; do sleep 0.1; done';

/** A terminal of 101 columns and 42 rows, which a test types into. */
export function fakeTerminal() {
  const { input, output, errors } = fakeStreams();
  /** Whether it was made raw, each time. */
  const modes: boolean[] = [];
  let seen = "";
  output.on("data", (chunk) => {
    seen += chunk;
  });
  return {
    input: Object.assign(input, { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) }),
    output: Object.assign(output, { isTTY: true, columns: 101, rows: 42 }),
    errors,
    modes,
    seen: () => seen,
  };
}
