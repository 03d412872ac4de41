// Attributes that a caller hands through to an element. Their types name combinations that ARIA forbids one by one, which
// no spread can prove; the axe checks of the tests find those.
export function attributes(rest: object): Record<string, unknown> {
  return rest as Record<string, unknown>;
}
