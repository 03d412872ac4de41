// The rules of a definition as fields. What it does not show (requests, options of engines) is in the JSON tab.
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { CheckField, SelectField, TextField } from "../../parts/field";
import { FIELDS, type Outline, readDocument, type Rule, RULE_TYPES, type RuleType, writeDocument } from "./document";

interface DefinitionFormProps {
  definition: Record<string, unknown>;
  errors: Readonly<Record<string, string>>;
  onChange: (definition: Record<string, unknown>) => void;
}

const types = (all: readonly RuleType[]) => all.map((type) => ({ value: type, text: t(`tasks.type_${type}`) }));

export function DefinitionForm({ definition, errors, onChange }: DefinitionFormProps) {
  const outline = readDocument(definition);
  const edit = (changes: Partial<Outline>) => onChange(writeDocument(definition, { ...outline, ...changes }));
  const setRule = (index: number, changes: Partial<Rule>) =>
    edit({ rules: outline.rules.map((rule, at) => (at === index ? { ...rule, ...changes } : rule)) });
  const unused = FIELDS.find((field) => !outline.rules.some((rule) => rule.field === field)) ?? `field_${outline.rules.length}`;
  const fresh: Rule = { field: unused, type: outline.response === "json" ? "jsonpath" : "css", expression: "", attribute: "", filter: "" };
  return (
    <div class="editor-part">
      <div class="editor-columns">
        <SelectField
          label={t("tasks.response")}
          value={outline.response}
          onValue={(value) => edit({ response: value as Outline["response"] })}
          options={[
            { value: "html", text: t("tasks.response_html") },
            { value: "json", text: t("tasks.response_json") },
          ]}
        />
        <SelectField
          label={t("tasks.engine")}
          value={outline.isBrowser ? "browser" : "http"}
          onValue={(value) => edit({ isBrowser: value === "browser" })}
          options={[
            { value: "http", text: t("tasks.engine_http") },
            { value: "browser", text: t("tasks.engine_browser") },
          ]}
        />
        {outline.isBrowser && (
          <TextField
            label={t("tasks.browserUrl")}
            dir="ltr"
            placeholder="http://localhost:4444/wd/hub"
            value={outline.browserUrl}
            onValue={(browserUrl) => edit({ browserUrl })}
          />
        )}
      </div>
      <CheckField
        label={t("tasks.contained")}
        hint={t("tasks.containedHint")}
        isChecked={outline.isContained}
        onValue={(isContained) => edit({ isContained, selector: outline.selector || "li" })}
      />
      {outline.isContained && (
        <div class="definition-selector">
          <SelectField
            label={t("tasks.kind")}
            value={outline.selectorType}
            onValue={(value) => edit({ selectorType: value as Outline["selectorType"] })}
            options={types(["css", "xpath", "jsonpath"])}
          />
          <TextField
            label={t("tasks.selector")}
            error={errors["items"]}
            class="code"
            dir="ltr"
            value={outline.selector}
            onValue={(selector) => edit({ selector })}
          />
        </div>
      )}
      {outline.rules.map((rule, index) => (
        <RuleFields
          key={index}
          rule={rule}
          error={errors[rule.field]}
          onChange={(changes) => setRule(index, changes)}
          onRemove={() => edit({ rules: outline.rules.filter((_, at) => at !== index) })}
        />
      ))}
      <div>
        <Button icon="plus" onClick={() => edit({ rules: [...outline.rules, fresh] })}>
          {t("tasks.addRule")}
        </Button>
      </div>
    </div>
  );
}

interface RuleFieldsProps {
  rule: Rule;
  error: string | undefined;
  onChange: (changes: Partial<Rule>) => void;
  onRemove: () => void;
}

function RuleFields({ rule, error, onChange, onRemove }: RuleFieldsProps) {
  return (
    <fieldset class="rule">
      <legend class="visually-hidden">{t("tasks.ruleOf", { name: rule.field })}</legend>
      <TextField
        label={t("tasks.field")}
        choices={FIELDS}
        dir="ltr"
        class="code"
        value={rule.field}
        onValue={(field) => onChange({ field })}
      />
      <SelectField
        label={t("tasks.kind")}
        value={rule.type}
        onValue={(value) => onChange({ type: value as RuleType })}
        options={types(RULE_TYPES)}
      />
      <TextField
        label={t("tasks.expression")}
        error={error}
        class="code"
        dir="ltr"
        value={rule.expression}
        onValue={(expression) => onChange({ expression })}
      />
      <TextField
        label={t("tasks.attribute")}
        class="code"
        dir="ltr"
        placeholder="text"
        value={rule.attribute}
        onValue={(attribute) => onChange({ attribute })}
      />
      <TextField
        label={t("tasks.postFilter")}
        class="code"
        dir="ltr"
        value={rule.filter}
        onValue={(filter) => onChange({ filter })}
      />
      <Button kind="quiet" icon="trash" label={t("tasks.removeRule", { name: rule.field })} onClick={onRemove} />
    </fieldset>
  );
}
