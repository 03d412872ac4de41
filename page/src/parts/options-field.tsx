// Options of yt-dlp's command line. The service says what it makes of them, once nothing more is typed.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../api/client";
import { t } from "../i18n";
import { TextArea } from "./field";
import { problemText } from "./toast";

interface Verdict {
  error: string | null;
  removed: string[];
  reasons: Record<string, string>;
}

export interface Converted {
  template: string | null;
  folder: string | null;
}

const CHECK_AFTER_MS = 400;
// How the reason begins of an option that an add would be refused for; others just have no effect.
const REFUSED = "It is not allowed";

interface OptionsFieldProps {
  value: string;
  onValue: (value: string) => void;
  // What the options say of the file's name and folder, which have fields of their own.
  onConverted?: (converted: Converted) => void;
  error?: string | undefined;
  hint?: string;
  rows?: number;
}

export function OptionsField({ value, onValue, onConverted, error, hint, rows = 2 }: OptionsFieldProps) {
  const verdict = useVerdict(value, onConverted);
  const isRefused = (option: string) => verdict?.reasons[option]?.startsWith(REFUSED) ?? false;
  const refused = verdict?.removed.filter(isRefused) ?? [];
  const removed = verdict?.removed.filter((option) => !isRefused(option)) ?? [];
  const isFine = verdict !== null && !verdict.error && !refused.length;
  const note = removed.length ? t("new.optionsRemoved", { options: removed.join(", ") }) : isFine ? t("new.optionsFine") : null;
  return (
    <TextArea
      label={t("new.options")}
      hint={note ?? hint ?? t("new.optionsHint")}
      error={verdict?.error ?? (refused.length ? t("new.optionsRefused", { options: refused.join(", ") }) : error)}
      rows={rows}
      class="code"
      dir="ltr"
      autocapitalize="none"
      placeholder="--write-subs --sub-langs en"
      value={value}
      onValue={onValue}
    />
  );
}

function useVerdict(args: string, onConverted?: (converted: Converted) => void): Verdict | null {
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  useEffect(() => {
    setVerdict(null);
    if (args.trim().length < 2) return;
    let isOld = false;
    const timer = setTimeout(() => {
      call(api.POST("/api/yt-dlp/convert", { body: { args } })).then(
        (answer) => {
          if (isOld) return;
          onConverted?.({ template: answer.output_template, folder: answer.download_path?.replace(/^\/+/, "") ?? null });
          setVerdict({ error: null, removed: answer.removed_options ?? [], reasons: answer.removed_reasons ?? {} });
        },
        (problem: unknown) => !isOld && setVerdict({ error: problemText(problem), removed: [], reasons: {} }),
      );
    }, CHECK_AFTER_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [args]);
  return verdict;
}
