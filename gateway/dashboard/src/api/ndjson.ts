/** Cuts a stream of text into lines and lines into JSON values. */
export class LineCutter {
  private rest = "";

  /** Returns the values of the lines that this piece completes. Fails with SyntaxError on a line that is no JSON. */
  push(piece: string): unknown[] {
    const lines = (this.rest + piece).split("\n");
    this.rest = lines.pop() ?? "";
    const values: unknown[] = [];
    for (const line of lines) {
      const text = line.trim();
      if (text !== "") values.push(JSON.parse(text));
    }
    return values;
  }
}
