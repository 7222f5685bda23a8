/**
 * The fraction of pi in words of 32 bits, most significant first: the initial state that Schneier's
 * Blowfish takes "from the digits of pi". Computed (Machin: pi = 16 atan 1/5 - 4 atan 1/239), not copied.
 */
export function piWords(words: number): Uint32Array {
  const guard = 64n;
  const bits = BigInt(words) * 32n;
  const one = 1n << (bits + guard);
  const pi = 16n * arctangentOfInverse(5n, one) - 4n * arctangentOfInverse(239n, one);
  const fraction = (pi - 3n * one) >> guard;
  const hex = fraction.toString(16).padStart(words * 8, "0");
  return Uint32Array.from({ length: words }, (_, index) =>
    Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16),
  );
}

function arctangentOfInverse(x: bigint, one: bigint): bigint {
  let power = one / x;
  let sum = power;
  for (let divisor = 3n, sign = -1n; power > 0n; divisor += 2n, sign = -sign) {
    power /= x * x;
    sum += (sign * power) / divisor;
  }
  return sum;
}
