// A folder below the root; those that there are, level by level, are offered while it is typed.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../api/client";
import { t } from "../i18n";
import { TextField } from "./field";

interface FolderFieldProps {
  value: string;
  placeholder?: string;
  error?: string | undefined;
  onValue: (value: string) => void;
}

export function FolderField({ value, placeholder = "", error, onValue }: FolderFieldProps) {
  const [choices, setChoices] = useState<string[]>([]);
  const above = value.includes("/") ? value.slice(0, value.lastIndexOf("/")) : "";
  useEffect(() => {
    let isOld = false;
    call(api.GET("/api/system/folders", { params: { query: { path: above } } })).then(
      (answer) => !isOld && setChoices(answer.folders.map((name) => (above ? `${above}/${name}` : name))),
      () => undefined, // it can be typed all the same
    );
    return () => {
      isOld = true;
    };
  }, [above]);
  return (
    <TextField
      label={t("new.folder")}
      hint={t("new.folderHint")}
      error={error}
      placeholder={placeholder}
      choices={choices}
      dir="ltr"
      value={value}
      onValue={onValue}
    />
  );
}
