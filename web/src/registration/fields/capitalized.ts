/** The services' words stand within sentences; at the head of something they begin with a capital. */
export function capitalized(words: string): string {
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}
