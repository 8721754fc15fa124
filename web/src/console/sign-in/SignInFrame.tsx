/** The frame of pages for people who are not signed in: languages, a card, its heading. */
import { Card } from "antd";
import type { ReactNode } from "react";
import { LanguageSwitch } from "../layout/LanguageSwitch";
import { PageTitle } from "../ui/PageTitle";

export function SignInFrame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="sign-in">
      <PageTitle title={title} />
      <div className="sign-in-language">
        <LanguageSwitch />
      </div>
      <Card className="sign-in-card">
        <h1>{title}</h1>
        {children}
      </Card>
    </main>
  );
}
