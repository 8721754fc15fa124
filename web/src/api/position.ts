/** The newest version this tab has written: reads with it wait until it is shown. */

let newest: string | null = null;

export function notePosition(response: Response, method: string): void {
  const position = response.headers.get("vinculo-position");
  if (position !== null && method !== "GET") newest = position;
}

/** The parameter of reads that must show this tab's own changes. */
export function afterOwnWrites(): { min_position?: string } {
  return newest === null ? {} : { min_position: newest };
}
