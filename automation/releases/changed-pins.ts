import type { PlannedPin, StackFile } from "../stack-file/stack-file";
import type { Report } from "../terminal/report";
import { STOP_SIGNALS } from "../terminal/stop-signals";

/**
 * Writes pins into the stack's settings file and runs what applies them. Where nothing was applied, for whatever reason, the file is
 * put back as it was: it says what runs. Once something was, it stays, also after a failure: the same again goes on from there.
 * @param run applies; it says when it begins to change something
 */
export async function withChangedPins<T>(
  file: StackFile,
  pins: readonly PlannedPin[],
  report: Report,
  run: (onApplying: () => void) => Promise<T>,
): Promise<T> {
  file.planned = pins;
  file.settingsToApply(); // a mistake is found before the file is touched
  const undo = new Undo(file, pins, report);
  try {
    return await run(() => undo.forget());
  } catch (error) {
    undo.run();
    throw error;
  } finally {
    undo.end();
  }
}

class Undo {
  private putBack: (() => boolean) | undefined;

  constructor(
    private readonly file: StackFile,
    private readonly pins: readonly PlannedPin[],
    private readonly report: Report,
  ) {
    this.putBack = file.pinAll(pins);
    for (const name of STOP_SIGNALS) process.on(name, this.onSignal);
    for (const pin of pins) report.say(`${told(pin)} in ${file.path}.`);
  }

  /** Something was applied. */
  forget(): void {
    this.putBack = undefined;
  }

  run(): void {
    if (!this.putBack) return;
    const isBack = this.putBack();
    this.putBack = undefined;
    const { path } = this.file;
    if (isBack) this.report.say(`Nothing was applied: ${path} is as it was.`);
    else this.report.say(`Nothing was applied, but ${path} was changed meanwhile: ${this.byHand()}.`);
  }

  end(): void {
    for (const name of STOP_SIGNALS) process.removeListener(name, this.onSignal);
  }

  /** Whoever else listens ends the run in good order; where nobody does, the process ends as it would have. */
  private readonly onSignal = (name: NodeJS.Signals): void => {
    if (process.listenerCount(name) > 1) return;
    this.run();
    this.end();
    process.kill(process.pid, name);
  };

  private byHand(): string {
    const names = this.pins.map(({ app }) => `berth:apps.${app}.release`).join(" and ");
    return `${names} says what was to run, and is yours to put back`;
  }
}

function told({ app, release }: PlannedPin): string {
  if (!release) return `${app} is no longer pinned`;
  const from = release.from ? `, from ${release.from}` : "";
  return `${app} is pinned to ${release.tag} (${release.digest}${from})`;
}
