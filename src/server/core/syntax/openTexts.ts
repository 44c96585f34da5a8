/** Which packed texts stay open: those that were opened last, as most are read from beginning to end and then no more. */
import type { PackedText } from "./packed.ts";

/** How many: a package's files, and those of what it imports. */
const MOST_OPEN = 64;

/** The packed texts that were opened last. */
export class OpenTexts {
  private readonly texts: PackedText[] = [];

  add(text: PackedText): void {
    this.texts.push(text);
    if (this.texts.length > MOST_OPEN) this.texts.shift()?.close();
  }
}
