// Lines of a terminal as pieces of text with a look. What moves the cursor is left out, but for a carriage return: what
// follows it covers what stood before.

export interface Piece {
  text: string;
  // Classes: "bold", "red" ...
  look: string;
}

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const ESCAPE = /\u001b\[([0-9;?]*)([A-Za-z])|\u001b\][^\u0007]*\u0007|\u001b[()][A-Z0-9]|\u001b./g;

export function piecesOf(line: string): Piece[] {
  const visible = lastWritten(line);
  const pieces: Piece[] = [];
  let look = new Set<string>();
  let end = 0;
  for (const match of visible.matchAll(ESCAPE)) {
    push(pieces, visible.slice(end, match.index), look);
    end = match.index + match[0].length;
    if (match[2] === "m") look = changed(look, match[1] ?? "");
  }
  push(pieces, visible.slice(end), look);
  return pieces;
}

function lastWritten(line: string): string {
  const parts = line.split("\r").filter(Boolean);
  return parts.at(-1) ?? "";
}

function push(pieces: Piece[], text: string, look: ReadonlySet<string>): void {
  if (text) pieces.push({ text, look: [...look].join(" ") });
}

function changed(look: ReadonlySet<string>, codes: string): Set<string> {
  const next = new Set(look);
  for (const code of codes.split(";").map(Number)) {
    if (code === 0) next.clear();
    else if (code === 1) next.add("bold");
    else if (code === 22) next.delete("bold");
    else if ((code >= 30 && code <= 39) || (code >= 90 && code <= 97)) {
      COLOURS.forEach((name) => next.delete(name));
      const colour = COLOURS[code % 10];
      if (colour) next.add(colour);
    }
  }
  return next;
}
