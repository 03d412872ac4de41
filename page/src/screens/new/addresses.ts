// The box of addresses: one on each line.

export interface Address {
  // From 1.
  line: number;
  url: string;
  isFit: boolean;
}

const VIDEO_ID = /^[\w-]{11}$/;

// Empty lines and comments are none. An id of eleven characters is YouTube's, as the API has it.
export function readAddresses(text: string): Address[] {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const url = raw.trim();
    if (!url || url.startsWith("#")) return [];
    return [{ line: index + 1, url, isFit: isAddress(url) || VIDEO_ID.test(url) }];
  });
}

function isAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol) && !/\s/.test(text);
  } catch {
    return false;
  }
}

// Adds what is not there yet, on lines of its own.
export function append(text: string, more: readonly string[]): string {
  const existing = new Set(readAddresses(text).map(({ url }) => url));
  const fresh = more.filter((url) => !existing.has(url));
  return [text.trimEnd(), ...fresh].filter(Boolean).join("\n");
}
