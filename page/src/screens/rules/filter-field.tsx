// The filter of a condition. While it is typed the service says whether it can be read, and the place of a mistake is marked.
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { TextArea } from "../../parts/field";
import { checkFilter, type FilterCheck } from "./kinds";

const CHECK_AFTER_MS = 300;

interface FilterFieldProps {
  value: string;
  onValue: (value: string) => void;
  error?: string | undefined;
}

export function FilterField({ value, onValue, error }: FilterFieldProps) {
  const box = useRef<HTMLDivElement>(null);
  const check = useCheck(value);
  const isOpen = check !== null && check.error !== null;
  const place = isOpen ? check.position : null;
  const go = () => {
    const area = box.current?.querySelector("textarea");
    if (!area || place === null) return;
    area.focus();
    area.setSelectionRange(place, endOf(value, place));
  };
  return (
    <div ref={box} class="filter-field">
      <TextArea
        label={t("rules.filter")}
        hint={check && !isOpen ? t("rules.filterFine") : t("rules.filterHint")}
        error={isOpen ? check.error : error}
        class="code"
        dir="ltr"
        autocapitalize="none"
        rows={2}
        placeholder="duration > 10m & uploader *= 'BBC'"
        value={value}
        onValue={onValue}
      />
      {place !== null && (
        <div class="filter-place">
          <pre dir="ltr">
            {value.slice(0, place)}
            <mark>{value.slice(place, endOf(value, place)) || " "}</mark>
            {value.slice(endOf(value, place))}
          </pre>
          <Button kind="quiet" icon="edit" label={t("rules.goToMistake")} onClick={go} />
        </div>
      )}
    </div>
  );
}

// To the end of the word at the place; at the end of the text there is nothing.
function endOf(text: string, place: number): number {
  const word = /^(\s*\S+)/.exec(text.slice(place));
  return place + (word?.[0].length ?? 0);
}

// Null while nothing is known about what stands there now.
function useCheck(value: string): FilterCheck | null {
  const [check, setCheck] = useState<FilterCheck | null>(null);
  useEffect(() => {
    setCheck(null);
    if (!value.trim()) return;
    let isOld = false;
    const timer = setTimeout(() => {
      // What the service reads is trimmed; places count in the text as it stands here.
      const shift = value.length - value.trimStart().length;
      checkFilter(value).then(
        (answer) => !isOld && setCheck({ ...answer, position: answer.position === null ? null : answer.position + shift }),
        () => undefined, // a save will tell
      );
    }, CHECK_AFTER_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [value]);
  return check;
}
