/** A page with its title; the title gets the focus so that a screen reader announces the page. */
import { type ReactNode, useEffect, useRef } from "react";
import { useBrand } from "@/api/rules";

interface Props {
  title: string;
  /** Where the page belongs, such as "Step 1 of 5". */
  over?: string | undefined;
  lead?: ReactNode;
  children?: ReactNode;
}

export function Page({ title, over, lead, children }: Props) {
  const brand = useBrand();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className="page">
      <title>{`${title} · ${brand}`}</title>
      {over !== undefined && <p className="over">{over}</p>}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {lead !== undefined && <p className="lead">{lead}</p>}
      {children}
    </div>
  );
}
