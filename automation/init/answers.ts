import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import type { z } from "zod";
import { CommandError, Exit } from "../terminal/exit";

/** Something that the repository doesn't tell. */
export interface Question {
  readonly text: string;
  /** The option that answers it: `--gitlab`. */
  readonly flag: string;
  /** What was given by that option. */
  readonly given: string | undefined;
  /** What is taken where nobody says anything else; undefined where there is nothing likely. */
  readonly usual: string | undefined;
  /** Likely answers, which can be given by their numbers. */
  readonly choices?: readonly string[];
  /** What is wrong with an answer; undefined where nothing is. */
  readonly problem: (answer: string) => string | undefined;
}

/** Where questions are answered. */
export interface Terminal {
  /** @throws CommandError where it was closed, or the user gave up (exit 130) */
  ask(prompt: string): Promise<string>;
  say(line: string): void;
  close(): void;
}

/** Answers of options, of a person on a terminal, else the usual ones. */
export class Answers {
  private readonly missing: string[] = [];

  /** @param terminal undefined where nobody is to be asked */
  constructor(private readonly terminal: Terminal | undefined) {}

  /** @throws CommandError (exit 2) for an option's value that is none */
  async to(question: Question): Promise<string> {
    const { text, flag, given, usual } = question;
    if (given !== undefined) {
      const problem = question.problem(given);
      if (problem !== undefined) throw new CommandError(`${flag} ${given}: ${problem}`, Exit.usage);
      return given;
    }
    if (this.terminal) return this.asked(this.terminal, question);
    if (usual === undefined) this.missing.push(`${flag} (${text})`);
    return usual ?? "";
  }

  /** @returns whether a person agrees; without a terminal the answer is yes */
  async agreed(text: string): Promise<boolean> {
    if (!this.terminal) return true;
    const answer = await this.terminal.ask(`${text} [y/N]: `);
    return /^y(es)?$/i.test(answer.trim());
  }

  /** @throws CommandError (exit 2) that names every option that was missing */
  refuseMissing(): void {
    if (this.missing.length === 0) return;
    throw new CommandError(
      `The repository doesn't tell, and there is no usual answer: name ${this.missing.join(", ")}. Nothing was written.`,
      Exit.usage,
    );
  }

  private async asked(terminal: Terminal, { text, usual, choices = [], problem }: Question): Promise<string> {
    for (const [index, choice] of choices.entries()) terminal.say(`  ${index + 1}  ${choice}`);
    for (;;) {
      const answer = (await terminal.ask(`${text}${usual === undefined ? "" : ` [${usual}]`}: `)).trim();
      const value = answer === "" && usual !== undefined ? usual : (choices[Number(answer) - 1] ?? answer);
      const wrong = problem(value);
      if (wrong === undefined) return value;
      terminal.say(`  ${wrong}`);
    }
  }
}

/** What a field of the settings has against a value. */
export function problemOf(field: z.ZodType): (answer: unknown) => string | undefined {
  return (answer) => field.safeParse(answer).error?.issues[0]?.message;
}

/** A terminal of lines. @param isTty whether it is a real one, which edits lines and has Ctrl-C */
export function lineTerminal(input: Readable, output: Writable, isTty: boolean): Terminal {
  const lines = createInterface({ input, output, terminal: isTty });
  const gone = new AbortController();
  const endBy = (error: CommandError) => {
    gone.abort(error);
    lines.close();
  };
  lines.once("SIGINT", () => endBy(new CommandError("stopped; nothing was written", Exit.interrupted)));
  lines.once("close", () =>
    endBy(new CommandError("The terminal was closed before all was answered; nothing was written.")),
  );
  const ask = async (prompt: string) => {
    if (gone.signal.aborted) throw gone.signal.reason;
    try {
      return await lines.question(prompt, { signal: gone.signal });
    } catch {
      output.write("\n");
      throw gone.signal.reason;
    }
  };
  return { ask, say: (line) => output.write(`${line}\n`), close: () => lines.close() };
}
