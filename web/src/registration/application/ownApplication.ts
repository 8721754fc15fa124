/** The person's own application and dossier, as the services know them. */
import { useQuery } from "@tanstack/react-query";
import { documents, onboarding } from "@/api/clients";
import type { components as DocumentsComponents } from "@/api/generated/documents";
import type { components } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";

export type Application = components["schemas"]["ApplicationAnswer"];
export type Step = components["schemas"]["Step"];
export type Employment = NonNullable<Application["employment"]>;
export type Dossier = DocumentsComponents["schemas"]["DossierAnswer"];
export type Requirement = Dossier["requirements"][number];

/** A step follows a moment after what completes it, so it is read again until it is there. */
const POLL_MS = 2_000;

export function useApplication(isAwaited?: (application: Application) => boolean) {
  return useQuery<Application, ApiProblem>({
    queryKey: ["own", "application"],
    queryFn: () => unwrap(onboarding.GET("/onboarding/v1/me/application")),
    refetchInterval: ({ state }) => (state.data && isAwaited?.(state.data) ? POLL_MS : false),
    refetchOnWindowFocus: true,
  });
}

export function useDossier() {
  return useQuery<Dossier, ApiProblem>({
    queryKey: ["own", "dossier"],
    queryFn: () => unwrap(documents.GET("/documents/v1/me/dossier")),
    // The dossier is opened a moment after the activation.
    retry: (failures, { type, status }) =>
      (type === "dossier-not-open" || status >= 502) && failures < 5,
  });
}

export function isOpenRequirement({ state }: Requirement): boolean {
  return state === "missing" || state === "rejected";
}

/** What the reviewer wrote about the last rejected file of this requirement. */
export function rejectionNote(files: Dossier["documents"], { kinds }: Requirement): string | null {
  return newestFile(files, kinds, "rejected")?.note ?? null;
}

export function newestFile(files: Dossier["documents"], kinds: string[], state: string) {
  return files
    .filter((file) => kinds.includes(file.kind) && file.state === state)
    .sort((one, other) => other.received_at.localeCompare(one.received_at))[0];
}

/** All files are there, but the application does not say so yet. */
export function isDocumentsStepAwaited(dossier: Dossier | undefined, { steps }: Application) {
  if (dossier === undefined || steps.documents === "done") return false;
  return dossier.requirements.length > 0 && !dossier.requirements.some(isOpenRequirement);
}
