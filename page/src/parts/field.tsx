// Fields of forms: a label, a hint, an error that is read out with the field.
import type { AllHTMLAttributes, ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { attributes } from "./attributes";
import { Icon } from "./icon";

interface Frame {
  label: string;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  isLabelHidden?: boolean;
}

interface Wiring {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": "true" | undefined;
}

// Any control: `children` gets what connects it with its label, hint and error.
export function Field({ label, hint, error, isLabelHidden, children }: Frame & { children: (wiring: Wiring) => ComponentChildren }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id} class={isLabelHidden ? "visually-hidden" : undefined}>
        {label}
      </label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? "true" : undefined })}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`} role="alert">
          <Icon name="error" size={16} />
          <span>{error}</span>
        </p>
      )}
    </div>
  );
}

type Input = Omit<AllHTMLAttributes<HTMLInputElement>, "label" | "onInput" | "value"> & {
  value: string;
  onValue: (value: string) => void;
  // Offered while typing.
  choices?: readonly string[];
};

export function TextField({ label, hint, error, isLabelHidden, value, onValue, choices, ...rest }: Frame & Input) {
  const list = useId();
  return (
    <Field label={label} hint={hint} error={error} {...(isLabelHidden ? { isLabelHidden } : {})}>
      {(wiring) => (
        <>
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            {...attributes(rest)}
            {...wiring}
            list={choices?.length ? list : undefined}
            value={value}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
          {choices?.length ? (
            <datalist id={list}>
              {choices.map((choice) => (
                <option key={choice} value={choice} />
              ))}
            </datalist>
          ) : null}
        </>
      )}
    </Field>
  );
}

type Area = Omit<AllHTMLAttributes<HTMLTextAreaElement>, "label" | "onInput" | "value"> & {
  value: string;
  onValue: (value: string) => void;
};

// Grows with its text, from `rows` on.
export function TextArea({ label, hint, error, isLabelHidden, value, onValue, rows = 3, ...rest }: Frame & Area) {
  return (
    <Field label={label} hint={hint} error={error} {...(isLabelHidden ? { isLabelHidden } : {})}>
      {(wiring) => (
        <textarea
          spellcheck={false}
          {...attributes(rest)}
          {...wiring}
          rows={rows}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

type Choice = Omit<AllHTMLAttributes<HTMLSelectElement>, "label" | "value" | "options"> & {
  value: string;
  onValue: (value: string) => void;
  options: readonly { value: string; text: string }[];
};

export function SelectField({ label, hint, error, isLabelHidden, value, onValue, options, ...rest }: Frame & Choice) {
  return (
    <Field label={label} hint={hint} error={error} {...(isLabelHidden ? { isLabelHidden } : {})}>
      {(wiring) => (
        <select {...attributes(rest)} {...wiring} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function CheckField({
  label,
  hint,
  isChecked,
  onValue,
  ...rest
}: {
  label: string;
  hint?: ComponentChildren;
  isChecked: boolean;
  onValue: (value: boolean) => void;
} & Omit<AllHTMLAttributes<HTMLInputElement>, "label" | "value">) {
  const id = useId();
  return (
    <div class="check-field">
      <label class="check">
        <input
          type="checkbox"
          {...attributes(rest)}
          checked={isChecked}
          aria-describedby={hint ? id : undefined}
          onChange={(event) => onValue(event.currentTarget.checked)}
        />
        <span>{label}</span>
      </label>
      {hint && (
        <p class="hint" id={id}>
          {hint}
        </p>
      )}
    </div>
  );
}
