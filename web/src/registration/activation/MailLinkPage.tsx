/** The page behind a link of a mail: its form, then the outcome, or what to do without a link. */
import { type ReactNode, useState } from "react";
import { type MailLink, useMailLink } from "@/session/mailLink";
import { Notice } from "../layout/Notice";
import { Page } from "../layout/Page";
import { LinkEnd } from "./LinkEnd";

interface Props {
  title: string;
  done: string;
  /** Where to go on afterwards. */
  next: ReactNode;
  /** What to do with a link that cannot be read. */
  instead: ReactNode;
  form: (link: MailLink, onDone: () => void) => ReactNode;
}

export function MailLinkPage({ title, done, next, instead, form }: Props) {
  const link = useMailLink();
  const [isDone, setDone] = useState(false);
  return (
    <Page title={title}>
      {isDone ? (
        <>
          <Notice tone="success" title={done} />
          <div className="actions">{next}</div>
        </>
      ) : link === null ? (
        <LinkEnd end="unknown">{instead}</LinkEnd>
      ) : (
        form(link, () => setDone(true))
      )}
    </Page>
  );
}
