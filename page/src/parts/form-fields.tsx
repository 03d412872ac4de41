// Fields that the forms of several kinds have.
import { TextField } from "./field";
import type { Form } from "./form";

export function NameField({ label, hint, form }: { label: string; hint?: string | undefined; form: Form<{ name: string }> }) {
  return (
    <TextField
      label={label}
      hint={hint}
      error={form.errors["name"]}
      name="name"
      maxLength={255}
      value={form.now.name}
      onValue={(name) => form.edit({ name })}
    />
  );
}

// `hint` says which of two numbers comes first.
export function PriorityField({ label, hint, form }: { label: string; hint: string; form: Form<{ priority: string }> }) {
  return (
    <TextField
      label={label}
      hint={hint}
      error={form.errors["priority"]}
      type="number"
      min={0}
      value={form.now.priority}
      onValue={(priority) => form.edit({ priority })}
    />
  );
}

interface TrialAddressProps {
  label: string;
  value: string;
  onValue: (url: string) => void;
  onEnter: () => void;
}

// The address that a trial inside a form is made with: the enter key makes the trial, and saves nothing.
export function TrialAddress({ label, value, onValue, onEnter }: TrialAddressProps) {
  return (
    <TextField
      label={label}
      dir="ltr"
      inputMode="url"
      placeholder="https://…"
      value={value}
      onValue={onValue}
      onKeyDown={(event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        onEnter();
      }}
    />
  );
}
