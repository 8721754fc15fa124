/** Pages of signed-in people; others sign in at the same address, so that links lead on. */
import { useQueryClient } from "@tanstack/react-query";
import { lazy, useEffect } from "react";
import { Outlet } from "react-router";
import { useTranslation } from "@/i18n";
import { useSession } from "@/session/SignedInContext";
import { restoreSession } from "@/session/session";
import { Notice } from "../layout/Notice";
import { Page } from "../layout/Page";
import { Waiting } from "../layout/Waiting";

const SignInForm = lazy(() => import("./SignInForm"));

export function SignedInOnly() {
  const { t } = useTranslation("registration");
  const session = useSession();
  const queries = useQueryClient();
  const isSignedOut = session.status === "signed-out";
  useEffect(() => {
    if (isSignedOut) queries.removeQueries({ queryKey: ["own"] });
  }, [isSignedOut, queries]);
  if (session.status === "starting") return <Waiting />;
  if (session.status === "signed-in") return <Outlet key={session.subject} />;
  return (
    <Page title={t("signIn.title")}>
      {session.reason !== null && (
        <Notice tone="info" title={t(`signIn.reason.${session.reason}`)}>
          {session.reason === "unreachable" && (
            <button
              type="button"
              className="button button-quiet"
              onClick={() => void restoreSession()}
            >
              {t("retry")}
            </button>
          )}
        </Notice>
      )}
      <SignInForm />
    </Page>
  );
}
