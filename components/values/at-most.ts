/**
 * What the work gives, or something else where it takes longer; the work goes on by itself then.
 * @param ms milliseconds
 */
export async function atMost<T, L>(work: Promise<T>, ms: number, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<L>((resolve) => {
    timer = setTimeout(resolve, ms, late);
  });
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}
