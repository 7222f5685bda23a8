/** Items of one sort, and how many of them are worked on at once. */
export interface Lane<T> {
  readonly items: readonly T[];
  readonly limit: number;
}

/**
 * Runs `work` for every item, `limit` at once, results in order. The first failure aborts `stop`, so that the others
 * end early, and is thrown when all of them have ended. Where `stop` is aborted from outside, no other item is begun.
 */
export async function runLimited<T, R>(
  items: readonly T[],
  limit: number,
  stop: AbortController,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const [results = []] = await runLanes([{ items, limit }], stop, work);
  return results;
}

/** As `runLimited`, with several sorts side by side, so that many small ones need not wait for a few large ones. */
export async function runLanes<T, R>(
  lanes: readonly Lane<T>[],
  stop: AbortController,
  work: (item: T) => Promise<R>,
): Promise<R[][]> {
  const failures: unknown[] = [];
  const worker = async ({ items }: Lane<T>, results: R[], queue: { next: number }) => {
    while (queue.next < items.length && failures.length === 0) {
      const index = queue.next++;
      try {
        stop.signal.throwIfAborted();
        results[index] = await work(items[index] as T);
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      }
    }
  };
  const runs = lanes.map((lane) => {
    const results = new Array<R>(lane.items.length);
    const queue = { next: 0 };
    const workers = Array.from({ length: Math.min(lane.limit, lane.items.length) }, () =>
      worker(lane, results, queue),
    );
    return { results, ended: Promise.all(workers) };
  });
  await Promise.all(runs.map(({ ended }) => ended));
  if (failures.length > 0) throw failures[0];
  return runs.map(({ results }) => results);
}

/** Different things at the same time; as with `runLimited`, the first failure is thrown when all have ended. */
export async function runTogether<A, B>(
  stop: AbortController,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  const both: (() => Promise<A | B>)[] = [first, second];
  return (await runLimited(both, both.length, stop, (work) => work())) as [A, B];
}
