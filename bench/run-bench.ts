/**
 * Runs a bench to its end; exit 1 with what is wrong where it fails. Node 20's fetch may wait for an answer without anything that holds
 * the process: it would end in silence.
 */
export function runBench(main: () => Promise<void>): void {
  const hold = setInterval(() => undefined, 1000);
  main()
    .catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    })
    .finally(() => clearInterval(hold));
}
