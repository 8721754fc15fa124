/**
 * The interface of `@rc-component/util/es/Dom/dynamicCSS` and of the icons' `cssUtils`, over
 * constructable style sheets instead of `<style>` elements. Sheets with a higher priority, and
 * those that are not prepended, come later in the cascade.
 */

interface StyleOptions {
  prepend?: boolean | "queue";
  priority?: number;
}

interface AdoptedStyle {
  /** Takes the attributes that antd sets on its `<style>` elements; it is in no document. */
  element: HTMLElement;
  sheet: CSSStyleSheet;
  css: string;
  rank: number;
}

const styles = new Map<string, AdoptedStyle>();
let anonymous = 0;

function rankOf({ prepend, priority = 0 }: StyleOptions): number {
  return prepend ? priority - 1_000_000 : 0;
}

function adopt(): void {
  const ordered = [...styles.values()].sort((one, other) => one.rank - other.rank);
  document.adoptedStyleSheets = ordered.map((style) => style.sheet);
}

export function updateCSS(css: string, key: string, options: StyleOptions = {}): HTMLElement {
  const known = styles.get(key);
  if (known !== undefined) {
    if (known.css !== css) {
      known.sheet.replaceSync(css);
      known.css = css;
    }
    return known.element;
  }
  const element = document.createElement("template");
  const style = { element, sheet: new CSSStyleSheet(), css, rank: rankOf(options) };
  style.sheet.replaceSync(css);
  styles.set(key, style);
  adopt();
  return element;
}

export function injectCSS(css: string, options: StyleOptions = {}): HTMLElement {
  anonymous += 1;
  return updateCSS(css, `anonymous-${anonymous}`, options);
}

export function removeCSS(key: string): void {
  if (styles.delete(key)) adopt();
}

export function clearContainerCache(): void {
  // No containers are cached.
}

export function getShadowRoot(): null {
  return null;
}

export function warningOnce(): void {
  // The icons warn about misuse in development only.
}
