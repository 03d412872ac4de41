// A first look at a cookies.txt, so that a mistake is seen before the add. The service reads it the same way, and decides.

export interface CookieProblem {
  kind: "json" | "header" | "line";
  line: number;
}

const FIELDS = 7;
const FLAG = /^(true|false)$/i;

export function cookieProblem(text: string): CookieProblem | null {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  if (!trimmed) return null;
  if (/^[[{]/.test(trimmed)) return { kind: "json", line: 1 };
  const rows = trimmed.split(/\r?\n/).map((row, index) => ({ row, line: index + 1 }));
  const cookies = rows.filter(({ row }) => row.trim() && (!row.startsWith("#") || row.startsWith("#HttpOnly_")));
  if (cookies.some(({ row }) => isCookie(row))) return null;
  const [first] = cookies;
  if (first && !first.row.includes("\t") && /^[\w.-]+=[^;]*(;|$)/.test(first.row)) return { kind: "header", line: first.line };
  return { kind: "line", line: first?.line ?? 1 };
}

// Six are enough: an empty value may have lost its tabulator.
function isCookie(row: string): boolean {
  const parts = row.includes("\t") ? row.split("\t") : row.trim().split(/\s+/);
  return parts.length >= FIELDS - 1 && FLAG.test(parts[1]?.trim() ?? "") && FLAG.test(parts[3]?.trim() ?? "");
}
