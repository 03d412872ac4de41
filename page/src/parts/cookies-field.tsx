// The text of a cookies.txt, typed or out of a file; a first look tells what cannot be one.
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import { Button } from "./button";
import { cookieProblem } from "./cookies";
import { TextArea } from "./field";

interface CookiesFieldProps {
  value: string;
  onValue: (value: string) => void;
  error?: string | undefined;
}

export function CookiesField({ value, onValue, error }: CookiesFieldProps) {
  const chooser = useRef<HTMLInputElement>(null);
  const problem = cookieProblem(value);
  return (
    <div class="cookies-field">
      <TextArea
        label={t("new.cookies")}
        hint={t("new.cookiesHint")}
        error={problem ? t(`new.cookies_${problem.kind}`, { line: problem.line }) : error}
        rows={2}
        class="code"
        dir="ltr"
        value={value}
        onValue={onValue}
      />
      <input
        ref={chooser}
        type="file"
        accept=".txt,text/plain"
        hidden
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) void file.text().then(onValue);
          event.currentTarget.value = "";
        }}
      />
      <Button kind="quiet" icon="upload" onClick={() => chooser.current?.click()}>
        {t("new.cookiesFile")}
      </Button>
    </div>
  );
}
