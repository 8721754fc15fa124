/** Where the person is signed in: ending one session, this one, or all of them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { signOut } from "@/session/session";
import { ProblemNotice } from "../layout/Notice";
import { ReadNotice } from "../layout/ReadNotice";
import { Section } from "./Section";

type Session = components["schemas"]["SessionAnswer"];

const KEY = ["own", "sessions"];

/** Signing out here, on one other device, or on every device. */
export function SessionsSection() {
  const { t } = useTranslation("registration");
  const navigate = useNavigate();
  const everywhere = useCommand<void, void>(async () => {
    await unwrap(onboarding.DELETE("/onboarding/v1/sessions"));
    await leave();
  });

  async function leave(): Promise<void> {
    await navigate("/");
    await signOut();
  }

  return (
    <Section title={t("account.sessions.title")}>
      <SessionList />
      {everywhere.error && <ProblemNotice problem={everywhere.error} />}
      <div className="actions">
        <button type="button" className="button" onClick={() => void leave()}>
          {t("frame.signOut")}
        </button>
        <button
          type="button"
          className="button button-quiet"
          aria-disabled={everywhere.isPending}
          onClick={() => !everywhere.isPending && everywhere.mutate()}
        >
          {t("account.sessions.everywhere")}
        </button>
      </div>
    </Section>
  );
}

function SessionList() {
  const queries = useQueryClient();
  const sessions = useQuery<Session[], ApiProblem>({
    queryKey: KEY,
    queryFn: async () => (await unwrap(onboarding.GET("/onboarding/v1/me/sessions"))).items,
  });
  const ending = useMutation<unknown, ApiProblem, string>({
    mutationFn: (id) =>
      unwrap(
        onboarding.DELETE("/onboarding/v1/me/sessions/{session_id}", {
          params: { path: { session_id: id } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <>
      <ReadNotice reads={sessions} />
      {ending.error && <ProblemNotice problem={ending.error} />}
      <ul className="sessions">
        {sessions.data?.map((session) => (
          <SessionRow
            key={session.session_id}
            session={session}
            isEnding={ending.isPending && ending.variables === session.session_id}
            onEnd={() => ending.mutate(session.session_id)}
          />
        ))}
      </ul>
    </>
  );
}

interface RowProps {
  session: Session;
  isEnding: boolean;
  onEnd: () => void;
}

function SessionRow({ session, isEnding, onEnd }: RowProps) {
  const { t, language } = useTranslation("registration");
  const known = [session.browser, session.system].filter(Boolean).join(" · ");
  const device = known || t("account.sessions.unknownDevice");
  const at = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const used = at.format(new Date(session.last_used_at));
  return (
    <li>
      <span>
        <strong>{device}</strong>
        <br />
        <span className="hint">
          {session.is_current
            ? t("account.sessions.current")
            : t("account.sessions.lastUsed", { at: used })}
        </span>
      </span>
      {!session.is_current && (
        <button
          type="button"
          className="button button-quiet"
          aria-disabled={isEnding}
          onClick={() => !isEnding && onEnd()}
        >
          {t("account.sessions.end")}
          <span className="visually-hidden">
            : {device}, {used}
          </span>
        </button>
      )}
    </li>
  );
}
