// The form that makes or changes a rule of any kind, around the fields of that kind.
import type { ComponentChildren } from "preact";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { Editor, type Form } from "../../parts/form";
import { may } from "../../session";
import { type Kind, WRITES } from "./kinds";

type Named = { id: number; name: string };

interface RuleEditorProps<View extends Named, Input, Draft> {
  kind: Kind<View, Input>;
  // The rule that is changed; null: a new one is made.
  rule: View | null;
  form: Form<Draft>;
  bodyOf: (draft: Draft) => Input;
  // As the page calls the rule; else its name.
  title?: string;
  // Nobody may change it.
  isFixed?: boolean;
  // Saves a changed rule in place of `kind.change`.
  change?: (id: number, body: Input) => Promise<View>;
  children: ComponentChildren;
}

export function RuleEditor<View extends Named, Input, Draft>(props: RuleEditorProps<View, Input, Draft>) {
  const { kind, rule, form, bodyOf, title = rule?.name ?? "", isFixed = false, change = kind.change, children } = props;
  const path = `/rules/${kind.name}`;
  const send = (draft: Draft) => (rule ? change(rule.id, bodyOf(draft)) : kind.make(bodyOf(draft)));
  return (
    <Editor
      title={rule ? title : t(`rules.new_${kind.name}`)}
      back={{ to: path, text: t(`rules.tab_${kind.name}`) }}
      form={form}
      isReadOnly={isFixed || !may(WRITES[kind.name])}
      onSave={() => void form.save(send, path)}
    >
      {children}
    </Editor>
  );
}

interface StoredSecretProps {
  label: string;
  // That it is there, and that nobody is shown it.
  text: string;
  onReplace: () => void;
}

export function StoredSecret({ label, text, onReplace }: StoredSecretProps) {
  return (
    <div>
      <p class="editor-label">{label}</p>
      <div class="stored-secret">
        <span aria-hidden="true">••••••••</span>
        <span class="soft">{text}</span>
        <Button icon="edit" onClick={onReplace}>
          {t("rules.replace")}
        </Button>
      </div>
    </div>
  );
}
