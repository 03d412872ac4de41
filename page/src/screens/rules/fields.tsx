// Fields that this service adds to the form of downloads; each maps to one option.
import { t } from "../../i18n";
import { Record } from "../../parts/record";
import { type Field, FIELDS } from "./kinds";
import { KindList, KindMenu } from "./list";

export function Fields() {
  return (
    <KindList kind={FIELDS as never} icon="list">
      {(all: Field[]) => (
        <ol class="records" aria-label={t("rules.tab_fields")}>
          {all.map((field) => (
            <Record
              key={field.id}
              name={field.name}
              to={`/rules/fields/${field.id}`}
              badges={<span class="badge">{t(`rules.kind_${field.kind ?? "text"}`)}</span>}
              actions={<KindMenu kind={FIELDS as never} row={field} />}
            >
              <div class="record-line">
                <code dir="ltr">{field.field}</code>
                {field.description && <span>{field.description}</span>}
              </div>
            </Record>
          ))}
        </ol>
      )}
    </KindList>
  );
}
