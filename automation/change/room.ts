/** Room in a text of limited length: takes whole blocks, and none after the first that is too long. */
export class Room {
  private full = false;

  /** @param left characters */
  constructor(private left: number) {}

  /** What is there is the beginning of all. */
  take(blocks: readonly string[]): string[] {
    return blocks.filter((text) => {
      this.full ||= text.length + 1 > this.left;
      if (!this.full) this.left -= text.length + 1;
      return !this.full;
    });
  }
}
