/** A name for the account from the name people see: letters and digits, dots between words. */
export function suggestName(display: string): string {
  const words = display
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .replaceAll('æ', 'ae')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const name = words.join('.').replace(/^[^a-z]+/, '');
  return name.slice(0, 32).replace(/\.+$/, '');
}
