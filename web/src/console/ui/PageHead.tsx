/** The heading of a page, also as the title of the browser's tab. */
import type { ReactNode } from "react";
import { PageTitle } from "./PageTitle";

export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <>
      <PageTitle title={title} />
      <header className="page-head">
        <h1>{title}</h1>
        {children}
      </header>
    </>
  );
}
