// Takes the cookies of sites, or other ones of one site; those that are stored are never shown.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { t } from "../../i18n";
import { CookiesField } from "../../parts/cookies-field";
import { CheckField, SelectField } from "../../parts/field";
import { Editor, useForm } from "../../parts/form";
import { Loading, Notice, Problem } from "../../parts/states";
import { session } from "../../session";
import type { Jar } from "./jars";
import type { EditorStart } from "./list";

interface Draft {
  cookies: string;
  use: Jar["use"];
  shared: boolean;
}

const BACK = "/rules/cookies";

export function JarEditor({ id }: EditorStart) {
  const site = id === "new" ? null : decodeURIComponent(id);
  const [jar, setJar] = useState<Jar | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    if (site) call(api.GET("/api/cookies/{site}", { params: { path: { site } } })).then(setJar, setProblem);
  }, [site]);
  if (problem) return <Problem error={problem} />;
  if (site && !jar) return <Loading />;
  return <Form jar={jar} />;
}

function Form({ jar }: { jar: Jar | null }) {
  const form = useForm<Draft>({ cookies: "", use: jar?.use ?? "always", shared: jar?.shared ?? false });
  const { now, edit, errors } = form;
  const send = (body: Draft): Promise<unknown> =>
    jar
      ? call(api.PUT("/api/cookies/{site}", { params: { path: { site: jar.site } }, body }))
      : call(api.POST("/api/cookies", { body }));
  return (
    <Editor
      title={jar ? jar.site : t("rules.new_cookies")}
      back={{ to: BACK, text: t("rules.tab_cookies") }}
      form={form}
      onSave={() => void form.save(send, BACK)}
    >
      <section class="card editor-part">
        {jar && <Notice kind="info">{t("rules.cookiesStored")}</Notice>}
        <CookiesField value={now.cookies} error={errors["cookies"]} onValue={(cookies) => edit({ cookies })} />
        <SelectField
          label={t("rules.jarUse")}
          hint={t("rules.jarUseHint")}
          value={now.use}
          onValue={(use) => edit({ use: use as Draft["use"] })}
          options={(["always", "needed"] as const).map((use) => ({ value: use, text: t(`rules.jarUse_${use}`) }))}
        />
        {session.value?.user?.role !== "member" && (
          <CheckField
            label={t("rules.jarShare")}
            hint={t("rules.jarShareHint")}
            isChecked={now.shared}
            onValue={(shared) => edit({ shared })}
          />
        )}
      </section>
    </Editor>
  );
}
