// What a session writes, from its first line on and as it comes.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { useStream } from "../../live/stream";
import { copyText } from "../../parts/copy";
import { Button } from "../../parts/button";
import { Notice } from "../../parts/states";
import { piecesOf } from "./ansi";

const MOST_LINES = 3000;
const NEAR_END_PIXELS = 40;

interface Line {
  number: number;
  text: string;
  isError: boolean;
}

// A component per session: `key={id}`.
export function Output({ id, onEnd }: { id: string; onEnd: () => void }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const arrived = useRef<Line[]>([]);
  const last = useRef(0);
  const frame = useRef(0);
  const flush = () => {
    frame.current = 0;
    const fresh = arrived.current;
    arrived.current = [];
    setLines((before) => [...before, ...fresh].slice(-MOST_LINES));
  };
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  const state = useStream({
    path: `/api/system/terminal/${id}/stream`,
    events: ["output", "close"],
    onEvent: ({ name, id: sequence, data }) => {
      const number = Number(sequence);
      if (number <= last.current) return;
      last.current = number;
      if (name === "close") {
        onEnd();
        return false;
      }
      arrived.current.push({ number, text: String(data["line"] ?? ""), isError: data["type"] === "stderr" });
      if (!frame.current) frame.current = requestAnimationFrame(flush);
    },
  });
  const isCut = (lines[0]?.number ?? 1) > 1;
  return (
    <div class="console-output">
      {isCut && <Notice kind="info">{t("console.cut", { n: MOST_LINES })}</Notice>}
      <Screen lines={lines} isLost={state === "lost"} />
      {lines.length > 0 && (
        <Button kind="quiet" icon="copy" onClick={() => void copyText(lines.map(plain).join("\n"))}>
          {t("console.copyOutput")}
        </Button>
      )}
    </div>
  );
}

function plain({ text }: Line): string {
  return piecesOf(text)
    .map((piece) => piece.text)
    .join("");
}

// Stays at its end while the reader does.
function Screen({ lines, isLost }: { lines: readonly Line[]; isLost: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <div
      ref={box}
      class="console-screen"
      role="log"
      aria-label={t("console.output")}
      tabIndex={0}
      dir="ltr"
      onScroll={({ currentTarget: now }) => {
        isAtEnd.current = now.scrollHeight - now.scrollTop - now.clientHeight < NEAR_END_PIXELS;
      }}
    >
      {lines.map((line) => (
        <div key={line.number} class={line.isError ? "console-line red" : "console-line"}>
          {piecesOf(line.text).map(({ text, look }, index) =>
            look ? (
              <span key={index} class={look}>
                {text}
              </span>
            ) : (
              text
            ),
          )}
        </div>
      ))}
      {isLost && <div class="console-line soft">{t("console.lost")}</div>}
    </div>
  );
}
