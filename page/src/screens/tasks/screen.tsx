// Sources that are looked at again and again, and the definitions that tell how pages without a feed are read.
import { t } from "../../i18n";
import { LinkButton } from "../../parts/button";
import { Tabs } from "../../parts/tabs";
import { navigate } from "../../router";
import { may } from "../../session";
import type { ScreenProps } from "../screen";
import { DefinitionEditor } from "./definition-editor";
import { Definitions } from "./definitions";
import { TaskEditor } from "./task-editor";
import { TaskList } from "./task-list";

export default function Tasks({ rest, query }: ScreenProps) {
  const [first = "", second = ""] = rest.split("/");
  const like = query.get("like");
  if (first === "definitions" && second) return <DefinitionEditor key={rest} id={second} like={like} />;
  if (first && first !== "definitions") return <TaskEditor key={rest} id={first} like={like} url={query.get("url") ?? ""} />;
  const chosen = first === "definitions" ? "definitions" : "sources";
  return (
    <>
      <header class="screen-head">
        <h1>{t("tasks.title")}</h1>
        {may(chosen === "sources" ? "tasks:write" : "rules:write") && (
          <LinkButton kind="primary" icon="plus" to={chosen === "sources" ? "/tasks/new" : "/tasks/definitions/new"}>
            {chosen === "sources" ? t("tasks.add") : t("tasks.addDefinition")}
          </LinkButton>
        )}
      </header>
      <Tabs
        label={t("tasks.title")}
        tabs={[
          { name: "sources", text: t("tasks.sources") },
          { name: "definitions", text: t("tasks.definitions") },
        ]}
        chosen={chosen}
        onChoose={(name) => void navigate(name === "sources" ? "/tasks" : "/tasks/definitions", { replace: true })}
      >
        {chosen === "sources" ? <TaskList /> : <Definitions />}
      </Tabs>
    </>
  );
}
