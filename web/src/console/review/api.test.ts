import { expect, test } from "vitest";
import { followingDossier, type WaitingDossier } from "./api";

const queue = ["a", "b", "c"].map(
  (person_id) => ({ person_id, submitted_at: "", document_count: 4 }) as WaitingDossier,
);

test("a dossier that is left undecided is followed by the next one, not by the first", () => {
  expect(followingDossier(queue, "b")?.person_id).toBe("c");
});

test("a decided dossier, which has left the queue, is followed by the first one", () => {
  expect(followingDossier(queue, "decided")?.person_id).toBe("a");
});

test("the last dossier is followed by none", () => {
  expect(followingDossier(queue, "c")).toBeUndefined();
  expect(followingDossier([], "a")).toBeUndefined();
});
