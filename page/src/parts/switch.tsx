// Switches something on or off at once.
interface SwitchProps {
  label: string;
  isOn: boolean;
  onValue: (value: boolean) => void;
  isDisabled?: boolean;
}

export function Switch({ label, isOn, onValue, isDisabled = false }: SwitchProps) {
  return (
    <label class="switch" title={label}>
      <input
        type="checkbox"
        role="switch"
        aria-label={label}
        checked={isOn}
        disabled={isDisabled}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />
    </label>
  );
}
